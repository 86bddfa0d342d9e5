"""A client closes what it made, waits for calls in flight, and refuses new ones meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from wechatpay_chain import ConfigurationError, SignatureError, TransportError
from wechatpay_chain.testing.mock import MockTransport
from wechatpay_chain.utils.lifetime import Calls

from .responses import head

pytestmark = pytest.mark.usefixtures("nothing_left_open")

PATH = "v3/certificates"


class Slow:
    """The server answers once it is told to; `asked` is set when a request is there."""

    def __init__(self, server, signed):
        self.asked, self.answer = threading.Event(), threading.Event()

        def script(received):
            if "slow" in received.target:
                self.asked.set()
                return [self.answer, signed.json({"n": "slow"})]
            return [signed.json({"n": 1})]

        server.each(script)


@pytest.fixture
def slow(server, signed):
    made = Slow(server, signed)
    yield made
    made.answer.set()


@pytest.fixture
def shared(transport_class):
    transport = transport_class()
    yield transport
    transport.close()


def until_closing(calls):
    """Wait until somebody waits for these calls to end."""
    while not calls._closings:
        os.sched_yield()


@pytest.mark.parametrize("by", ["client", "transport"])
def test_a_sync_call_in_flight_is_waited_for(keys, server, slow, shared, by):
    client = keys.client(
        base_uri=server.url, **({"transport": shared} if by == "transport" else {})
    )
    closed, calls = (shared, shared._calls) if by == "transport" else (client, client._calls)
    with ThreadPoolExecutor(2) as pool:
        call = pool.submit(client["v3/slow"].get)
        assert slow.asked.wait(5)
        closing = pool.submit(closed.close, grace=30)
        until_closing(calls)
        with pytest.raises(ConfigurationError, match=f"the {by} is being closed"):
            client[PATH].get()
        assert not closing.done()
        slow.answer.set()
        assert call.result().json() == {"n": "slow"}
        closing.result()
    assert len(server.requests) == 1
    assert client[PATH].get().json() == {"n": 1}
    client.close()


@pytest.mark.parametrize("by", ["client", "transport"])
def test_an_async_call_in_flight_is_waited_for(transport_class, keys, server, slow, by):
    async def main():
        transport = transport_class()
        arguments = {"transport": transport} if by == "transport" else {}
        client = keys.client(base_uri=server.url, **arguments)
        closed = transport if by == "transport" else client
        call = asyncio.create_task(client["v3/slow"].get_async())
        await asyncio.to_thread(slow.asked.wait, 5)
        closing = asyncio.create_task(closed.aclose(grace=30))
        await asyncio.sleep(0)
        for refused in (client[PATH].get_async(), asyncio.to_thread(client[PATH].get)):
            with pytest.raises(ConfigurationError, match="nothing was sent"):
                await refused
        assert not closing.done()
        slow.answer.set()
        assert (await call).json() == {"n": "slow"}
        await closing
        assert len(server.requests) == 1
        assert (await client[PATH].get_async()).json() == {"n": 1}
        await closed.aclose()

    asyncio.run(main())


def test_aclose_waits_for_sync_calls_of_threads(keys, server, slow):
    async def main():
        client = keys.client(base_uri=server.url)
        call = asyncio.create_task(asyncio.to_thread(client["v3/slow"].get))
        await asyncio.to_thread(slow.asked.wait, 5)
        closing = asyncio.create_task(client.aclose(grace=30))
        await asyncio.sleep(0)
        assert not closing.done()
        slow.answer.set()
        await closing
        assert (await call).json() == {"n": "slow"}

    asyncio.run(main())


def test_close_leaves_event_loops_alone(keys, server, slow):
    """The connections of async calls are not the ones that it closes."""

    async def main():
        async with keys.client(base_uri=server.url) as client:
            call = asyncio.create_task(client["v3/slow"].get_async())
            await asyncio.to_thread(slow.asked.wait, 5)
            client.close(grace=30)
            assert (await client[PATH].get_async()).json() == {"n": 1}
            slow.answer.set()
            assert (await call).json() == {"n": "slow"}

    asyncio.run(main())


@pytest.mark.parametrize("response", [head(204), head(200, {"Content-Length": "x"})])
def test_no_connection_that_is_not_kept_outlives_its_event_loop(keys, secure, bundle, response):
    """Not even over TLS, where the server would have to agree to its end."""
    client = keys.client(base_uri=secure.url, verify=bundle)

    async def main():
        with contextlib.suppress(TransportError, SignatureError):
            await client[PATH].get_async()

    over = threading.Event()
    secure.respond(response, over)  # it does not look whether the client goes away
    for _ in range(2):
        asyncio.run(main())
    gc.collect()
    over.set()
    assert secure.connections == 2


def test_the_grace_ends(keys, server, slow):
    """Sync calls go on all the same; async ones break off, and say so."""
    client = keys.client(base_uri=server.url)
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(client["v3/slow"].get)
        assert slow.asked.wait(5)
        client.close(grace=0)
        slow.answer.set()
        assert call.result().json() == {"n": "slow"}
    slow.asked.clear()
    slow.answer.clear()

    async def main():
        call = asyncio.create_task(client["v3/slow"].get_async())
        await asyncio.to_thread(slow.asked.wait, 5)
        await client.aclose(grace=0)
        with pytest.raises(TransportError, match="query before you send it again"):
            await call
        slow.answer.set()

    asyncio.run(main())


def test_a_transport_belongs_to_who_made_it(world, keys, server, slow, shared):
    """Closing one of its clients leaves the calls of the others alone."""
    first, second = (keys.client(base_uri=server.url, transport=shared) for _ in range(2))

    async def main():
        call = asyncio.create_task(second["v3/slow"].get_async())
        await asyncio.to_thread(slow.asked.wait, 5)
        async with first:
            await first[PATH].get_async()
        slow.answer.set()
        assert (await call).json() == {"n": "slow"}
        await shared.aclose()

    if world.is_async:
        world.run(main())
        return
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(second["v3/slow"].get)
        assert slow.asked.wait(5)
        with first:
            first[PATH].get()
        slow.answer.set()
        assert call.result().json() == {"n": "slow"}
    first[PATH].get()
    assert server.connections == 2, "its connections were closed"


def test_a_transport_of_the_users_own_is_not_closed(keys):
    closed = []

    class Own(MockTransport):
        def close(self):
            closed.append("sync")

        async def aclose(self):
            closed.append("async")

    client = keys.client(transport=Own(lambda request: None))
    client.close()
    asyncio.run(client.aclose())
    assert closed == []


def test_a_client_closed_twice_at_once(keys, server, slow):
    client = keys.client(base_uri=server.url)
    with ThreadPoolExecutor(3) as pool:
        call = pool.submit(client["v3/slow"].get)
        assert slow.asked.wait(5)
        closings = [pool.submit(client.close, grace=30) for _ in range(2)]
        until_closing(client._calls)
        slow.answer.set()
        for each in (call, *closings):
            each.result()
    client.close()


def test_a_call_that_failed_is_not_waited_for(call, wxpay, server, world):
    server.respond()
    with pytest.raises(TransportError):
        call("get", PATH, timeout=0.1)
    world.run(wxpay.aclose(grace=None)) if world.is_async else wxpay.close(grace=None)


def test_a_cancelled_call_is_not_waited_for(keys, server, slow):
    async def main():
        client = keys.client(base_uri=server.url)
        call = asyncio.create_task(client["v3/slow"].get_async())
        await asyncio.to_thread(slow.asked.wait, 5)
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        await client.aclose(grace=None)
        slow.answer.set()

    asyncio.run(main())


@pytest.mark.parametrize("grace", [-1, "10", float("nan")])
def test_a_grace_that_is_none(world, wxpay, grace):
    world.keep(wxpay)
    with pytest.raises(ConfigurationError, match="grace="):
        world.run(wxpay.aclose(grace)) if world.is_async else wxpay.close(grace)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_calls_of_the_parent_process_are_not_waited_for():
    calls = Calls("the client")
    calls.start()
    child = os.fork()
    if child == 0:
        with calls.closing(grace=None):
            os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
