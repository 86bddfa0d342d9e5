"""Through a proxy: an http origin is asked of it, an https origin is reached by a tunnel."""

from __future__ import annotations

import base64
import contextlib
import socket
import threading

import pytest

from wechatpay_chain import ClientError, TransportError

from .responses import head, http
from .server import Do, Server
from .test_targets import assert_covered
from .transports import only_default

LOGIN = "Basic " + base64.b64encode(b"mer:chant@x").decode()
PATH = "v3/refunds/%e4 x?a=b+c&d='"
TARGET = "/v3/refunds/%E4%20x?a=b+c&d='"


@pytest.fixture
def proxy():
    with Server() as running:
        yield running


def via(proxy, user="mer:chant%40x@"):
    return f"http://{user}127.0.0.1:{proxy.port}"


def tunnel(port):
    """A step that joins a connection with a port, until either side ends."""

    def pump(source, drain):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                drain.sendall(data)
        with contextlib.suppress(OSError):
            drain.shutdown(socket.SHUT_WR)

    def join(connection):
        with socket.create_connection(("127.0.0.1", port)) as origin:
            back = threading.Thread(target=pump, args=(origin, connection))
            back.start()
            pump(connection, origin)
            back.join(5)

    return join


def tunnelling(received):
    """CONNECT as RFC 9110, section 9.3.6, has it."""
    if received.headers.get("proxy-authorization") != LOGIN:
        return [head(407, {"Proxy-Authenticate": "Basic", "Content-Length": "0"}), Do.CLOSE]
    port = int(received.target.partition(":")[2])
    return [head(200), tunnel(port), Do.CLOSE]


def test_an_http_origin(call, keys, proxy, signed):
    proxy.respond(signed.json({"n": 1}))
    client = keys.client(base_uri="http://gateway.invalid:81/", proxy=via(proxy))
    assert call("post", PATH, client=client, json={"a": 1}).verified is True
    (received,) = proxy.requests
    assert received.target == f"http://gateway.invalid:81{TARGET}"
    assert received.headers["host"] == "gateway.invalid:81"
    assert received.headers["proxy-authorization"] == LOGIN


@pytest.mark.parametrize("path", ["v3/a//b/", "v3/%2e%2ex/y", "v3/...", "V3/X?Y=/../"])
def test_the_target_of_an_http_origin_is_what_was_signed(call, keys, proxy, signed, path):
    proxy.respond(signed())
    client = keys.client(base_uri="http://gateway.invalid/", proxy=via(proxy))
    call("get", path, client=client)
    (received,) = proxy.requests
    origin_form = received.target.removeprefix("http://gateway.invalid")
    line = f"GET {origin_form} HTTP/1.1".encode()
    assert_covered(
        keys, type(received)(line + b"\r\n" + received.head.split(b"\r\n", 1)[1], b"", 1)
    )


def test_an_https_origin(call, keys, proxy, secure, signed, bundle):
    proxy.each(tunnelling)
    secure.each(lambda received: [signed.json({"target": received.target})])
    client = keys.client(base_uri=secure.url, proxy=via(proxy), verify=bundle)
    for _ in range(3):
        assert call("post", PATH, client=client, json={"a": 1}).json() == {"target": TARGET}
    for received in secure.requests:
        assert_covered(keys, received)
        assert "proxy-authorization" not in received.headers
    (connect,) = proxy.requests
    assert connect.line[:2] == ["CONNECT", f"127.0.0.1:{secure.port}"]
    assert "authorization" not in connect.headers


def test_no_login(call, keys, proxy, secure, signed, bundle):
    proxy.each(lambda _: [head(200), tunnel(secure.port), Do.CLOSE])
    secure.respond(signed())
    client = keys.client(base_uri=secure.url, proxy=via(proxy, ""), verify=bundle)
    call("get", PATH, client=client)
    assert "proxy-authorization" not in proxy.requests[0].headers


def test_a_wrong_login_for_a_tunnel(call, keys, proxy, secure, raises, bundle):
    proxy.each(tunnelling)
    client = keys.client(base_uri=secure.url, proxy=via(proxy, "mer:hunter2@"), verify=bundle)
    with raises(TransportError, "cannot connect", "407", "Nothing was sent", "proxy") as caught:
        call("post", PATH, client=client, json={})
    shown = f"{caught.value!r} {caught.value.__cause__!r}"
    assert "hunter2" not in shown
    assert base64.b64encode(b"mer:hunter2").decode() not in shown
    assert secure.requests == []


def test_a_wrong_login_for_an_http_origin(call, keys, proxy, raises):
    proxy.respond(http(407, b"<html>who are you?</html>", {"Proxy-Authenticate": "Basic"}))
    client = keys.client(base_uri="http://gateway.invalid/", proxy=via(proxy, "mer:hunter2@"))
    with raises(ClientError, "HTTP 407") as caught:
        call("get", PATH, client=client)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("end", [[Do.CLOSE], [Do.RESET], [b"HTTP/1.1 200", Do.CLOSE]])
def test_a_proxy_that_breaks_off(call, keys, proxy, raises, end):
    proxy.respond(*end)
    client = keys.client(base_uri="https://gateway.invalid/", proxy=via(proxy))
    with raises(TransportError, "POST https://gateway.invalid/"):
        call("post", PATH, client=client, json={})


def test_a_proxy_that_speaks_another_protocol(call, keys, proxy, raises):
    proxy.respond(b"SSH-2.0\r\n\r\n", Do.CLOSE)
    client = keys.client(base_uri="https://gateway.invalid/", proxy=via(proxy, "mer:hunter2@"))
    with raises(TransportError, "POST https://gateway.invalid/") as caught:
        call("post", PATH, client=client, json={})
    assert "hunter2" not in str(caught.value)


def test_the_certificate_is_checked_through_a_tunnel(call, keys, proxy, secure, raises):
    proxy.each(tunnelling)
    client = keys.client(base_uri=secure.url, proxy=via(proxy))
    with raises(TransportError, "TLS failed", "CERTIFICATE_VERIFY_FAILED"):
        call("post", PATH, client=client, json={})
    assert secure.requests == []


@pytest.fixture
def secure_proxy(server_context):
    """The proxy over TLS."""
    with Server(server_context) as running:
        yield running


def via_tls(proxy):
    return via(proxy).replace("http:", "https:")


def test_an_https_origin_through_a_proxy_over_tls(call, keys, secure_proxy, secure, signed, bundle):
    """TLS inside of TLS: the proxy sees as little of it as any other."""
    secure_proxy.each(tunnelling)
    secure.each(lambda received: [signed.json({"target": received.target, "x": "y" * 100_000})])
    client = keys.client(base_uri=secure.url, proxy=via_tls(secure_proxy), verify=bundle)
    for _ in range(3):
        response = call("post", PATH, client=client, json={"a": "b" * 100_000})
        assert response.json()["target"] == TARGET
    for received in secure.requests:
        assert_covered(keys, received)
    (connect,) = secure_proxy.requests
    assert connect.line[:2] == ["CONNECT", f"127.0.0.1:{secure.port}"]


def test_an_http_origin_through_a_proxy_over_tls(keys, secure_proxy, signed, bundle):
    secure_proxy.respond(signed.json({"n": 1}))
    base_uri = "http://gateway.invalid/"
    client = keys.client(base_uri=base_uri, proxy=via_tls(secure_proxy), verify=bundle)
    with client:
        assert client.chain(PATH).post(json={"a": 1}).json() == {"n": 1}
    (received,) = secure_proxy.requests
    assert received.target == f"http://gateway.invalid{TARGET}"
    assert received.headers["proxy-authorization"] == LOGIN


@pytest.mark.usefixtures("nothing_left_open")
def test_the_certificate_is_checked_through_a_proxy_over_tls(keys, secure_proxy, secure, bundle):
    secure_proxy.each(tunnelling)
    base_uri = secure.url.replace("127.0.0.1", "localhost")
    client = keys.client(base_uri=base_uri, proxy=via_tls(secure_proxy), verify=bundle)
    with pytest.raises(TransportError, match="TLS failed.*localhost") as caught:
        client.chain(PATH).post(json={}, retry=None)
    assert caught.value.sent is False
    assert secure.requests == []


@pytest.mark.usefixtures("nothing_left_open")
@pytest.mark.parametrize("end", [[head(200), Do.STALL], [head(200), Do.CLOSE], [Do.STALL]])
def test_a_proxy_over_tls_that_falls_silent(keys, secure_proxy, bundle, end):
    secure_proxy.respond(*end)
    proxy, base_uri = via_tls(secure_proxy), "https://gateway.invalid/"
    client = keys.client(base_uri=base_uri, proxy=proxy, verify=bundle, timeout=(0.3, 5))
    with pytest.raises(TransportError, match="Nothing was sent") as caught:
        client.chain(PATH).post(json={}, retry=None)
    assert caught.value.sent is False


@pytest.mark.usefixtures("nothing_left_open")
@pytest.mark.parametrize("end", [Do.CLOSE, Do.STALL])
def test_a_response_cut_off_through_a_proxy_over_tls(keys, secure_proxy, secure, bundle, end):
    secure_proxy.each(tunnelling)
    secure.respond(http(200, b"half", length=100), end)
    proxy = via_tls(secure_proxy)
    client = keys.client(base_uri=secure.url, proxy=proxy, verify=bundle, timeout=(5, 0.3))
    with pytest.raises(TransportError, match="query before you send it again") as caught:
        client.chain(PATH).post(json={}, retry=None)
    assert caught.value.sent is None


@only_default
@pytest.mark.parametrize("more", [b"x", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_a_proxy_that_says_more_than_that_it_connects(keys, proxy, raises, more):
    """What stands behind its response would be taken for the server's."""
    proxy.respond(head(200) + more, Do.STALL)
    client = keys.client(base_uri="https://gateway.invalid/", proxy=via(proxy))
    with raises(TransportError, "the proxy sent data after its response to", "Nothing was sent"):
        client.chain(PATH).post(json={}, retry=None)
