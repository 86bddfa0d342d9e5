"""What only the transport over libcurl does; tests of connections run over it as well."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading

import pytest
import trustme

from tests.support import Keys, need_pycurl
from wechatpay_chain import ConfigurationError, TransportError
from wechatpay_chain.transport import limits

from .responses import head
from .server import Server

need_pycurl()

import pycurl  # noqa: E402

from wechatpay_chain.transport.curl import CurlTransport  # noqa: E402

PATH = "v3/certificates"


@pytest.fixture
def over_curl(keys: Keys, server: Server):
    """Makes clients."""
    transports = []

    def make(base_uri=server.url, **arguments):
        transports.append(CurlTransport(**arguments))
        return keys.client(base_uri=base_uri, timeout=(5, 5), transport=transports[-1])

    yield make
    for transport in transports:
        transport.close()


def test_an_ssl_context_cannot_be_used():
    with pytest.raises(ConfigurationError, match="SSLContext, which libcurl cannot use"):
        CurlTransport(verify=ssl.create_default_context())


@pytest.mark.parametrize("argument", [{"proxy": "10.0.0.1"}, {"max_connections": 0}])
def test_the_other_arguments_are_checked_as_the_defaults_are(argument):
    with pytest.raises(ConfigurationError, match=next(iter(argument))):
        CurlTransport(**argument)


def test_without_pycurl_the_error_says_how_to_install_it(monkeypatch):
    for name in tuple(sys.modules):
        if name.startswith("wechatpay_chain.transport.curl."):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pycurl", None)
    with pytest.raises(ConfigurationError, match=r"pip install \"wechatpay-chain\[curl\]\""):
        CurlTransport()


def test_a_libcurl_that_is_too_old(monkeypatch):
    monkeypatch.setattr(pycurl, "version_info", lambda: (9, "7.74.0"))
    with pytest.raises(ConfigurationError, match=r"libcurl 7\.87 or newer.*built with 7\.74\.0"):
        CurlTransport()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="it makes the folder")
def test_verify_names_the_only_authority(
    over_curl, world, secure, authority, signed, tmp_path, monkeypatch
):
    """A build of libcurl has a file or a folder of authorities that it trusts by itself."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    subprocess.run(["openssl", "rehash", tmp_path], check=True, capture_output=True)
    make = pycurl.Curl

    def trusting() -> pycurl.Curl:
        handle = make()
        handle.setopt(pycurl.CAPATH, str(tmp_path))
        return handle

    monkeypatch.setattr(pycurl, "Curl", trusting)
    other = trustme.CA(key_type=trustme.KeyType.RSA).cert_pem.bytes()
    with pytest.raises(TransportError, match="CERTIFICATE_VERIFY_FAILED"):
        world.call(over_curl(secure.url, verify=other), "get", PATH)


def test_the_environment_is_not_asked_for_a_proxy(over_curl, world, server, signed, monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    server.respond(signed.json({}))
    assert world.call(over_curl(), "get", PATH).ok


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_environment_leads_nobody_around_a_proxy(over_curl, world, server, monkeypatch, scheme):
    monkeypatch.setenv("no_proxy", "*")
    server.respond(b"HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n")
    client = over_curl(f"{scheme}://gateway.invalid/", proxy=server.url.rstrip("/"))
    with pytest.raises(Exception, match="502"):
        world.call(client, "get", PATH)
    asked = {"http": f"http://gateway.invalid/{PATH}", "https": "gateway.invalid:443"}
    assert [received.target for received in server.requests] == [asked[scheme]]


@pytest.mark.parametrize(
    "framing", [{"Content-Length": "9999999999"}, {"Transfer-Encoding": "chunked"}], ids=str
)
def test_a_proxy_that_refuses_is_not_listened_to(over_curl, world, server, framing):
    """libcurl reads the body of a refusal to its end, in async calls on the event loop."""
    client = over_curl("https://gateway.invalid/", proxy=server.url.rstrip("/"))
    server.respond(head(407, framing), b"5\r\nagain\r\n" * 100_000)
    with pytest.raises(TransportError, match="the proxy responded HTTP 407 to CONNECT"):
        world.call(client, "get", PATH)


def test_a_proxy_is_not_told_what_asks_for_a_tunnel(over_curl, world, server):
    server.respond(b"HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n")
    client = over_curl("https://gateway.invalid/", proxy=server.url.rstrip("/"))
    with pytest.raises(TransportError, match="502"):
        world.call(client, "get", PATH)
    assert server.requests[0].headers.keys() == {"host", "proxy-connection"}


def socket_to(port: int) -> socket.socket:
    """A copy of this process's socket that is connected to a port."""
    for number in range(3, 256):
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(number)) as each:
            if each.family == socket.AF_INET and each.getpeername()[1] == port:
                return each.dup()
    raise AssertionError("there is none")


def test_connections_are_kept_alive(over_curl, world, server, signed):
    server.respond(signed.json({}))
    client = over_curl()
    world.call(client, "get", PATH)
    with socket_to(server.port) as sock:
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1


def test_a_loop_closes_what_was_idle_for_long(over_curl, server, signed, monkeypatch):
    """Nobody needs to make a call for that."""
    closed = threading.Event()

    def watch(connection: socket.socket) -> None:
        if connection.recv(1) == b"":
            closed.set()

    server.respond(signed.json({}), watch)
    monkeypatch.setattr(limits, "IDLE", 0.01)

    async def main() -> None:
        await over_curl().chain(PATH).get_async()
        assert await asyncio.to_thread(closed.wait, 5)

    asyncio.run(main())


def test_an_event_loop_that_watches_no_sockets(over_curl):
    """The one that Windows has by default."""

    class Loop(asyncio.SelectorEventLoop):
        def add_reader(self, *_):
            raise NotImplementedError

        add_writer = remove_reader = remove_writer = add_reader

    with (
        asyncio.Runner(loop_factory=Loop) as runner,
        pytest.raises(ConfigurationError, match="SelectorEventLoop"),
    ):
        runner.run(over_curl()[PATH].get_async())
