"""Waiting for notifications, and direct delivery to an application."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.gateway.support import NOBODY, order, paid
from tests.servers import NotificationServer
from wechatpay_chain import WeChatPay
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway.notifications.in_process import interface_of
from wechatpay_chain.gateway.store.identity import Identity

SHOP = "http://shop.example/notify/%E4%B8%AD?a=1"
NATIVE = "v3/pay/transactions/native"


@pytest.fixture
def gateway(identity: Identity) -> Iterator[Gateway]:
    """A separate gateway without notifications of other tests."""
    with Gateway(identity=identity, time_scale=0.001) as gateway:
        yield gateway


def create(gateway: Gateway, wxpay: WeChatPay, **changes: Any) -> str:
    made = order(gateway, **changes)
    wxpay[NATIVE].post(json=made)
    return str(made["out_trade_no"])


# --- waiting -----------------------------------------------------------------------------------


def test_it_waits_until_the_receiver_has_acknowledged(gateway: Gateway, wxpay: WeChatPay) -> None:
    with NotificationServer() as server:
        first = create(gateway, wxpay, notify_url=server.url)
        second = create(gateway, wxpay, notify_url=server.url)
        gateway.pay(first)
        gateway.pay(second)
        notice = gateway.wait_for("TRANSACTION.SUCCESS", out_trade_no=first)
        assert notice["resource"]["out_trade_no"] == first
        assert notice["attempts"][-1]["acknowledged"]
        again = gateway.wait_for("TRANSACTION.SUCCESS", out_trade_no=first, total=100)
        assert again["id"] == notice["id"]  # `total` is a member of `amount`


def test_an_order_that_is_paid_meanwhile(gateway: Gateway, wxpay: WeChatPay) -> None:
    with NotificationServer() as server:
        number = create(gateway, wxpay, notify_url=server.url)
        payer = threading.Thread(target=gateway.pay, args=(number,))
        payer.start()
        assert gateway.wait_for("TRANSACTION.SUCCESS", out_trade_no=number)["state"] == "DELIVERED"
        payer.join()


def test_what_has_not_come_is_said(gateway: Gateway, wxpay: WeChatPay) -> None:
    number = create(gateway, wxpay, notify_url=NOBODY)
    with pytest.raises(TimeoutError, match=r"no REFUND\.SUCCESS with out_refund_no='1' in 0 s"):
        gateway.wait_for("REFUND.SUCCESS", timeout=0, out_refund_no="1")
    gateway.pay(number)
    with pytest.raises(TimeoutError, match=f"was not acknowledged.*{NOBODY}"):
        gateway.wait_for("TRANSACTION.SUCCESS", timeout=0.2, out_trade_no=number)
    assert gateway.state.log.listeners == set()


async def test_the_event_loop_goes_on(gateway: Gateway, wxpay: WeChatPay) -> None:
    with NotificationServer() as server:
        number = await asyncio.to_thread(create, gateway, wxpay, notify_url=server.url)
        waiting = asyncio.create_task(
            gateway.wait_for_async("TRANSACTION.SUCCESS", out_trade_no=number)
        )
        await asyncio.to_thread(gateway.pay, number)
        assert (await waiting)["event"] == "TRANSACTION.SUCCESS"


# --- applications ------------------------------------------------------------------------------


class ASGI:
    """An application that stores its notifications, and responds as configured."""

    def __init__(self, status: int = 204) -> None:
        self.status = status
        self.seen: list[tuple[Any, bytes, Any]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        message = await receive()
        self.seen.append((scope, message["body"], asyncio.get_running_loop()))
        await send({"type": "http.response.start", "status": self.status, "headers": []})
        await send({"type": "http.response.body", "body": b"{}", "more_body": False})


class WSGI:
    """The same for WSGI."""

    def __init__(self) -> None:
        self.seen: list[tuple[Any, bytes]] = []
        self.closed = 0

    def __call__(self, environ: Any, start_response: Any) -> Any:
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        self.seen.append((environ, body))
        write = start_response("200 OK", [])
        write(b"")
        app = self

        class Body:
            def __iter__(self) -> Any:
                yield b"{}"

            def close(self) -> None:
                app.closed += 1

        return Body()


def test_an_asgi_application_verifies_the_notification(gateway: Gateway, wxpay: WeChatPay) -> None:
    app = ASGI()
    with gateway.deliver_to(app):
        number = create(gateway, wxpay, notify_url=SHOP.partition("?")[0])
        gateway.pay(number)
        gateway.wait_for("TRANSACTION.SUCCESS", out_trade_no=number)
    ((scope, body, _),) = app.seen
    headers = {name.decode(): each.decode() for name, each in scope["headers"]}
    assert wxpay.notify(headers, body).resource["out_trade_no"] == number
    assert (scope["path"], scope["raw_path"]) == ("/notify/中", b"/notify/%E4%B8%AD")
    assert headers["host"] == "shop.example"
    gateway.resend(gateway.notifications()[0]["id"])
    assert len(app.seen) == 1  # the application receives no more


async def test_an_asgi_application_runs_on_the_loop_on_which_it_was_given(
    gateway: Gateway, wxpay: WeChatPay
) -> None:
    app = ASGI()
    with gateway.deliver_to(app, url="http://shop.example/"):
        number = create(gateway, wxpay, notify_url="http://shop.example/notify")
        gateway.pay(number)
        await gateway.wait_for_async("TRANSACTION.SUCCESS", out_trade_no=number)
    assert [loop for _, _, loop in app.seen] == [asyncio.get_running_loop()]


def test_a_wsgi_application(gateway: Gateway, wxpay: WeChatPay) -> None:
    app = WSGI()
    with gateway.deliver_to(app):
        number = create(gateway, wxpay, notify_url=SHOP.partition("?")[0])
        gateway.pay(number)
        gateway.wait_for("TRANSACTION.SUCCESS", out_trade_no=number)
    ((environ, body),) = app.seen
    assert wxpay.notify(environ, body).resource["out_trade_no"] == number
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/notify/中"
    assert app.closed == 1


def test_the_newest_application_that_takes_an_address_gets_it(
    gateway: Gateway, wxpay: WeChatPay
) -> None:
    every, one = ASGI(), ASGI()
    with gateway.deliver_to(every), gateway.deliver_to(one, url="http://one.example/"):
        for host in ("one", "other"):
            number = create(gateway, wxpay, notify_url=f"http://{host}.example/notify")
            gateway.pay(number)
            gateway.wait_for("TRANSACTION.SUCCESS", out_trade_no=number)
    assert [len(every.seen), len(one.seen)] == [1, 1]


async def broken(scope: Any, receive: Any, send: Any) -> None:
    raise LookupError("no such page")


async def silent(scope: Any, receive: Any, send: Any) -> None:
    """Return without a response."""


@pytest.mark.parametrize(
    ("app", "error"), [(broken, "LookupError: no such page"), (silent, "without a response")]
)
def test_an_application_that_fails_gets_the_notification_again(
    gateway: Gateway, wxpay: WeChatPay, app: Any, error: str
) -> None:
    with gateway.deliver_to(app):
        number = create(gateway, wxpay, notify_url="http://shop.example/notify")
        gateway.pay(number)
        with pytest.raises(TimeoutError, match=error):
            gateway.wait_for("TRANSACTION.SUCCESS", timeout=0.3, out_trade_no=number)
    working = ASGI()
    with gateway.deliver_to(working):
        gateway.advance(days=1)
        gateway.wait_for("TRANSACTION.SUCCESS", out_trade_no=number)
    assert working.seen


def test_an_application_that_rejects(gateway: Gateway, wxpay: WeChatPay) -> None:
    with gateway.deliver_to(ASGI(status=500)):
        number = create(gateway, wxpay, notify_url="http://shop.example/notify")
        gateway.pay(number)
        with pytest.raises(TimeoutError, match="HTTP 500"):
            gateway.wait_for("TRANSACTION.SUCCESS", timeout=0.3, out_trade_no=number)


def test_interfaces() -> None:
    assert interface_of(ASGI()) == interface_of(broken) == "asgi"
    assert interface_of(WSGI()) == interface_of(lambda environ, start: []) == "wsgi"
    with pytest.raises(TypeError, match="not str"):
        interface_of("app")  # type: ignore[arg-type]


def test_closing_twice(gateway: Gateway) -> None:
    delivery = gateway.deliver_to(ASGI())
    delivery.close()
    delivery.close()


# --- the rest ----------------------------------------------------------------------------------


def test_an_order_expires_alone(gateway: Gateway, wxpay: WeChatPay) -> None:
    one, other = create(gateway, wxpay), create(gateway, wxpay)
    assert gateway.expire(one)["state"] == "CLOSED"
    states = {each["out_trade_no"]: each["state"] for each in gateway.orders()}
    assert (states[one], states[other]) == ("CLOSED", "NOTPAY")
    for number in (one, "nothing"):
        with pytest.raises(LookupError):
            gateway.expire(number)


def test_requests_ledger_and_resending(gateway: Gateway, wxpay: WeChatPay) -> None:
    with NotificationServer() as server:
        number = paid(gateway, wxpay, 250, notify_url=server.url)["out_trade_no"]
        notice = gateway.wait_for("TRANSACTION.SUCCESS", out_trade_no=number)
        assert gateway.resend(notice["id"])["id"] == notice["id"]
        assert wxpay.notify(*server.take()).resource["out_trade_no"] == number
        assert wxpay.notify(*server.take()).resource["out_trade_no"] == number
    assert gateway.requests(1)[0]["operation"] is not None
    assert [each["amount"] for each in gateway.ledger() if each["kind"] == "payment"][-1] == 250
    with pytest.raises(LookupError, match="no notification"):
        gateway.resend("nothing")
