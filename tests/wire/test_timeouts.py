"""Nothing waits longer than `timeout` says, whatever it is that does not come."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import pytest

from wechatpay_chain import TransportTimeout

from .responses import chunk, head, http
from .server import Do

PATH = "v3/certificates"
SHORT = (0.3, 0.3)

STALLS = {
    "before the answer": [Do.STALL],
    "in the headers": [b"HTTP/1.1 200 OK\r\nContent-", Do.STALL],
    "before the body": [head(200, {"Content-Length": "10"}), Do.STALL],
    "in the body": [http(200, b'{"half":', length=100), Do.STALL],
    "between chunks": [head(200, {"Transfer-Encoding": "chunked"}) + chunk(b"{}"), Do.STALL],
}


@pytest.mark.parametrize("script", STALLS.values(), ids=STALLS.keys())
def test_a_server_that_falls_silent(call, server, signed, raises, script):
    server.in_turn(script, [signed.json({"n": 2})])
    with raises(TransportTimeout, "timeout=(0.3, 0.3)", "query before") as caught:
        call("get", PATH, timeout=SHORT)
    assert isinstance(caught.value, TimeoutError)
    assert call("get", PATH).json() == {"n": 2}, "the half-read connection was used again"
    assert [received.connection for received in server.requests] == [1, 2]


def test_a_client_has_a_timeout_of_its_own(call, server, keys, raises):
    hasty = keys.client(base_uri=server.url, timeout=0.3)
    server.respond(Do.STALL)
    with raises(TransportTimeout, "timeout=(0.3, 0.3)"):
        call("get", PATH, client=hasty)


@contextlib.contextmanager
def deaf() -> Iterator[str]:
    """An address that takes connections (the kernel does), and neither reads nor answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def test_a_tls_handshake_that_nobody_answers(call, raises):
    with deaf() as address, raises(TransportTimeout, "timeout=(0.3, 5)") as caught:
        call("get", PATH, base_uri=f"https://{address}/", timeout=(0.3, 5))
    assert isinstance(caught.value, TimeoutError)


def test_a_handshake_that_nobody_answers_ends_with_the_call(call, raises):
    with deaf() as address, raises(TransportTimeout, "deadline") as caught:
        call("get", PATH, base_uri=f"https://{address}/", timeout=(None, None), deadline=0.3)
    assert caught.value.sent is False


def test_a_connection_that_is_never_made(call, raises, black_hole):
    base_uri = f"http://127.0.0.1:{black_hole}/"
    with raises(TransportTimeout, "timeout=(0.3, 5)", "Nothing was sent") as caught:
        call("post", PATH, base_uri=base_uri, json={}, timeout=(0.3, 5))
    assert isinstance(caught.value, TimeoutError)
    assert caught.value.sent is False


def test_a_connection_that_is_never_made_ends_with_the_call(call, raises, black_hole):
    base_uri = f"http://127.0.0.1:{black_hole}/"
    with raises(TransportTimeout, "deadline", "Nothing was sent"):
        call("post", PATH, base_uri=base_uri, json={}, timeout=(None, None), deadline=0.3)


def test_a_connection_to_a_proxy_that_is_never_made(call, keys, raises, black_hole):
    proxied = keys.client(proxy=f"http://127.0.0.1:{black_hole}", timeout=(0.3, 5))
    with raises(TransportTimeout, "timeout=(0.3, 5)", "Nothing was sent"):
        call("post", PATH, client=proxied, json={})


def bounded(world, wxpay, seconds, path, **options):
    """A call that a test ends where the client does not; only the async world can hang here."""
    chain = world.keep(wxpay).chain(path)
    if not world.is_async:
        return chain.post(**options)
    return world.run(asyncio.wait_for(chain.post_async(**options), seconds))


def test_a_server_that_does_not_read_the_request(world, wxpay, raises):
    body = b"x" * 32_000_000
    with (
        deaf() as address,
        raises(TransportTimeout, "query before you send it again"),
    ):
        bounded(world, wxpay, 5, PATH, base_uri=f"http://{address}/", body=body, timeout=(0.3, 0.3))


def test_a_proxy_that_falls_silent(world, keys, raises):
    with deaf() as address:
        proxied = keys.client(proxy=f"http://{address}", timeout=(0.3, 0.3))
        with raises(TransportTimeout, "timeout=(0.3, 0.3)"):
            bounded(world, proxied, 5, PATH, json={})
