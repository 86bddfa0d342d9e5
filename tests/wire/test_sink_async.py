"""`sink=` where calls overlap and are cancelled."""

from __future__ import annotations

import asyncio
import threading

import pytest

from wechatpay_chain import TransportError
from wechatpay_chain.messages.download import Download

from .responses import http
from .server import Do

PATH = "v3/ecommerce/bill/file"
BODY = bytes(range(256)) * 12_000


async def cancelled(task):
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("sent", [0, 10, 2_000_000])
async def test_a_cancelled_download_leaves_no_trace(wxpay, server, signed, name, left, sent):
    reached = threading.Event()
    name.write_bytes(b"old")
    server.in_turn(
        [http(200, BODY[:sent], length=len(BODY)), lambda _: reached.set(), Do.STALL],
        [signed(BODY)],
    )
    async with wxpay:
        call = asyncio.create_task(wxpay.chain(PATH).get_async(sink=name))
        await asyncio.to_thread(reached.wait, 5)
        await cancelled(call)
        assert left() == ["bill.csv"]
        assert name.read_bytes() == b"old"
        await wxpay.chain(PATH).get_async(sink=name)
    assert name.read_bytes() == BODY


@pytest.mark.parametrize("moment", ["open", "write"])
async def test_cancelled_while_a_thread_is_at_the_file(
    wxpay, server, signed, name, left, monkeypatch, moment
):
    begun, go_on = threading.Event(), threading.Event()
    original = getattr(Download, moment)
    downloads = []

    def slow(download, *arguments):
        downloads.append(download)
        begun.set()
        go_on.wait(5)
        return original(download, *arguments)

    monkeypatch.setattr(Download, moment, slow)
    server.respond(signed(BODY))
    try:
        async with wxpay:
            call = asyncio.create_task(wxpay.chain(PATH).get_async(sink=name))
            await asyncio.to_thread(begun.wait, 5)
            call.cancel()
            for _ in range(5):
                await asyncio.sleep(0)  # the cancellation arrives, the thread is still at it
            go_on.set()
            with pytest.raises(asyncio.CancelledError):
                await call
        await asyncio.get_running_loop().shutdown_default_executor()  # the thread is done
        assert left() == []
    finally:
        for download in downloads:
            download.discard()


@pytest.fixture
async def opened(monkeypatch):
    """A queue of the downloads that have opened their file."""
    queue, loop, original = asyncio.Queue(), asyncio.get_running_loop(), Download.open

    def announced(download):
        original(download)
        loop.call_soon_threadsafe(queue.put_nowait, download)

    monkeypatch.setattr(Download, "open", announced)
    return queue


async def test_downloads_to_one_path_do_not_mix(wxpay, server, signed, name, left, opened):
    finish = threading.Event()
    files = [bytes([48 + n]) * 2_000_000 for n in range(4)]

    def script(received):
        whole = signed(files[int(received.target[-1])])
        return [whole[:-10], finish, whole[-10:]]

    server.each(script)
    async with wxpay:
        calls = []
        for n in range(4):
            call = wxpay.chain(f"{PATH}?n={n}").get_async(sink=name)
            calls.append(asyncio.create_task(call))
            await opened.get()
        finish.set()
        await asyncio.gather(*calls)
    assert name.read_bytes() in files
    assert left() == ["bill.csv"]


async def test_a_download_that_fails_does_not_take_another_ones_file_along(
    wxpay, server, signed, name, left, opened
):
    fail, finish = threading.Event(), threading.Event()
    whole = signed(BODY)

    def script(received):
        if received.target.endswith("first"):
            return [whole[:-10], fail, Do.CLOSE]
        return [whole[:-10], finish, whole[-10:]]

    server.each(script)
    async with wxpay:
        first = asyncio.create_task(wxpay[f"{PATH}?first"].get_async(sink=name))
        await opened.get()
        second = asyncio.create_task(wxpay[f"{PATH}?second"].get_async(sink=name))
        await opened.get()
        fail.set()
        with pytest.raises(TransportError):
            await first
        finish.set()
        await second
    assert name.read_bytes() == BODY
    assert left() == ["bill.csv"]
