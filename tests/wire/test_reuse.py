"""One client serves loops, threads and forks: connections are kept, and answers never mixed."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support import PUBLIC_KEY_ID, write
from wechatpay_chain.transport import HTTPTransport, aiohttp_connection, limits

from .server import Server
from .transports import only_default

pytestmark = pytest.mark.usefixtures("nothing_left_open")


@pytest.fixture
def echo(server, signed):
    """The server tells each caller what it asked for."""
    server.each(lambda received: [signed.json({"target": received.target})])
    return server


def path(*parts: object) -> str:
    return f"v3/{'/'.join(map(str, parts))}"


def test_sequential_calls_share_one_connection(call, echo):
    for n in range(10):
        assert call("get", path(n)).json() == {"target": f"/v3/{n}"}
    assert echo.connections == 1


@pytest.mark.parametrize("version", ["1.1", "1.0"])
def test_a_response_tells_its_version_of_http(call, server, signed, version):
    server.respond(signed.json({}).replace(b"HTTP/1.1", f"HTTP/{version}".encode()))
    assert call("get", path(1)).http_version == version


def test_errors_do_not_cost_the_connection(call, server, signed):
    server.in_turn(*[[signed.json({}, status)] for status in (200, 404, 500, 204 + 1, 200)])
    for _ in range(5):
        try:
            call("post", path(1), json={})
        except Exception as error:  # noqa: BLE001 - any of them
            assert error.response.verified
    assert server.connections == 1


def test_a_connection_that_the_server_ended_is_replaced(call, server, signed):
    ended = threading.Semaphore(0)

    def script(received):
        yield signed.json({"target": received.target})
        yield lambda connection: connection.shutdown(socket.SHUT_RDWR)
        ended.release()

    server.each(script)
    for n in range(3):
        assert call("get", path(n)).json() == {"target": f"/v3/{n}"}
        ended.acquire(timeout=60)
    assert server.connections == 3


def finish(connection: socket.socket) -> None:
    """End a connection, as a server that has waited long enough."""
    connection.shutdown(socket.SHUT_RDWR)


def reset(connection: socket.socket) -> None:
    """End it as a server that was started anew, which does not know it."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("end", [finish, reset])
def test_a_loop_that_was_frozen_while_the_server_went_away(
    keys, signed, bundle, server_context, scheme, end
):
    """The call after it is sent once, on a connection of its own, and so are all others."""
    frozen, ended = threading.Semaphore(0), threading.Semaphore(0)

    def script(received):
        yield signed.json({"target": received.target})
        yield lambda _: frozen.acquire(timeout=60)
        yield end
        ended.release()

    with Server(server_context if scheme == "https" else None) as server, asyncio.Runner() as loop:
        server.each(script)
        client = keys.client(base_uri=server.url, verify=bundle)

        async def main(n):
            calls = (client[path(n, m)].post_async(json={}) for m in range(3))
            return [each.json() for each in await asyncio.gather(*calls)]

        for n in range(3):
            assert loop.run(main(n)) == [{"target": f"/v3/{n}/{m}"} for m in range(3)]
            frozen.release(3)
            for _ in range(3):
                assert ended.acquire(timeout=60)
        assert (len(server.requests), server.connections) == (9, 9)


def test_a_machine_that_slept(call, echo, monkeypatch):
    """The wall clock goes on meanwhile, and the monotonic one does not."""
    for n, asleep in enumerate((0, 29, 60, 59)):
        now = time.time() + asleep
        monkeypatch.setattr(limits.time, "time", lambda now=now: now)
        call("get", path(n))
        monkeypatch.undo()
    assert echo.connections == 3


@pytest.mark.parametrize("end", [finish, b"HTTP/1.1 200 OK\r\n\r\n"])
def test_a_loop_that_receives_before_anybody_asks(keys, server, signed, monkeypatch, end):
    """As the one of Windows: by the time that a connection is used again, its socket is silent."""
    ended = threading.Semaphore(0)

    def script(received):
        yield signed.json({"target": received.target})
        yield end
        ended.release()

    monkeypatch.setattr(aiohttp_connection, "READING_AHEAD", asyncio.AbstractEventLoop)
    monkeypatch.setattr(aiohttp_connection, "is_readable", lambda sock: False)
    server.each(script)
    client = keys.client(base_uri=server.url)
    with asyncio.Runner() as loop:
        for n in range(3):
            response = loop.run(client[path(n)].post_async(json={}))
            assert response.json() == {"target": f"/v3/{n}"}
            assert ended.acquire(timeout=60)
    assert server.connections == 3


def test_a_client_that_was_closed_opens_anew(call, echo, wxpay, world):
    call("get", path(1))
    world.run(wxpay.aclose()) if world.is_async else wxpay.close()
    assert call("get", path(2)).json() == {"target": "/v3/2"}
    assert echo.connections == 2


def test_one_event_loop_after_another(wxpay, echo):
    for n in range(3):
        assert asyncio.run(wxpay[path(n)].get_async()).json() == {"target": f"/v3/{n}"}
        gc.collect()
    assert echo.connections == 3


def test_one_event_loop_after_another_over_tls(keys, secure, signed, bundle):
    secure.each(lambda received: [signed.json({"target": received.target})])
    client = keys.client(base_uri=secure.url, verify=bundle)
    for n in range(3):
        assert asyncio.run(client[path(n)].get_async()).json() == {"target": f"/v3/{n}"}
        gc.collect()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_event_loop_that_was_closed_without_ado(wxpay, echo):
    """Python itself warns of the sockets then; a call on the next loop works all the same."""
    for n in range(3):
        loop = asyncio.new_event_loop()
        response = loop.run_until_complete(wxpay[path(n)].get_async())
        loop.close()  # nobody called shutdown_asyncgens()
        assert response.json() == {"target": f"/v3/{n}"}
    asyncio.run(wxpay.aclose())
    del loop
    gc.collect()


@pytest.mark.filterwarnings("ignore:asynchronous generator .* was scheduled after")
def test_an_event_loop_that_goes_on_after_its_generators_were_shut_down(wxpay, echo):
    async def main():
        for n in range(2):
            assert (await wxpay[path(n)].get_async()).json() == {"target": f"/v3/{n}"}
            await asyncio.get_running_loop().shutdown_asyncgens()
        await wxpay.aclose()

    asyncio.run(main())


def test_a_client_dropped_with_its_event_loop(keys, echo):
    def once():
        client = keys.client(base_uri=echo.url)
        asyncio.run(client[path(1)].get_async())

    once()
    gc.collect()


def test_many_threads(wxpay, echo):
    def work(thread):
        targets = []
        for n in range(20):
            asked = path(thread, n)
            assert wxpay[asked].get().json() == {"target": f"/{asked}"}
            targets.append(asked)
        return targets

    with ThreadPoolExecutor(8) as pool:
        done = {target for targets in pool.map(work, range(8)) for target in targets}
    wxpay.close()
    assert len(done) == len(echo.requests) == 160
    assert echo.connections <= 8


def test_many_calls_on_one_event_loop(wxpay, echo):
    async def main():
        async with wxpay:
            responses = [wxpay[path(n)].get_async() for n in range(100)]
            return [response.json()["target"] for response in await asyncio.gather(*responses)]

    assert asyncio.run(main()) == [f"/v3/{n}" for n in range(100)]


def test_two_event_loops_in_two_threads(wxpay, echo):
    together = threading.Barrier(2)

    async def calls(name):
        together.wait(5)
        for n in range(20):
            asked = path(name, n)
            assert (await wxpay[asked].get_async()).json() == {"target": f"/{asked}"}

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda name: asyncio.run(calls(name)), ("a", "b")))
    assert len(echo.requests) == 40
    assert echo.connections == 2


def test_many_short_lived_event_loops_in_many_threads(wxpay, echo):
    def work(thread):
        for n in range(10):
            asked = path(thread, n)
            response = asyncio.run(wxpay[asked].get_async())
            assert response.json() == {"target": f"/{asked}"}

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert len(echo.requests) == 80


def test_an_event_loop_that_begins_while_another_looks_for_closed_ones(wxpay, echo):
    """Held up at the very point where threads would meet once in a while."""

    class Loop(asyncio.SelectorEventLoop):
        meet = None

        def is_closed(self):
            if self.meet is not None:
                meet, self.meet = self.meet, None
                meet()
            return super().is_closed()

    def elsewhere():
        with ThreadPoolExecutor(1) as pool:
            pool.submit(asyncio.run, wxpay[path(2)].get_async()).result()

    loop = Loop()
    loop.run_until_complete(wxpay[path(1)].get_async())
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()
    loop.meet = elsewhere
    assert asyncio.run(wxpay[path(3)].get_async()).json() == {"target": "/v3/3"}


def test_both_worlds_at_once(wxpay, echo):
    async def main():
        async with wxpay:
            blocking = [asyncio.to_thread(wxpay[path("s", n)].get) for n in range(20)]
            awaited = [wxpay[path("a", n)].get_async() for n in range(20)]
            return [
                response.json()["target"] for response in await asyncio.gather(*blocking, *awaited)
            ]

    assert asyncio.run(main()) == [f"/v3/{world}/{n}" for world in "sa" for n in range(20)]


@only_default
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # this is about threads
def test_a_fork_amid_the_first_call_of_another_thread(secure, keys, signed, bundle, monkeypatch):
    """The child does not wait for a thread that it does not have."""
    secure.respond(signed.json({}))
    begun, forked, parent = threading.Event(), threading.Event(), os.getpid()
    create = ssl.create_default_context

    def create_slowly(**given):
        begun.set()
        if os.getpid() == parent:
            forked.wait(10)
        return create(**given)

    monkeypatch.setattr(ssl, "create_default_context", create_slowly)
    client = keys.client(base_uri=secure.url, verify=bundle)
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(client[path(1)].get)
        assert begun.wait(10)
        child = os.fork()
        if child == 0:
            signal.alarm(10)
            os._exit(0 if client[path(2)].get().verified else 1)
        assert os.waitpid(child, 0)[1] == 0
        forked.set()
        assert call.result().verified


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.parametrize("world_name", ["sync", "async", "kept"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_process_that_forks(
    transport_class, tmp_path, keys, signed, bundle, server_context, world_name, scheme
):
    """Parent and child each go on, on connections of their own, without a word of complaint."""
    transport = "default" if transport_class is HTTPTransport else "curl"
    write(tmp_path / "apiclient_key.pem", keys.merchant)
    write(tmp_path / "pub_key.pem", keys.platform.public_key())
    with Server(server_context if scheme == "https" else None) as server:
        server.each(lambda received: [signed.json({"target": received.target})])
        done = subprocess.run(
            [
                *(sys.executable, "-X", "dev", "-W", "error", "-m", "tests.wire.forking"),
                *(world_name, transport, server.url, str(tmp_path), PUBLIC_KEY_ID, bundle),
            ],
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert len(server.requests) == 12
        calls = {}
        for received in server.requests:
            calls.setdefault(received.connection, []).append(received.target.split("/")[2])
        assert all(len(set(callers)) == 1 or callers[0] == "before" for callers in calls.values())
        of_child = {number for number, callers in calls.items() if "child" in callers}
        of_parent = {number for number, callers in calls.items() if "parent" in callers}
        assert not of_child & of_parent
        if world_name != "async":  # where the loop is gone, so is the connection
            assert any(callers[0] == "before" and "parent" in callers for callers in calls.values())
