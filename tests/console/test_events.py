"""Server-sent events: every browser receives them, and a slow one does not block others."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from urllib.parse import urlsplit

import aiohttp
import pytest

from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway.console import events
from wechatpay_chain.gateway.console.events import MOST, Waiting

from .support import order


@pytest.fixture(scope="module")
def shared(wechatpay_identity):
    """One gateway for several tests: with an open stream, it takes a second to stop."""
    with Gateway(identity=wechatpay_identity) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def client(shared):
    with shared.client() as client:
        yield client


class Reader:
    """Reads the events of one stream."""

    def __init__(self, gateway, path="_gateway/events"):
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20))
        self._address = gateway.base_uri.rstrip("/") + "/" + path.removeprefix(gateway.base_uri)

    async def __aenter__(self):
        await self._session.__aenter__()
        self.response = await self._session.get(self._address)
        return self

    async def __aexit__(self, *about):
        self.response.close()
        await self._session.__aexit__(*about)

    async def next(self):
        name = ""
        async for line in self.response.content:
            key, _, value = line.decode().rstrip("\n").partition(": ")
            if key == "event":
                name = value
            elif key == "data":
                return name, json.loads(value)
        raise EOFError

    async def until(self, kind):
        while True:
            name, content = await self.next()
            if name == "change" and content["kind"] == kind:
                return content["id"]


async def test_a_console_hears_of_orders_requests_and_notifications(shared, client, shop):
    async with Reader(shared) as reader:
        assert reader.response.headers["Content-Type"] == "text/event-stream"
        assert reader.response.headers["Cache-Control"] == "no-store"
        name, content = await reader.next()
        assert name == "hello"
        assert content["now"] == pytest.approx(shared.state.clock.now(), abs=5)
        new = await asyncio.to_thread(order, shared, client, notify_url=shop.url)
        assert await reader.until("order") == new["number"]
        assert (await reader.until("request")).isdecimal()
        await asyncio.to_thread(shared.pay, new["number"])
        assert await reader.until("notification")


async def test_several_hear_the_same(shared):
    async with Reader(shared) as first, Reader(shared) as second:
        for reader in (first, second):
            await reader.next()
        shared.state.log.tell("order", {"out_trade_no": "A"})
        for reader in (first, second):
            assert await reader.until("order") == "A"


async def test_a_cashier_hears_of_its_own_order_only(shared, client):
    new = await asyncio.to_thread(order, shared, client)
    async with Reader(shared, f"{new['address']}/events") as reader:
        assert (await reader.next())[0] == "hello"
        await asyncio.to_thread(order, shared, client)
        shared.state.log.tell("notification", {"id": new["number"]})
        await asyncio.to_thread(shared.pay, new["number"])
        assert await reader.next() == ("change", {"kind": "order", "id": new["number"]})


async def test_a_stream_in_which_nothing_happens_shows_that_it_is_alive(shared, monkeypatch):
    monkeypatch.setattr(events, "HEARTBEAT", 0.02)
    async with Reader(shared) as reader:
        await reader.next()
        shared.advance(hours=1)
        name = ""
        while name != "beat":
            name, content = await reader.next()
        assert content["now"] == pytest.approx(shared.state.clock.now(), abs=5)


async def test_who_left_is_forgotten(gateway):
    listeners = gateway.state.log.listeners
    async with Reader(gateway) as reader:
        await reader.next()
        assert len(listeners) == 1
    async with asyncio.timeout(10):
        while listeners:
            gateway.state.log.tell("order", {"out_trade_no": "A"})
            await asyncio.sleep(0.01)


async def test_a_browser_that_reads_nothing_is_cut_and_takes_no_memory(gateway, monkeypatch):
    monkeypatch.setattr(events, "WRITE_TIMEOUT", 0.2)
    log, place = gateway.state.log, urlsplit(gateway.base_uri)
    with socket.create_connection((place.hostname, place.port)) as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.sendall(b"GET /_gateway/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        await asyncio.to_thread(slow.recv, 4096)  # its greeting, the only part that it reads
        (listener,) = log.listeners
        waiting, most, number = listener.__self__, 0, 0
        async with asyncio.timeout(20):
            while log.listeners:
                for _ in range(MOST - 1):
                    number += 1
                    log.tell("order", {"out_trade_no": f"{number:064}"})
                most = max(most, len(waiting))
                await asyncio.sleep(0.0005)
        assert most <= MOST
        assert number > MOST


async def test_what_waits_is_bounded_told_once_and_nothing_is_lost_in_silence():
    waiting = Waiting()
    for number in (1, 2, 2, 1):
        waiting.put("order", {"out_trade_no": number})
    text = await waiting.take(1)
    assert text.count("event: change") == 2
    for number in range(MOST):
        waiting.put("order", {"out_trade_no": number})
    assert (await waiting.take(1)).count("event: change") == MOST
    for number in range(10 * MOST):
        waiting.put("order", {"out_trade_no": number})
        assert len(waiting) <= MOST
    assert await waiting.take(1) == "event: reset\ndata: {}\n\n"
    assert await waiting.take(0) == ""
    waiting.put("order", {"out_trade_no": "after"})
    assert '"after"' in await waiting.take(1)


async def test_a_name_that_a_client_made_very_long_is_cut():
    waiting = Waiting()
    waiting.put("order", {"out_trade_no": "x" * 10**6})
    assert len(await waiting.take(1)) < 200


async def test_events_come_from_any_thread():
    waiting, told = Waiting(), 0

    def happen(name):
        for number in range(50):
            waiting.put("order", {"out_trade_no": f"{name}-{number}"})

    threads = [threading.Thread(target=happen, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    text = "first"
    while text or any(thread.is_alive() for thread in threads):
        text = await waiting.take(0.05)
        told += text.count("event: change") + 400 * text.count("event: reset")
    assert told >= 400


def test_an_event_for_a_loop_that_is_closed_harms_nobody():
    async def make():
        return Waiting()

    waiting = asyncio.run(make())
    waiting.put("order", {"out_trade_no": "A"})
    assert len(waiting) == 1


@pytest.mark.parametrize(
    ("what", "name"),
    [
        ({"number": 3}, "3"),
        ({"out_refund_no": "R", "out_trade_no": "N"}, "R"),
        ({"id": "7"}, "7"),
        ({}, ""),
    ],
)
async def test_an_event_names_the_thing(what, name):
    waiting = Waiting()
    waiting.put("anything", what)
    assert json.dumps({"kind": "anything", "id": name}) in await waiting.take(1)


async def test_a_gateway_stops_with_a_console_open(wechatpay_identity):
    gateway = Gateway(identity=wechatpay_identity).start()
    async with Reader(gateway) as reader:
        await reader.next()
        async with asyncio.timeout(0.9):  # a handler has one second to end
            await asyncio.to_thread(gateway.stop)
            with pytest.raises(EOFError):
                await reader.next()
    assert not gateway.state.log.listeners
