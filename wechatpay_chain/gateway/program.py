"""Running the gateway as a program: what it says, what it ends with, and why it may not begin."""

from __future__ import annotations

import errno
import ipaddress
import json
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..utils.display import printable_json
from .gateway import Gateway, ListenError
from .store.data_directory import FolderError
from .store.identity import Way

__all__ = ["HOST", "PORT", "TLS_PORT", "CannotRun", "Settings", "run"]

HOST, PORT, TLS_PORT = "127.0.0.1", 8790, 8791
SIGNALS = (signal.SIGINT, signal.SIGTERM)
LOOKED_AFTER = 1.0
"""Seconds after which it is looked whether the gateway is still there."""


class CannotRun(Exception):
    """The gateway cannot begin.

    Attributes:
        hint: what to do about it.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True)
class Settings:
    """How the gateway is to run.

    Attributes:
        host: where to listen.
        port, tls_port: where there; 0 takes a free one.
        data: the folder for keys and records. None keeps records in memory, and keys in a folder
            that goes away with the gateway.
        time_scale: how many times as fast as the real time the gateway's own runs.
        signs_with: which of WeChat Pay's keys the merchant uses.
        as_json: whether what a client needs is printed as `gateway.json` has it.
    """

    host: str = HOST
    port: int = PORT
    tls_port: int = TLS_PORT
    data: Path | None = None
    time_scale: float = 1
    signs_with: Way = "public_key"
    as_json: bool = False


def run(settings: Settings, tell: Callable[[str], None], warn: Callable[[str], None]) -> None:
    """Run until SIGINT or SIGTERM; to be called from the main thread.

    Args:
        settings: how.
        tell: prints what a client needs, once it can use it.
        warn: prints a remark beside it.

    Raises:
        CannotRun: a port is taken, or the folder cannot be used.
    """
    if not _is_loopback(settings.host):
        warn(
            f"warning: {settings.host} can be reached from other machines, and whoever reaches the "
            "gateway can use it; the keys are for tests"
        )
    with _asked_to_stop() as stopped, _folder(settings.data) as folder:
        try:
            gateway = Gateway(
                settings.host,
                settings.port,
                settings.tls_port,
                signs_with=settings.signs_with,
                data=folder,
                time_scale=settings.time_scale,
                keep=settings.data is not None,
            )
        except FolderError as error:
            raise CannotRun(str(error.args[0]), error.hint) from error
        try:
            _start(gateway, settings)
            tell(_told(gateway, folder.absolute(), settings))
            while not stopped.wait(LOOKED_AFTER) and gateway.running:
                pass
        finally:
            gateway.stop()


def _start(gateway: Gateway, settings: Settings) -> None:
    try:
        gateway.start()
    except FolderError as error:
        raise CannotRun(str(error.args[0]), error.hint) from error
    except ListenError as error:
        option = "--port" if error.port == settings.port else "--tls-port"
        hints = {
            errno.EADDRINUSE: f"choose another with {option}, or 0 for any that is free",
            errno.EACCES: f"choose one above 1023 with {option}",
        }
        hint = hints.get(error.errno or 0, "is --host an address of this machine?")
        raise CannotRun(f"the gateway cannot listen on {error.strerror}", hint) from error
    except OverflowError as error:
        raise CannotRun(str(error), "a port is a number from 0 to 65535") from error


@contextmanager
def _asked_to_stop() -> Iterator[threading.Event]:
    """Is set by the signals that ask a program to end."""
    stopped = threading.Event()
    before = {number: signal.signal(number, lambda *_: stopped.set()) for number in SIGNALS}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _folder(data: Path | None) -> Iterator[Path]:
    """The folder for the keys: a client in another program cannot have them from memory."""
    if data is not None:
        yield data
        return
    folder = Path(tempfile.mkdtemp(prefix="wechatpay-gateway-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _told(gateway: Gateway, folder: Path, settings: Settings) -> str:
    """What a client needs; no private key, and the symmetric ones only in JSON."""
    told = gateway.describe()
    if settings.as_json:
        return printable_json(json.dumps(told, ensure_ascii=False))
    platform, description = told["platform"], folder / "gateway.json"
    shown = {
        **{name: told[name] for name in ("base_uri", "tls_base_uri", "console")},
        "gateway.json": description,
        **{name: told[name] for name in ("mchid", "appid", "serial")},
        **{name: told[name] for name in ("private_key", "certificate", "ca")},
        "public_key_id": platform["public_key_id"],
        "public_key": platform["public_key"],
        "platform serial": platform["serial"],
        "platform certificate": platform["certificate"],
        "apiv3_key, secret": "in gateway.json",
    }
    width = max(map(len, shown))
    kept = f"are kept in {folder}" if settings.data else "go when it ends; --data DIR keeps them"
    lines = [
        "A local WeChat Pay is listening.",
        "",
        *(f"  {name:{width}}  {value}" for name, value in shown.items()),
        "",
        f"  WeChatPay.from_gateway({str(description)!r})",
        "",
        "Do not put a proxy or a tunnel before these ports that adds no X-Forwarded-For: everybody",
        "who reaches it could then pay orders, open the console and take apiclient_key.pem.",
        "",
        f"Orders and keys {kept}. Ctrl-C stops it.",
    ]
    return "\n".join(lines)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
