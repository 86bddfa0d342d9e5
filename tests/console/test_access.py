"""Access to the console, and restrictions of its pages: headers, hosts, origins."""

from __future__ import annotations

import re
from importlib import resources
from unittest.mock import Mock

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from wechatpay_chain.gateway import console
from wechatpay_chain.gateway.console import guard
from wechatpay_chain.gateway.console.events import Streams
from wechatpay_chain.gateway.server.access.control import ACCESS, ControlAccess

from .support import HTML, ask, order, page

PATHS = [
    "_gateway/",
    "_gateway/events",
    "_gateway/orders",
    "_gateway/orders/1",
    "_gateway/console/products",
    "_gateway/console/records",
    "_gateway/console/records/refunds/1",
    "_gateway/console/timeline/1",
    "_gateway/console/search?q=1",
    "_gateway/console/money",
    "_gateway/console/bills",
    "_gateway/console/bills/trade-ALL",
    "_gateway/console/bills/trade-ALL/file",
    "_gateway/console/requests",
    "_gateway/console/requests/1",
    "_gateway/console/notifications",
    "_gateway/console/notifications/1",
    "_gateway/console/client",
    "_gateway/console/client/keys",
    "_gateway/console/client/files/apiclient_key.pem",
    "_gateway/console/webhooks",
    "_gateway/console/webhooks/v3/TRANSACTION.SUCCESS",
]
OPEN = ("/pay/", "/static/", "/favicon.ico", "/_gateway/{path:.*}")
FOLDER = resources.files(console)
STATIC = sorted(each.name for each in FOLDER.joinpath("static").iterdir())


def test_the_list_above_is_all_there_is(gateway):
    routes = {route.path for route in console.routes(gateway, Streams(gateway.state))}
    guarded = {path for path in routes if not any(each in path for each in OPEN)} - {"/_gateway"}
    assert len(guarded) == len(PATHS)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "headers",
    [{"Host": "evil.example"}, {"Host": "evil.example:80"}, {"Origin": "http://evil.example"}],
)
def test_a_page_elsewhere_learns_nothing(path, headers, gateway):
    reply = ask(gateway, path, headers=headers)
    assert reply.status == 403
    assert set(reply.json()) == {"error"}


def test_a_person_is_told_in_words(gateway):
    reply = page(gateway, "_gateway/", Host="evil.example")
    assert reply.status == 403
    assert "Local access only" in reply.text
    assert "Open the console" not in reply.text


def from_elsewhere(path, **headers):
    transport = Mock()
    transport.get_extra_info = lambda name, default=None: (
        ("192.168.1.9", 5) if name == "peername" else default
    )
    given = {"Host": "192.168.1.5:8790", **headers}
    app = web.Application()
    app[ACCESS] = ControlAccess()
    return make_mocked_request("GET", path, headers=given, transport=transport, app=app)


async def test_another_machine_is_refused():
    async def secret(_: web.Request) -> web.Response:
        return web.Response(text="secret")

    reply = await guard.local(secret)(from_elsewhere("/_gateway/orders"))
    assert reply.status == 403
    assert b"secret" not in reply.body


def test_a_telephone_may_open_a_cashier_and_press_its_buttons(gateway, wxpay):
    new = order(gateway, wxpay)
    lan = {"Host": "192.168.1.5:8790"}
    shown = page(gateway, new["address"], **lan)
    assert shown.status == 200
    assert f"http://192.168.1.5:8790/_gateway/pay/{new['address'].rpartition('/')[2]}" in shown.text
    paid = ask(
        gateway,
        f"{new['address']}/pay",
        "POST",
        headers={**HTML, **lan, "Origin": "http://192.168.1.5:8790"},
    )
    assert (paid.status, 'data-state="SUCCESS"' in paid.text) == (200, True)


def test_a_reader_from_elsewhere_gets_no_way_to_the_console(gateway, wxpay):
    address = order(gateway, wxpay)["address"]
    assert "/_gateway/#/orders/" in page(gateway, address).text
    assert "/_gateway/#/orders/" not in page(gateway, address, Host="pay.example").text


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", ""])
@pytest.mark.parametrize("action", ["pay", "fail", "expire"])
def test_another_site_cannot_press_a_button(origin, action, gateway, wxpay):
    new = order(gateway, wxpay)
    reply = ask(gateway, f"{new['address']}/{action}", "POST", headers={**HTML, "Origin": origin})
    assert reply.status == 403
    assert gateway.state.store.get("order", new["number"])["state"] == "NOTPAY"


def test_behind_a_proxy_that_ends_tls_the_origins_scheme_is_another(gateway, wxpay):
    new = order(gateway, wxpay)
    headers = {**HTML, "Host": "x.tunnel.example", "Origin": "https://x.tunnel.example"}
    assert ask(gateway, f"{new['address']}/pay", "POST", headers=headers).status == 200


@pytest.mark.parametrize("path", [*PATHS[:1], *PATHS[2:], "_gateway/nothing", "_gateway/pay/x"])
def test_every_answer_says_what_a_page_may_load(path, gateway):
    for headers in ({}, HTML):
        reply = ask(gateway, path, headers=headers)
        policy = reply.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'self';")
        assert "unsafe" not in policy
        assert "*" not in policy
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert reply.headers["X-Frame-Options"] == "DENY"
        assert reply.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("name", STATIC)
def test_static_files(name, gateway):
    reply = ask(gateway, f"_gateway/static/{name}")
    assert reply.status == 200
    kind = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}
    assert reply.headers["Content-Type"] == f"{kind[name.rpartition('.')[2]]}; charset=utf-8"
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    same = ask(gateway, f"_gateway/static/{name}", headers={"If-None-Match": reply.headers["ETag"]})
    assert (same.status, same.text) == (304, "")
    assert len(reply.text.splitlines()) <= 800


@pytest.mark.parametrize(
    "name", ["..%2fpages.py", "%2e%2e/pages.py", "nothing.js", "pages.py", "..", "%00.js", "x.css"]
)
def test_nothing_else_is_a_static_file(name, gateway):
    assert ask(gateway, f"_gateway/static/{name}").status in (400, 404)


@pytest.mark.parametrize("name", [*(f"static/{each}" for each in STATIC)])
def test_nothing_is_loaded_from_elsewhere(name):
    text = FOLDER.joinpath(name).read_text("utf-8")
    found = re.findall(r"(?:https?:)?//[\w.-]+", re.sub(r"(?m)^\s*//.*$|[;)}] //.*$", "", text))
    assert {each for each in found if "w3.org" not in each and "127.0.0.1" not in each} == set()


@pytest.mark.parametrize("name", ["console.html", "cashier.html", "message.html"])
def test_no_page_has_a_script_or_a_style_of_its_own(name):
    text = FOLDER.joinpath("templates", name).read_text("utf-8")
    assert re.findall(r"<script(?![^>]* src=)[^>]*>|<style|\sstyle=|\son\w+=", text) == []
    assert all(each.startswith("/_gateway/") for each in re.findall(r'src="([^"]*)"', text))


def test_scripts_make_no_html_of_strings():
    for name in STATIC:
        text = FOLDER.joinpath("static", name).read_text("utf-8")
        for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
            assert word not in text, name


@pytest.mark.parametrize(
    "host", ["", "a b", "[::1", "[::1]:0", "127.0.0.1:x", "127.0.0.1:99999", "<b>", "\xff", "."]
)
def test_a_host_that_is_none(host, gateway, wxpay):
    address = order(gateway, wxpay)["address"]
    for path in ("_gateway/", "_gateway/orders", address):
        reply = page(gateway, path, Host=host)
        assert reply.status in (200, 400, 403), path
        assert "<b>" not in reply.text


def test_the_language_of_the_console(gateway):
    for header, tag in (("zh-CN,zh;q=0.9", "zh-CN"), ("en-GB", "en")):
        text = page(gateway, "_gateway/", **{"Accept-Language": header}).text
        assert f'<html lang="{tag}">' in text


def test_the_console_is_a_folder(gateway):
    reply = ask(gateway, "_gateway")
    assert (reply.status, reply.headers["Location"]) == (308, "/_gateway/")


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_an_address_below_the_console_that_is_none(method, gateway):
    assert ask(gateway, "_gateway/nothing/here", method).json()["error"]
    shown = ask(gateway, "_gateway/nothing/here", method, headers=HTML)
    assert (shown.status, "<h1>Page not found</h1>" in shown.text) == (404, True)
    assert "Open the console" in shown.text


def test_looking_is_not_logged_as_a_request(gateway):
    for path in (*PATHS[:1], *PATHS[2:], "favicon.ico", "_gateway/nothing", "_gateway/static/x"):
        ask(gateway, path)
    assert gateway.state.log.all() == []
    assert ask(gateway, "favicon.ico").headers["Content-Type"].startswith("image/svg+xml")
