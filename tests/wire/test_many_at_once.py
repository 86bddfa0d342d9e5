"""`max_connections`: more calls than that wait for a free connection, until their deadline."""

from __future__ import annotations

import asyncio
import contextlib
import select
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from wechatpay_chain import ConfigurationError, TransportTimeout
from wechatpay_chain.transport import limits
from wechatpay_chain.transport.sync.connection import Connection
from wechatpay_chain.transport.sync.pool import Pool

from .server import Do
from .transports import only_default

PATH = "v3/certificates"


@pytest.fixture
def client(keys, server):
    return keys.client(base_uri=server.url, timeout=(5, 5), max_connections=3)


def test_threads_share_the_connections(client, server, signed):
    server.each(lambda _: [signed.json({})])
    with ThreadPoolExecutor(20) as pool, client:
        done = [pool.submit(client.chain(PATH).get) for _ in range(60)]
        assert all(each.result().ok for each in done)
    assert server.connections <= 3


def test_tasks_share_the_connections(client, server, signed):
    server.each(lambda _: [signed.json({})])

    async def main() -> None:
        async with client:
            calls = [client.chain(PATH).get_async() for _ in range(60)]
            assert all(each.ok for each in await asyncio.gather(*calls))

    asyncio.run(main())
    assert server.connections <= 3


def test_a_thread_waits_until_its_deadline(client, server, signed):
    go = threading.Event()
    server.respond(go, signed.json({}))
    with ThreadPoolExecutor(3) as pool, client:
        running = [pool.submit(client.chain(PATH).get) for _ in range(3)]
        while len(server.requests) < 3:
            go.wait(0.01)
        with pytest.raises(TransportTimeout, match="max_connections") as caught:
            client.chain(PATH).get(deadline=0.2)
        go.set()
        assert all(each.result().ok for each in running)
        assert client.chain(PATH).get().ok
    assert (caught.value.sent, caught.value.retryable) == (False, True)


def test_a_task_waits_until_its_deadline(client, server, signed):
    go = threading.Event()
    server.respond(go, signed.json({}))

    async def main() -> None:
        async with client:
            running = [asyncio.create_task(client.chain(PATH).get_async()) for _ in range(3)]
            await asyncio.to_thread(arrived)
            with pytest.raises(TransportTimeout, match="max_connections") as caught:
                await client.chain(PATH).get_async(deadline=0.2)
            assert (caught.value.sent, caught.value.retryable) == (False, True)
            go.set()
            assert all(each.ok for each in await asyncio.gather(*running))
            assert (await client.chain(PATH).get_async()).ok

    def arrived() -> None:
        while len(server.requests) < 3:
            go.wait(0.01)

    asyncio.run(main())


def test_a_call_that_fails_gives_its_connection_back(call, client, server, signed):
    server.each(lambda _: [Do.CLOSE])
    for _ in range(7):
        with pytest.raises(Exception, match="connection broke|ended early"):
            call("get", PATH, client=client)
    server.each(lambda _: [signed.json({})])
    assert call("get", PATH, client=client).ok


def test_a_connection_that_was_idle_for_long_is_not_used_again(client, server, signed, monkeypatch):
    server.each(lambda _: [signed.json({})])
    with client:
        client.chain(PATH).get()
        client.chain(PATH).get()
        assert server.connections == 1
        later = time.time() + limits.IDLE + 1
        monkeypatch.setattr(time, "time", lambda: later)
        client.chain(PATH).get()
    assert server.connections == 2


@pytest.mark.parametrize("has_poll", [True, False])
def test_a_connection_that_ended_is_noticed_without_poll_too(
    client, server, signed, monkeypatch, has_poll
):
    """Windows has no `select.poll`."""
    if not has_poll:
        monkeypatch.delattr(select, "poll")
    ended = threading.Event()

    def end(connection):
        connection.shutdown(socket.SHUT_RDWR)
        ended.set()

    server.in_turn([signed.json({}), end, Do.CLOSE], [signed.json({})], [signed.json({})])
    with client:
        for _ in range(3):
            assert client.chain(PATH).get(retry=None).ok
            assert ended.wait(10)
    assert server.connections == 2


def test_no_more_idle_connections_are_kept_than_pool_size():
    pool = Pool(2)
    with contextlib.ExitStack() as stack:
        pairs = [socket.socketpair() for _ in range(4)]
        for _, peer in pairs:
            stack.enter_context(peer)
        *mine, late = [Connection(sock) for sock, _ in pairs]
        for each in mine:
            pool.give("key", each)
        assert [each.is_usable() for each in mine] == [True, True, False]
        pool.close()
        pool.give("key", late)
        assert pool.take("key") is None
        assert not any(each.is_usable() for each in (*mine, late))


def test_connections_of_a_busy_hour_do_not_stay_open(monkeypatch):
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    pool = Pool(10)
    with contextlib.ExitStack() as stack:
        pairs = [socket.socketpair() for _ in range(4)]
        for _, peer in pairs:
            stack.enter_context(peer)
        old, other, young, new = [Connection(sock) for sock, _ in pairs]
        pool.give("a", old)
        pool.give("b", other)
        now += limits.IDLE - 1
        pool.give("a", young)
        now += 2
        pool.give("c", new)
        for _, peer in pairs[:2]:
            peer.settimeout(10)
            assert peer.recv(1) == b""
        assert pool.take("b") is None
        assert pool.take("a") is young
        assert pool.take("a") is None
        assert pool.take("c") is new
        young.close()
        new.close()


@only_default
def test_connections_are_kept_alive(call, client, server, signed, monkeypatch):
    options: list[tuple[int, int, int]] = []
    plain = socket.socket.setsockopt

    def setsockopt(self, *given):
        options.append(given)
        return plain(self, *given)

    monkeypatch.setattr(socket.socket, "setsockopt", setsockopt)
    server.respond(signed.json({}))
    call("get", PATH, client=client)
    assert (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1) in options


@pytest.mark.parametrize("value", [0, -1, 1.5, "100", None, True])
def test_a_number_of_connections_that_is_none(keys, value):
    with pytest.raises(ConfigurationError, match="max_connections="):
        keys.client().__class__(mchid="1900000109", max_connections=value)
