"""What a shop does on Windows; `test_windows` runs it by `without_posix`."""

from __future__ import annotations

import asyncio
import os
import select
import socket
import sys
import threading
import time
from pathlib import Path

from wechatpay_chain import TransportError, WeChatPay, bills
from wechatpay_chain.keys.stores import FileKeyStore
from wechatpay_chain.transport.liveness import is_readable
from wechatpay_chain.utils.file_lock import Held, Lock

from . import shop

SECURE = {"security": True}


def calls() -> None:
    """Connections are kept and looked at without `select.poll`."""
    for _ in range(2):
        shop.sell()
    assert shop.wxpay.v3.certificates.get(**SECURE).verified  # by a file in a temporary folder

    async def main() -> None:
        for _ in range(2):
            await shop.sell_async()
        assert (await shop.wxpay.v3.certificates.get_async(**SECURE)).verified

    asyncio.run(main())


def idle_connections() -> None:
    """What comes on one is seen without `select.poll`."""
    for news in (lambda other: other.close(), lambda other: other.send(b"x")):
        one, other = socket.socketpair()
        with one, other:
            assert not is_readable(one)
            news(other)
            assert is_readable(one)


def key_store(folder: Path) -> None:
    """Two clients share certificates, although somebody reads the file."""
    store = FileKeyStore(folder / "keys")
    file = folder / "keys" / f"{shop.wxpay.mchid}.json"

    def client() -> WeChatPay:
        path = os.environ["SHOP_GATEWAY"]
        return WeChatPay.from_gateway(path, tls=True, certs=None, key_store=store)

    assert client().v3.certificates.get().verified
    first = file.read_text("utf-8")
    reader = file.open("rb")
    threading.Thread(target=lambda: (time.sleep(0.05), reader.close())).start()
    store.save(shop.wxpay.mchid, first)
    assert reader.closed, "the file was replaced while it was open"
    assert client().v3.certificates.get().verified


def locks(folder: Path) -> None:
    """A lock is held once, waited for beyond ten seconds, and given up at once."""
    path = folder / "lock"
    lock = Lock(path)
    try:
        Lock(path)
        raise AssertionError("it is held twice")
    except Held as held:
        assert held.pid == str(os.getpid())
    threading.Thread(target=lambda: (time.sleep(0.05), lock.release())).start()
    Lock(path, wait=True).release()
    Lock(path).release()
    Lock(path, remove=True).release()
    assert not path.exists()


def bill_files(folder: Path, day: str) -> None:
    """A bill is downloaded twice, into the same folder, and nothing but it is left."""
    for _ in range(2):
        file = bills.download(shop.wxpay, day, to=folder / "bills", force=True)
    assert asyncio.run(bills.download_async(shop.wxpay, [day], to=folder / "bills")) == [file]
    assert sorted(each.suffix for each in (folder / "bills").iterdir()) == [".csv", ".json"]


def downloads(folder: Path, day: str) -> None:
    """A bill replaces a file, once nobody has it open, and leaves no part of itself behind."""
    bill = shop.wxpay.v3.bill.tradebill.get(query={"bill_date": day}).json()
    target = folder / "账单.csv"
    for _ in range(2):
        shop.wxpay[bill["download_url"]].get(sink=target)

    async def main() -> None:
        shop.tolerate_slowness()
        await shop.wxpay[bill["download_url"]].get_async(sink=target)

    asyncio.run(main())
    assert list(folder.glob("*.part")) == []
    with target.open("rb"):
        try:
            shop.wxpay[bill["download_url"]].get(sink=target)
            raise AssertionError("a file was replaced that is open")
        except TransportError as error:
            assert "another program may have it open. The download" in str(error)
    (part,) = folder.glob("*.part")
    assert part.read_bytes() == target.read_bytes()


if __name__ == "__main__":
    assert not hasattr(select, "poll")
    _, where, on = sys.argv
    calls()
    idle_connections()
    key_store(Path(where))
    locks(Path(where))
    downloads(Path(where), on)
    bill_files(Path(where), on)
