"""A gateway for other machines: control token, public URL, keys in `gateway.json`."""

from __future__ import annotations

import http.client
import json
import re
import socket
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from tests.gateway.support import new_number, order
from wechatpay_chain import ConfigurationError, WeChatPay
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway.server.access.control import COOKIE
from wechatpay_chain.merchants import Merchants

TOKEN = "0123456789abcdefABCDEF-._~"
ELSEWHERE = {"Host": "gateway.example:8790"}


def ask(gateway: Gateway, method: str, path: str, **headers: str) -> http.client.HTTPResponse:
    at = urlsplit(gateway.base_uri)
    connection = http.client.HTTPConnection(at.hostname or "", at.port, timeout=10)
    connection.request(method, f"/_gateway/{path}", headers=headers)
    response = connection.getresponse()
    response.read()
    connection.close()
    return response


@pytest.fixture
def guarded(identity: Any) -> Any:
    with Gateway(identity=identity, control_token=TOKEN) as gateway:
        yield gateway


# --- the control token -------------------------------------------------------------------------


def test_whoever_has_the_token_controls_the_gateway_from_anywhere(guarded: Gateway) -> None:
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    for headers in (ELSEWHERE, {**ELSEWHERE, "X-Forwarded-For": "203.0.113.9"}, {}):
        assert ask(guarded, "GET", "health", **headers, **bearer).status == 200
        assert ask(guarded, "GET", "", **headers, **bearer).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": f"Bearer {TOKEN[:-1]}"},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": f"Bearer {TOKEN.lower()}"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": TOKEN},
        {"Cookie": f"{COOKIE}={TOKEN}"},
        {"Cookie": f"{COOKIE}="},
        {"Cookie": f"{COOKIE}=\xff"},
        {"X-Control-Token": TOKEN},
    ],
    ids=str,
)
def test_without_the_token_not_even_this_machine_does(
    guarded: Gateway, headers: dict[str, str]
) -> None:
    for path in ("health", "gateway.json", "requests", "", f"?token={TOKEN[:-1]}"):
        assert ask(guarded, "GET", path, **headers).status == 403
    assert ask(guarded, "POST", "clock", **headers).status == 403


def test_a_browser_has_the_token_once_in_the_url(guarded: Gateway) -> None:
    opened = ask(guarded, "GET", f"?token={quote(TOKEN)}", **ELSEWHERE)
    assert (opened.status, opened.headers["Location"]) == (303, "/_gateway/")
    cookie = opened.headers["Set-Cookie"]
    assert TOKEN not in cookie
    for attribute in ("HttpOnly", "SameSite=Strict", "Path=/_gateway/"):
        assert attribute in cookie
    kept = {"Cookie": cookie.partition(";")[0], **ELSEWHERE}
    assert ask(guarded, "GET", "", **kept).status == 200
    assert ask(guarded, "GET", "health", **kept).status == 200
    own = {"Origin": "http://gateway.example:8790"}
    assert ask(guarded, "POST", "keys/rotate", **kept, **own).status == 200
    for foreign in ("https://evil.example", "null", "http://gateway.example"):
        assert ask(guarded, "POST", "keys/rotate", **kept, Origin=foreign).status == 403
    twice = ask(guarded, "GET", f"?token={quote(TOKEN)}&token=x", **ELSEWHERE)
    assert twice.status == 403


def test_a_cookie_of_another_gateway_opens_nothing(guarded: Gateway, identity: Any) -> None:
    with Gateway(identity=identity, control_token=TOKEN[::-1]) as other:
        cookie = ask(other, "GET", f"?token={quote(TOKEN[::-1])}").headers["Set-Cookie"]
    assert ask(guarded, "GET", "health", Cookie=cookie.partition(";")[0]).status == 403


def test_the_api_needs_no_token(guarded: Gateway) -> None:
    with guarded.client() as wxpay:
        assert wxpay.v3.certificates.get().verified


@pytest.mark.parametrize(
    "token", ["", "short", "x" * 15, "x" * 201, "0123456789abcdef ", "0123456789abcdé\n", 5]
)
def test_a_token_that_cannot_be(token: Any) -> None:
    with pytest.raises(ValueError, match="control_token") as caught:
        Gateway(control_token=token)
    assert not token or f"{token}" not in f"{caught.value}"


def test_without_a_token_nobody_elsewhere_controls_it(gateway: Gateway) -> None:
    for headers in ({}, {"Authorization": f"Bearer {TOKEN}"}):
        assert ask(gateway, "GET", "health", **ELSEWHERE, **headers).status == 403
    assert ask(gateway, "GET", f"?token={TOKEN}", **ELSEWHERE).status == 403


# --- the public address ------------------------------------------------------------------------


def test_a_public_address_is_what_clients_are_told(identity: Any, tmp_path: Path) -> None:
    with Gateway(identity=identity, public_url="http://gateway.example:9000/") as gateway:
        described = gateway.describe(inline_keys=True)
        port = urlsplit(gateway.tls_base_uri).port
        assert described["base_uri"] == "http://gateway.example:9000/"
        assert described["tls_base_uri"] == f"https://gateway.example:{port}/"
        assert described["console"] == "http://gateway.example:9000/_gateway/"
        with gateway.client() as wxpay:
            made = wxpay.v3.pay.transactions.native.post(json=order(gateway)).json()
            assert made["code_url"].startswith("http://gateway.example:9000/")
        assert ask(gateway, "GET", "health", Host="gateway.example:9000").status == 200
    with Gateway(identity=identity, public_url="https://gateway.example") as gateway:
        described = gateway.describe(inline_keys=True)
        assert described["tls_base_uri"] == described["base_uri"] == "https://gateway.example/"


def test_the_certificate_is_for_the_public_name(identity: Any) -> None:
    with Gateway(identity=identity, public_url="http://gateway.example:9000") as gateway:
        described = gateway.describe(inline_keys=True)
        at = urlsplit(gateway.tls_base_uri)
        context = ssl.create_default_context(cadata=described["ca"])
        for name in ("gateway.example", "localhost"):
            with (
                socket.create_connection((at.hostname, at.port)) as plain,
                context.wrap_socket(plain, server_hostname=name) as secure,
            ):
                assert secure.version()


@pytest.mark.parametrize(
    "url",
    [
        "gateway:8790",
        "ftp://gateway/",
        "http://",
        "http://user@gateway/",
        "http://gateway/path",
        "http://gateway/?a=b",
        "http://gateway:99999/",
        "http://gate way/",
        "http://gateway\\@evil/",
    ],
)
def test_an_address_that_cannot_be(url: str) -> None:
    with pytest.raises(ValueError, match="public_url"):
        Gateway(public_url=url)


# --- keys in the description -------------------------------------------------------------------


def test_a_client_is_made_of_a_file_with_keys(identity: Any, tmp_path: Path) -> None:
    with Gateway(data=tmp_path / "data", inline_keys=True) as gateway:
        gateway.add_merchant(mchid="1900000999")
        text = (tmp_path / "data" / "gateway.json").read_text("utf-8")
        assert str(tmp_path) not in text
        elsewhere = tmp_path / "elsewhere.json"
        elsewhere.write_text(text, "utf-8")
        for tls in (False, True):
            with WeChatPay.from_gateway(elsewhere, tls=tls, mchid="1900000999") as wxpay:
                assert wxpay.v3.certificates.get().verified
            with Merchants.from_gateway(elsewhere, tls=tls) as merchants:
                assert merchants[gateway.identity.mchid].v3.certificates.get().verified
        assert (tmp_path / "data" / ".gitignore").read_text() == "*\n"


def test_a_client_is_made_of_an_address(guarded: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    guarded.add_merchant(mchid="1900000888")
    url = guarded.base_uri
    with pytest.raises(ConfigurationError, match="control token"):
        WeChatPay.from_gateway(url)
    with WeChatPay.from_gateway(f"{url}?token={quote(TOKEN)}", tls=True) as wxpay:
        assert wxpay.v3.certificates.get().verified
    environ = {"WECHATPAY_GATEWAY": url, "WECHATPAY_MCHID": "1900000888"}
    monkeypatch.setenv("WECHATPAY_CONTROL_TOKEN", TOKEN)
    with WeChatPay.from_env(environ) as wxpay:
        assert wxpay.v3.certificates.get().verified
        assert "1900000888" in repr(wxpay)
    with Merchants.from_gateway(url) as merchants:
        assert merchants["1900000888"].v3.certificates.get().verified


def test_it_is_reached_as_it_was_named(guarded: Gateway) -> None:
    port = urlsplit(guarded.base_uri).port
    url = f"http://localhost:{port}/?token={quote(TOKEN)}"
    with WeChatPay.from_gateway(url) as wxpay:
        seen = wxpay.v3.certificates.get()
        assert seen.request.origin == f"http://localhost:{port}"


def test_the_environment_names_a_file(tmp_path: Path) -> None:
    with Gateway(data=tmp_path) as gateway:
        environ = {
            "WECHATPAY_GATEWAY": str(tmp_path / "gateway.json"),
            "WECHATPAY_PRIVATE_KEY": "/nowhere.pem",  # the gateway has all keys
        }
        with WeChatPay.from_env(environ) as wxpay:
            made = order(gateway, out_trade_no=new_number())
            assert wxpay.v3.pay.transactions.native.post(json=made).verified
            assert wxpay.notify_url is None
        own = {"WECHATPAY_NOTIFY_URL": "https://shop.example/notify"}
        with WeChatPay.from_env({**environ, **own}) as wxpay:
            assert wxpay.notify_url == "https://shop.example/notify"
        with WeChatPay.from_env({**environ, **own}, notify_url="https://a.example/") as wxpay:
            assert wxpay.notify_url == "https://a.example/"
        with pytest.raises(ConfigurationError, match="has no merchant 1900000001"):
            WeChatPay.from_env({**environ, "WECHATPAY_MCHID": "1900000001"})


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://127.0.0.1:1/", "no gateway responds"),
        ("http://127.0.0.1:1/path", "more than a token"),
        ("http://127.0.0.1:1/?a=b", "more than a token"),
        ("http://user:secret@127.0.0.1:1/", "user"),
        ("https://", "host"),
    ],
)
def test_an_address_where_no_gateway_is(url: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        WeChatPay.from_env({"WECHATPAY_GATEWAY": url})
    assert "secret" not in str(caught.value)


def test_no_error_shows_a_token(guarded: Gateway) -> None:
    wrong = TOKEN[::-1]
    with pytest.raises(ConfigurationError) as caught:
        WeChatPay.from_gateway(f"{guarded.base_uri}?token={wrong}")
    assert wrong not in str(caught.value)
    assert re.search(r"http://127\.0\.0\.1:\d+/", str(caught.value))


def test_the_control_api_describes_the_gateway(guarded: Gateway) -> None:
    at = urlsplit(guarded.base_uri)
    connection = http.client.HTTPConnection(at.hostname or "", at.port, timeout=10)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    connection.request("GET", "/_gateway/gateway.json", headers=headers)
    described = json.loads(connection.getresponse().read())
    connection.close()
    assert described == json.loads(json.dumps(guarded.describe(inline_keys=True)))
