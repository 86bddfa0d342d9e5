"""Nobody but this machine reaches what the gateway keeps for this machine.

A reverse proxy or a tunnel here makes connections from 127.0.0.1 for the whole world, and a page on
the web can have a browser here ask.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.security.attacker import request
from wechatpay_chain.gateway import Gateway, program
from wechatpay_chain.gateway.store.identity import Identity

KEY = "/_gateway/console/client/files/apiclient_key.pem"
LOCAL = [
    KEY,
    "/_gateway/console/client/keys",
    "/_gateway/console/requests",
    "/_gateway/orders",
    "/_gateway/events",
    "/_gateway/health",
    "/_gateway/notifications",
    "/_gateway/",
]
FORWARDED = [
    ("Forwarded", "for=8.8.8.8"),
    ("forwarded", ""),
    ("X-Forwarded-For", "8.8.8.8"),
    ("X-Forwarded-For", "127.0.0.1"),
    ("x-forwarded-host", "shop.example"),
    ("X-Forwarded-Proto", "https"),
    ("X-Forwarded-Port", "443"),
    ("X-Forwarded-Server", "proxy"),
    ("X-Forwarded-Anything", "1"),
    ("X-Forwarded", "1"),
    ("X_Forwarded_For", "8.8.8.8"),
    ("X-Real-IP", "8.8.8.8"),
    ("X-REAL-IP", "127.0.0.1"),
    ("Via", "1.1 vegur"),
    ("X-Client-IP", "8.8.8.8"),
    ("True-Client-IP", "8.8.8.8"),
    ("CF-Connecting-IP", "8.8.8.8"),
    ("CF-Ray", "230b030023ae2822-SJC"),
    ("CDN-Loop", "cloudflare"),
    ("X-Original-URL", "/"),
    ("X-Original-Host", "shop.example"),
    ("X-Cluster-Client-IP", "8.8.8.8"),
    ("Fastly-Client-IP", "8.8.8.8"),
    ("Proxy-Connection", "keep-alive"),
    ("X-Envoy-External-Address", "8.8.8.8"),
    ("X-Amzn-Trace-Id", "Root=1-67891233-abcdef012345678912345678"),
    ("X-ProxyUser-Ip", "8.8.8.8"),
    ("Tailscale-User-Login", "somebody"),
]


@pytest.fixture(scope="module")
def gateway(wechatpay_identity: Identity) -> Iterator[Gateway]:
    with Gateway(identity=wechatpay_identity) as gateway:
        yield gateway


def test_this_machine_gets_its_key(gateway: Gateway) -> None:
    answer = request(gateway, KEY)
    assert (answer.status, b"PRIVATE KEY" in answer.body) == (200, True)


@pytest.mark.parametrize("field", FORWARDED, ids=": ".join)
def test_what_a_proxy_forwards_is_not_local(gateway: Gateway, field: tuple[str, str]) -> None:
    for tls in (False, True):
        answer = request(gateway, KEY, [field], tls=tls)
        assert (answer.status, b"PRIVATE" in answer.body) == (403, False)


@pytest.mark.parametrize("path", LOCAL)
def test_no_local_page_is_forwarded(gateway: Gateway, path: str) -> None:
    assert request(gateway, path, [("X-Forwarded-For", "8.8.8.8")]).status == 403


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/_gateway/keys/rotate"),
        ("POST", "/_gateway/faults"),
        ("POST", "/_gateway/clock"),
        ("POST", "/_gateway/transactions/1/pay"),
        ("DELETE", "/_gateway/faults"),
    ],
)
@pytest.mark.parametrize(
    "field",
    [("X-Real-IP", "8.8.8.8"), ("Origin", "https://evil.example"), ("Sec-Fetch-Site", "same-site")],
)
def test_nothing_is_steered_from_elsewhere(
    gateway: Gateway, method: str, path: str, field: tuple[str, str]
) -> None:
    before = gateway.identity.public_key_id
    assert request(gateway, path, [field], method=method, body=b"{}").status == 403
    assert gateway.identity.public_key_id == before
    assert gateway.faults.all() == []


@pytest.mark.parametrize(
    "host",
    [
        "shop.example",
        "8.8.8.8",
        "8.8.8.8:8790",
        "192.168.1.5",
        "10.0.0.1:80",
        "[2001:db8::1]",
        "[::ffff:8.8.8.8]",
        "0.0.0.0",
        "127.0.0.1.nip.io",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "evil.localhost.example",
        "2130706433",
        "0x7f.1",
    ],
)
def test_a_host_that_is_not_loopbacks_is_not_local(gateway: Gateway, host: str) -> None:
    assert request(gateway, KEY, host=host).status == 403


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1", "127.8.8.8", "[::1]:9"])
def test_a_host_of_this_machine_is_local(gateway: Gateway, host: str) -> None:
    assert request(gateway, KEY, host=host).status == 200


@pytest.mark.parametrize(
    ("target", "host"),
    [
        (f"http://127.0.0.1{KEY}", "evil.example"),
        (f"http://evil.example{KEY}", "127.0.0.1"),
        (f"http://evil.example{KEY}", "evil.example@127.0.0.1"),
        (f"http://127.0.0.1:1{KEY}", "127.0.0.1:2"),
        (f"http://127.0.0.1@evil.example{KEY}", "127.0.0.1"),
        (f"ftp://127.0.0.1{KEY}", "127.0.0.1"),
        (f"http://{KEY}", "127.0.0.1"),
        (f"http://127.0.0.1{KEY}", None),
    ],
)
def test_an_absolute_target_agrees_with_host(
    gateway: Gateway, target: str, host: str | None
) -> None:
    version = "1.0" if host is None else "1.1"
    answer = request(gateway, target, host=host, version=version)
    assert (answer.status, b"PRIVATE" in answer.body) == (400, False)


def test_an_absolute_target_that_agrees_is_served(gateway: Gateway) -> None:
    host = urlsplit(gateway.base_uri).netloc
    assert request(gateway, f"http://{host}{KEY}").status == 200
    assert request(gateway, f"HTTP://{host.upper()}/v3/certificates").status == 401
    assert gateway.state.log.all(1)[0]["target"] == "/v3/certificates"


@pytest.mark.parametrize("hosts", [("127.0.0.1", "evil.example"), ("evil.example", "127.0.0.1")])
def test_two_hosts_are_none(gateway: Gateway, hosts: tuple[str, str]) -> None:
    answer = request(gateway, KEY, [("Host", hosts[1])], host=hosts[0])
    assert (answer.status, b"PRIVATE" in answer.body) == (400, False)


def test_what_nginx_forwards_without_being_told_how_is_not_local(gateway: Gateway) -> None:
    """`proxy_pass` alone speaks HTTP/1.0 with the gateway's own address as `Host`."""
    assert request(gateway, KEY, version="1.0").status == 403
    assert request(gateway, KEY, version="1.0", host=None).status == 403


@pytest.mark.parametrize(
    "fields",
    [
        [("Origin", "https://evil.example")],
        [("Origin", "null")],
        [("Origin", "http://127.0.0.1")],
        [("Origin", "http://127.0.0.1:1")],
        [("Origin", "http://localhost.evil.example")],
        [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "no-cors")],
        [("Sec-Fetch-Site", "same-site"), ("Sec-Fetch-Mode", "cors")],
        [
            ("Sec-Fetch-Site", "cross-site"),
            ("Sec-Fetch-Mode", "navigate"),
            ("Sec-Fetch-Dest", "iframe"),
        ],
    ],
    ids=str,
)
def test_a_page_elsewhere_reaches_nothing(gateway: Gateway, fields: list[tuple[str, str]]) -> None:
    assert request(gateway, KEY, fields).status == 403
    for path in ("/v3/certificates", "/pay/unifiedorder"):
        answer = request(gateway, path, fields, method="POST", body=b"x" * 1000)
        assert answer.status == 403
        shown = gateway.state.log.all(1)[0]
        assert (shown["target"], shown["body"], shown["status"]) == (path, "", 403)


def test_a_page_with_a_name_that_leads_here_is_elsewhere(gateway: Gateway) -> None:
    """DNS rebinding: the page's origin and `Host` agree, and are both the attacker's."""
    port = urlsplit(gateway.base_uri).port
    fields = [("Origin", f"http://evil.example:{port}"), ("Sec-Fetch-Site", "same-origin")]
    for path in (KEY, "/v3/certificates"):
        assert request(gateway, path, fields, host=f"evil.example:{port}").status == 403


def test_its_own_page_and_a_link_to_it_are_served(gateway: Gateway) -> None:
    at = urlsplit(gateway.base_uri).netloc
    own = [("Origin", f"http://{at}"), ("Sec-Fetch-Site", "same-origin")]
    assert request(gateway, "/_gateway/faults", own, method="DELETE").status == 204
    link = [
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Mode", "navigate"),
        ("Sec-Fetch-Dest", "document"),
    ]
    assert request(gateway, "/_gateway/", link).status == 200


def test_the_name_that_it_listens_by_is_its_own(wechatpay_identity: Identity) -> None:
    with Gateway("127.0.0.2", identity=wechatpay_identity) as gateway:
        assert request(gateway, KEY).status == 200
        assert request(gateway, KEY, host="127.0.0.2").status == 200
        assert request(gateway, KEY, host="shop.example").status == 403


def test_what_is_answered_here_is_not_for_other_pages(gateway: Gateway) -> None:
    head = request(gateway, "/_gateway/health").head
    for field in (
        "X-Content-Type-Options: nosniff",
        "Cross-Origin-Resource-Policy: same-origin",
        "Cache-Control: no-store",
    ):
        assert field in head


def test_a_proxy_is_warned_of() -> None:
    said: list[str] = []

    def tell(text: str) -> None:
        said.append(text)
        threading.Thread(target=os.kill, args=(os.getpid(), signal.SIGTERM)).start()

    program.run(program.Settings(port=0, tls_port=0), tell, said.append)
    warned = said[0].partition("through a proxy or tunnel")[2]
    assert "X-Forwarded-For" in warned
    assert "apiclient_key.pem" in warned
