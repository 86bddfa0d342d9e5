"""Two hosts for one service: where nothing could be sent to one, the other is tried at once."""

from __future__ import annotations

import socket

import pytest

from wechatpay_chain import ConfigurationError, Retry, ServerError, TransportError
from wechatpay_chain.middleware import failover
from wechatpay_chain.middleware.failover import BACKUP_BASE_URI, MAIN_ORIGIN, failover_of

from .responses import http
from .server import Server

PATH = "v3/certificates"
PAY = ("post", "v3/marketing/favor/callbacks", {"json": {"notify_url": "https://x.cn/"}})


@pytest.fixture
def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.fixture
def client(keys, server, closed_port):
    return keys.client(
        base_uri=f"http://127.0.0.1:{closed_port}/",
        backup_base_uri=server.url,
        retry=Retry(attempts=3, initial=60),  # would be felt
        timeout=(5, 5),
    )


def test_what_could_not_be_sent_goes_to_the_other_host_at_once(call, client, server, signed):
    server.each(lambda _: [signed.json({"n": 1})])
    verb, path, options = PAY
    assert call(verb, path, client=client, **options).json() == {"n": 1}
    (received,) = server.requests
    assert received.headers["user-agent"].endswith("(backup 127.0.0.1)")
    assert received.headers["host"] == f"127.0.0.1:{server.port}"


def test_a_host_that_could_not_be_reached_is_left_alone_for_a_minute(
    call, client, server, closed_port, signed
):
    server.each(lambda _: [signed.json({})])
    call("get", PATH, client=client)
    main = f"http://127.0.0.1:{closed_port}"
    assert set(client._transport.unreachable) == {main}
    response = call("get", PATH, client=client, retry=None)  # one attempt: straight to the other
    assert response.request.origin == server.url.rstrip("/")
    client._transport.unreachable[main] -= failover.AVOIDED  # a minute later
    with pytest.raises(TransportError) as caught:
        call("get", PATH, client=client, retry=None)
    assert caught.value.sent is False
    assert caught.value.request.origin == main


def test_what_was_sent_stays_with_its_host(call, keys, server, signed):
    with Server() as other:
        other.respond(signed.json({}))
        client = keys.client(
            base_uri=server.url, backup_base_uri=other.url, retry=Retry(attempts=2, initial=0)
        )
        server.each(lambda _: [http(500, b"")])
        with pytest.raises(ServerError):
            call("get", PATH, client=client)
        assert (len(server.requests), len(other.requests)) == (2, 0)


def test_where_both_are_down_the_error_tells_of_both(call, keys, closed_port):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        other = listener.getsockname()[1]
    uris = [f"http://127.0.0.1:{port}" for port in (closed_port, other)]
    client = keys.client(
        base_uri=uris[0], backup_base_uri=uris[1], retry=Retry(attempts=2, initial=0)
    )
    with pytest.raises(TransportError) as caught:
        call("get", PATH, client=client)
    assert [each.origin for each in caught.value.attempts] == uris


def test_clients_of_one_transport_learn_from_each_other(call, client, keys, server, signed):
    server.each(lambda _: [signed.json({})])
    call("get", PATH, client=client)
    second = keys.client(
        base_uri=str(client._defaults.base_uri),
        backup_base_uri=server.url,
        transport=client._transport,
        timeout=(5, 5),
    )
    assert call("get", PATH, client=second).ok  # it makes one attempt


def test_the_default_counts_for_the_main_host_alone():
    assert failover_of(BACKUP_BASE_URI, f"{MAIN_ORIGIN}/", None).is_on
    assert not failover_of(BACKUP_BASE_URI, f"{MAIN_ORIGIN}/hk/", None).is_on
    assert not failover_of(BACKUP_BASE_URI, "https://apihk.mch.weixin.qq.com/", None).is_on
    assert not failover_of(BACKUP_BASE_URI, "http://127.0.0.1:8080/", None).is_on
    assert not failover_of(None, f"{MAIN_ORIGIN}/", None).is_on
    assert failover_of("https://api2.wechatpay.cn/", f"{MAIN_ORIGIN}/", None).is_on
    assert not failover_of(f"{MAIN_ORIGIN}/", f"{MAIN_ORIGIN}/", None).is_on


@pytest.mark.parametrize(
    "uri",
    [
        "https://evil.example/",
        "https://api2.mch.weixin.qq.com.evil.example/",
        "https://evil.example\\.weixin.qq.com/",
        "http://api2.mch.weixin.qq.com/",
        "https://api2.mch.weixin.qq.com/global/",
        "api2.mch.weixin.qq.com",
        "",
        7,
        True,
    ],
)
def test_a_backup_that_is_not_to_be_trusted(keys, uri):
    with pytest.raises(ConfigurationError, match="backup_base_uri"):
        keys.client(base_uri=f"{MAIN_ORIGIN}/", backup_base_uri=uri)
