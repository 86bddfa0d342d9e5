"""An awaited call that is cancelled leaves nothing half-read behind."""

from __future__ import annotations

import asyncio
import threading

import pytest

from .responses import dumps, head, http
from .server import Do

PATH = "v3/certificates"
LATER = {"n": "the next answer"}

HALVES = {
    "before the answer": b"",
    "in the headers": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n",
    "in the body": http(200, b'{"n": "half an answer', length=100),
    "in a chunk": head(200, {"Transfer-Encoding": "chunked"}) + b"64\r\n{",
}


@pytest.mark.parametrize("half", HALVES.values(), ids=HALVES.keys())
async def test_a_call_that_is_cancelled(wxpay, server, signed, half):
    sent = threading.Event()
    server.in_turn([half, lambda _: sent.set(), Do.STALL], [signed.json(LATER)])
    async with wxpay:
        call = asyncio.create_task(wxpay.chain(PATH).get_async())
        await asyncio.to_thread(sent.wait, 5)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert (await wxpay.chain(PATH).get_async()).json() == LATER
    assert [received.connection for received in server.requests] == [1, 2]


async def test_a_call_within_a_deadline_of_the_callers(wxpay, server, signed):
    server.in_turn([Do.STALL], [signed.json(LATER)])
    async with wxpay:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await wxpay.chain(PATH).get_async()
        assert (await wxpay.chain(PATH).get_async()).json() == LATER


async def test_the_rest_of_a_cancelled_answer_reaches_nobody(wxpay, server, signed):
    """The server goes on with the old answer while the next call is under way."""
    sent, go_on = threading.Event(), threading.Event()
    body = dumps({"n": "too late"})
    old = head(200, {**signed.headers(body), "Content-Length": str(len(body))})

    def script(received):
        if received.connection == 1:
            return [old + body[:5], lambda _: sent.set(), go_on, body[5:]]
        return [signed.json(LATER)]

    server.each(script)
    async with wxpay:
        call = asyncio.create_task(wxpay.chain(PATH).get_async())
        await asyncio.to_thread(sent.wait, 5)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        go_on.set()
        for _ in range(3):
            assert (await wxpay.chain(PATH).get_async()).json() == LATER


async def test_the_calls_beside_a_cancelled_one_go_on(wxpay, server, signed):
    everybody = threading.Barrier(3)

    def script(received):
        everybody.wait(5)
        if received.target.endswith("slow"):
            return [Do.STALL]
        return [signed.json({"target": received.target})]

    server.each(script)
    async with wxpay:
        slow = asyncio.create_task(wxpay["v3/slow"].get_async())
        others = [asyncio.create_task(wxpay[f"v3/{n}"].get_async()) for n in (1, 2)]
        responses = await asyncio.gather(*others)
        slow.cancel()
        with pytest.raises(asyncio.CancelledError):
            await slow
    assert [response.json()["target"] for response in responses] == ["/v3/1", "/v3/2"]
