"""Nothing that is exported has an id, an amount, an openid or a secret in it."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from tests.gateway.support import new_number, order
from tests.servers import NotificationServer
from tests.wire.responses import Signed, http
from tests.wire.server import Server
from wechatpay_chain import Request, Response, Sensitive, WeChatPay, WeChatPayError
from wechatpay_chain.contrib.opentelemetry.attributes import of_send

OPENID = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"
NAME = "张三丰"
TOTAL = 7654321
PHRASE = "Q25zT2m4"


class Shop:
    """Makes calls, and keeps what must not be seen."""

    def __init__(self, gateway: Any, wxpay: WeChatPay) -> None:
        self.gateway, self.wxpay = gateway, wxpay
        identity = gateway.identity
        self.secret = {OPENID, NAME, str(TOTAL), PHRASE, identity.apiv3_key, identity.secret}

    def call(self, verb: str, path: str, **options: Any) -> Any:
        """The members of what came; what a call sends or signs must not be seen either."""

        def layer(request: Request, handle: Any) -> Any:
            response = yield from handle(request)
            sent = response.request
            for name in ("Authorization", "Wechatpay-Signature"):
                self.secret |= {each for each in (sent.headers.get(name),) if each}
                self.secret |= {each for each in (response.headers.get(name),) if each}
            self.secret.add(sent.target.partition("?")[2] or PHRASE)
            return response

        stack = self.wxpay.stacks["v2" if path.startswith("v2/") else "v3"]
        options["stack"] = stack.after("retry", "look", layer)
        with contextlib.suppress(WeChatPayError):
            response = getattr(self.wxpay.chain(path), verb)(**options)
            is_json = response.content.startswith(b"{")
            return response.json() if is_json else response.xml()

    def hide(self, *values: Any) -> None:
        self.secret |= {str(value) for value in values}


@pytest.fixture
def shop(gateway: Any, wxpay: WeChatPay) -> Shop:
    return Shop(gateway, wxpay)


@pytest.fixture
def receiver() -> Iterator[NotificationServer]:
    with NotificationServer() as running:
        yield running


def test_a_day_of_a_shop(gateway, wxpay, shop, receiver, telemetry, caplog, tmp_path):
    caplog.set_level(logging.DEBUG, "wechatpay_chain")
    made = {
        **order(gateway, notify_url=receiver.url, amount={"total": TOTAL, "currency": "CNY"}),
        "payer": {"openid": OPENID},
        "attach": PHRASE,
    }
    number = made["out_trade_no"]
    prepaid = shop.call("post", "v3/pay/transactions/jsapi", json=made)
    bought = gateway.pay(number)
    shop.hide(number, prepaid["prepay_id"], bought["transaction_id"])
    wxpay.notify(*receiver.take())
    merchant = {"query": {"mchid": wxpay.mchid}}
    shop.call("get", f"v3/pay/transactions/out-trade-no/{number}", **merchant)
    shop.call("get", f"v3/pay/transactions/id/{bought['transaction_id']}?mchid={wxpay.mchid}")
    path = "v3/pay/transactions/out-trade-no/{out_trade_no}"
    shop.call("get", path, out_trade_no=number, **merchant)
    refund = {
        "out_trade_no": number,
        "out_refund_no": new_number("R"),
        "reason": PHRASE,
        "amount": {"refund": TOTAL, "total": TOTAL, "currency": "CNY"},
    }
    refunded = shop.call("post", "v3/refund/domestic/refunds", json=refund)
    shop.hide(refund["out_refund_no"], refunded["refund_id"])
    shop.call("get", f"/v3/refund/domestic/refunds/{refund['out_refund_no']}")
    shop.call("post", "v3/refund/domestic/refunds", json={**refund, "out_trade_no": "no-such-99"})
    receiver_of_shares = {
        "appid": gateway.identity.appid,
        "type": "PERSONAL_OPENID",
        "account": OPENID,
        "name": Sensitive(NAME),
        "relation_type": "STAFF",
    }
    shop.call("post", "v3/profitsharing/receivers/add", json=receiver_of_shares)
    image = tmp_path / "license.png"
    image.write_bytes(b"\x89PNG")
    shop.call("post", "v3/merchant/media/upload", media=image)
    fields = {"appid": gateway.identity.appid, "mch_id": wxpay.mchid, "out_trade_no": number}
    shop.call("post", "v2/pay/orderquery", xml=fields)
    shop.call("post", "v2/pay/orderquery", xml={**fields, "out_trade_no": "no-such-99"})
    shop.call("get", f"v3/brand-new/{number}/{OPENID}")
    shop.call("get", f"v3/{number}")
    shop.call("delete", f"v3/pay/transactions/id/{bought['transaction_id']}")
    for fault in ("bad_signature", "reset", "truncate", "wrong_body"):
        gateway.faults.add("*", fault, times=3)
        shop.call("get", f"v3/pay/transactions/out-trade-no/{number}", **merchant)
        gateway.faults.clear()
    shop.hide("no-such-99")
    assert len(telemetry.calls()) == 18
    assert_clean(telemetry.exported(), shop)
    fields_of_log = [
        str(vars(record)[name]) for record in caplog.records for name in vars(record) if "." in name
    ]
    assert len(fields_of_log) > 100
    assert_clean("\n".join(fields_of_log), shop)


def assert_clean(exported: str, shop: Shop) -> None:
    assert len(shop.secret) > 20
    assert [each for each in shop.secret if each in exported] == []


def test_errors_that_quote_what_was_asked_for(keys, telemetry):
    """A response about another order, and a code that is none."""
    number, other = "N2026010112345", "N2026999988887"
    with Server() as server, keys.client(base_uri=server.url, retry=None) as wxpay:
        signed = Signed(keys)
        server.in_turn(
            [signed.json({"out_trade_no": other})],
            [http(400, b'{"code": "%s", "message": "%s"}' % (other.encode(), number.encode()))],
        )
        for _ in range(2):
            with pytest.raises(WeChatPayError, match=other):
                wxpay[f"v3/pay/transactions/out-trade-no/{number}"].get()
    assert len(telemetry.spans()) == 4
    assert number not in telemetry.exported()
    assert other not in telemetry.exported()


@pytest.mark.parametrize(
    ("status", "content", "code"),
    [
        (404, b'{"code": "ORDER_NOT_EXIST"}', "ORDER_NOT_EXIST"),
        (400, b'{"code": "SYSTEM ERROR"}', "SYSTEM ERROR"),
        (
            200,
            b"<xml><return_code>FAIL</return_code><err_code>NOT_UTF8</err_code></xml>",
            "NOT_UTF8",
        ),
        (200, b"<xml><return_code>SUCCESS</return_code><err_code>X</err_code></xml>", None),
        (200, b'{"code": "NOT_A_FAILURE"}', None),
        (400, b'{"code": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}', None),
        (400, b'{"code": "4200001234567890"}', None),
        (400, b'{"code": ["A"]}', None),
        (502, b"<html><title>Bad Gateway</title></html>", None),
        (500, b"<xml>" + b"<a>b</a>" * 9000 + b"</xml>", None),
        (500, b'{"code": "BIG", "message": "' + b"x" * 70000 + b'"}', None),
    ],
)
def test_a_code_is_shown_if_it_looks_like_one(status, content, code):
    assert of_send(Response(status, (), content)).get("wechatpay.code") == code
