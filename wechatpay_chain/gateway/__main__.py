"""Run the gateway: `python -m wechatpay_chain.gateway`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ipaddress
import sys
import threading
from pathlib import Path

from .identity import pem
from .server import Gateway


def main(arguments: list[str] | None = None) -> int:
    """Run until interrupted; keys are written to a folder for clients in any language."""
    parser = argparse.ArgumentParser(prog="python -m wechatpay_chain.gateway", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8790)
    parser.add_argument("--tls-port", type=int, default=8791)
    parser.add_argument("--keys", type=Path, help="folder to write the merchant's key files to")
    given = parser.parse_args(arguments)
    if not _is_loopback(given.host):
        print("warning: listening beyond this machine; the keys are for tests", file=sys.stderr)
    gateway = Gateway(given.host, given.port, given.tls_port)
    if given.keys is not None:
        _write_keys(gateway, given.keys)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(gateway))
    return 0


async def _serve(gateway: Gateway) -> None:
    ready = threading.Event()
    serving = asyncio.create_task(gateway.serve(ready))
    waiting = asyncio.create_task(asyncio.to_thread(ready.wait, 10))
    await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
    if not serving.done():
        _tell(gateway)
    await serving


def _tell(gateway: Gateway) -> None:
    identity = gateway.identity
    for name, value in {
        "base_uri": gateway.base_uri,
        "tls_base_uri": gateway.tls_base_uri,
        "mchid": identity.mchid,
        "appid": identity.appid,
        "serial": identity.serial,
        "apiv3_key": identity.apiv3_key,
        "secret": identity.secret,
        "public_key_id": identity.public_key_id,
        "platform serial": identity.platform_serial,
    }.items():
        print(f"{name:16} {value}", flush=True)


def _write_keys(gateway: Gateway, folder: Path) -> None:
    identity = gateway.identity
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in {
        "apiclient_key.pem": pem(identity.merchant_key),
        "apiclient_cert.pem": pem(identity.merchant_certificate),
        "pub_key.pem": pem(identity.platform_key.public_key()),
        "platform_cert.pem": pem(identity.platform_certificate),
        "ca.pem": pem(identity.authority),
    }.items():
        path = folder / name
        path.touch(mode=0o600)
        path.write_bytes(content)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


if __name__ == "__main__":
    sys.exit(main())
