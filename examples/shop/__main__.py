"""Run the shop against a local gateway, all in one process: `python -m examples.shop`."""

from __future__ import annotations

import argparse
import contextlib
import logging
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa
import uvicorn

from wechatpay_chain import WeChatPayError
from wechatpay_chain.gateway import Gateway

from .bills import reconcile_yesterday
from .shop import CHINA, Shop
from .tables import create
from .web import NOTIFY, create_app

HOST = "127.0.0.1"
HOUR = 3600.0

logger = logging.getLogger("shop")


def main(arguments: list[str] | None = None) -> int:
    """Run until Ctrl-C; 1 if it cannot start."""
    parser = argparse.ArgumentParser(
        prog="python -m examples.shop", description="Run a shop and a local WeChat Pay."
    )
    parser.add_argument("--port", type=int, default=8000, help="0 takes a free one")
    parser.add_argument("--gateway-port", type=int, default=8790, help="0 takes a free one")
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="where orders and keys live; they go otherwise"
    )
    settings = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # it ends as after Ctrl-C
    with contextlib.suppress(KeyboardInterrupt), ExitStack() as stack:
        data = settings.data or Path(stack.enter_context(TemporaryDirectory(prefix="shop-")))
        data.mkdir(parents=True, exist_ok=True)
        try:
            listener = stack.enter_context(socket.create_server((HOST, settings.port)))
            gateway = Gateway(port=settings.gateway_port, data=data / "gateway")
            stack.enter_context(gateway)
        except OSError as error:
            print(f"The shop cannot start: {error}", file=sys.stderr)
            return 1
        address = f"http://{HOST}:{listener.getsockname()[1]}"
        wxpay = stack.enter_context(gateway.client())
        engine = sa.create_engine(f"sqlite:///{data / 'shop.db'}")
        stack.callback(engine.dispose)
        create(engine)
        appid = gateway.identity.appid
        shop = Shop(engine, wxpay, appid=appid, notify_url=address + NOTIFY)
        bills = data / "bills"
        stack.enter_context(working(shop, bills))
        print(f"The shop       {address}/")
        print(f"The gateway    {gateway.base_uri}_gateway/")
        print("Ctrl-C stops both.", flush=True)
        config = uvicorn.Config(create_app(shop, bills), log_level="warning")
        uvicorn.Server(config).run(sockets=[listener])
    return 0


@contextmanager
def working(shop: Shop, bills: Path) -> Iterator[None]:
    """Work off the shop's inbox, outbox and sweeper, and keep its bills, in threads.

    Args:
        shop: whose they are.
        bills: the folder of the daily bills.
    """
    stop = threading.Event()
    threads = [
        threading.Thread(target=worker.run, kwargs={"stop": stop})
        for worker in (shop.inbox, shop.outbox, shop.sweeper)
    ]
    threads.append(threading.Thread(target=keep_bills, args=[shop, bills, stop]))
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def keep_bills(shop: Shop, bills: Path, stop: threading.Event) -> None:
    """Look for yesterday's bill every hour, and reconcile it."""
    while not stop.is_set():
        try:
            result = reconcile_yesterday(shop, datetime.now(CHINA), bills)
            if result is not None and not result.ok:
                logger.warning("%r", result)
        except WeChatPayError as error:
            logger.warning("yesterday's bill is tried again in an hour: %s", error)
        stop.wait(HOUR)


if __name__ == "__main__":
    sys.exit(main())
