"""`check="catalogue"`: a request that is not what its operation takes is not sent."""

from __future__ import annotations

import datetime
import decimal
import enum
from collections.abc import Iterator
from typing import Any

import pytest

from wechatpay_chain import ConfigurationError, Sensitive, WeChatPay, catalogue
from wechatpay_chain.catalogue import example
from wechatpay_chain.catalogue.requests.checking import Rules, check_body, check_query
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.messages import canonical

NATIVE = "v3/pay/transactions/native"
ORDER = {
    "appid": "wx8888888888888888",
    "mchid": "1900000109",
    "description": "tea",
    "out_trade_no": "checked-1",
    "notify_url": "https://shop.example.com/paid",
    "amount": {"total": 1, "currency": "CNY"},
}


@pytest.fixture(scope="module")
def wxpay() -> Iterator[WeChatPay]:
    """A client that checks each call; it has nothing to sign with, so nothing is ever sent."""
    with WeChatPay(mchid="1900000109", check="catalogue") as wxpay:
        yield wxpay


def told(call: Any, **options: Any) -> str:
    with pytest.raises(ConfigurationError) as caught:
        call(**options)
    return str(caught.value)


def assert_right(call: Any, **options: Any) -> None:
    """The check has nothing to say, so the signer speaks."""
    assert "does not accept this request; nothing was sent." not in told(call, **options)


class Currency(enum.Enum):
    CNY = "CNY"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"description": None}, "json /description is required and empty"),
        ({"descripton": "tea"}, "json /descripton is not a field of this request, did you mean"),
        ({"out_trade_no": "A"}, "json /out_trade_no 'A' must have at least 6 characters"),
        ({"out_trade_no": "x" * 33}, "must have at most 32 characters"),
        ({"amount": 1}, "json /amount 1 must be of type object"),
        ({"amount": {"total": "1"}}, "json /amount/total '1' must be of type integer"),
        ({"amount": {"total": True}}, "json /amount/total True must be of type integer"),
        (
            {"amount": {"totl": 1}},
            "json /amount/totl is not a field of this request, did you mean",
        ),
        ({"time_expire": "2026-11-20 13:29:35"}, "must be a time with a UTC offset, such as"),
        ({"detail": {"goods_detail": {}}}, "json /detail/goods_detail must be an array"),
        ({"detail": {"goods_detail": [1]}}, "json /detail/goods_detail/0 1 must be of type object"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_sent(
    wxpay: WeChatPay, changes: dict[str, Any], expected: str
) -> None:
    message = told(wxpay.v3.pay.transactions.native.post, json={**ORDER, **changes})
    assert message.startswith(f"POST {NATIVE} does not accept this request; nothing was sent.")
    assert expected in message


def test_all_findings_are_told(wxpay: WeChatPay) -> None:
    message = told(wxpay[NATIVE].post, json={f"x{number}": 1 for number in range(40)})
    assert message.count("is not a field") + message.count("is required") == 20
    assert message.endswith("and 26 more")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"amount": {"total": 1, "currency": Currency.CNY}},
        {"time_expire": datetime.datetime(2026, 11, 20, tzinfo=datetime.UTC)},
        {"attach": None},
        {"amount": {"total": decimal.Decimal(100)}},
        {"detail": {"goods_detail": ({"merchant_goods_id": "1", "quantity": 1, "unit_price": 1},)}},
    ],
)
def test_what_the_encoder_takes_passes(wxpay: WeChatPay, changes: dict[str, Any]) -> None:
    assert_right(wxpay[NATIVE].post, json={**ORDER, **changes})


def test_queries_and_paths(wxpay: WeChatPay) -> None:
    query = wxpay["v3/pay/transactions/out-trade-no/{out_trade_no}"].get
    assert "query /mchid is required" in told(query, out_trade_no="checked-1")
    assert "query /mch_id is not a field" in told(
        query, out_trade_no="checked-1", query={"mchid": "1", "mch_id": "1"}
    )
    assert "path /out_trade_no" in told(query, out_trade_no="x" * 33, query={"mchid": "1"})
    written = wxpay["v3/pay/transactions/out-trade-no/checked-1?mchid=1900000109"].get
    assert_right(written)
    assert_right(query, out_trade_no="checked-1", query={"mchid": 1900000109})


def test_apiv2(wxpay: WeChatPay) -> None:
    fields = {
        "appid": "wx1",
        "mch_id": "1900000109",
        "body": "tea",
        "out_trade_no": "checked-1",
        "total_fee": 1,
        "spbill_create_ip": "127.0.0.1",
        "notify_url": "https://shop.example.com/paid",
        "trade_type": "NATIVE",
    }
    unified = wxpay.v2.pay.unifiedorder.post
    assert_right(unified, xml=fields)
    assert "xml /total_fee 'x' must be a whole number" in told(
        unified, xml={**fields, "total_fee": "x"}
    )
    assert "did you mean body?" in told(unified, xml={**fields, "bdy": "tea"})
    message = told(unified, xml={**fields, "trade_type": "NATIV"})
    assert "'NATIV' must be one of JSAPI, NATIVE, APP, MWEB, did you mean NATIVE?" in message


def test_secrets_are_not_shown(wxpay: WeChatPay) -> None:
    path = "v3/fund-app/mch-transfer/transfer-bills"
    body = {"user_name": Sensitive("张三"), "openid": 7, "usr_name": Sensitive("李四")}
    message = told(wxpay[path].post, json=body)
    assert "张三" not in message
    assert "李四" not in message
    assert "json /openid must be of type string" in message
    assert "/usr_name is not a field of this request, did you mean user_name?" in message


def test_a_call_decides(wxpay: WeChatPay) -> None:
    assert_right(wxpay[NATIVE].post, json={}, check="off")
    with WeChatPay(mchid="1") as other:
        assert "does not accept this request; nothing was sent." in told(
            other[NATIVE].post, json={}, check="catalogue"
        )


@pytest.mark.parametrize("options", [{"body": b"{}"}, {"json": []}])
def test_nothing_is_said_of_what_is_not_known(wxpay: WeChatPay, options: dict[str, Any]) -> None:
    assert_right(wxpay[NATIVE].post, **options)
    assert_right(wxpay["v3/nothing/like-this"].post, json={"x": 1})


def test_what_was_filled_is_checked() -> None:
    values = {"appid": "wx1", "notify_url": "https://shop.example.com/"}
    with WeChatPay(mchid="1900000109", fill=True, check="catalogue", **values) as wxpay:  # type: ignore[arg-type]
        order = {name: ORDER[name] for name in ("description", "out_trade_no", "amount")}
        assert_right(wxpay[NATIVE].post, json=order)


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return "***" if isinstance(value, Sensitive) else value


def as_text(value: Any) -> Any:
    return list(map(as_text, value)) if isinstance(value, list) else canonical.text(value, "query")


def test_the_examples_of_all_operations_pass() -> None:
    rules, wrong = Rules(), []
    for operation in catalogue.operations():
        _, options = example.call(operation)
        given = options.get("query", {})
        query = {name: as_text(plain(each)) for name, each in given.items()}
        wrong += [(operation, "query", *each) for each in check_query(operation, query, rules)]
        if operation.body_option == "json":
            wrong += [
                (operation, "json", *each)
                for each in check_body(operation, plain(options.get("json", {})), rules)
            ]
        elif operation.body_option == "xml":
            fields = {name: str(each) for name, each in options["xml"].items()}
            wrong += [(operation, "xml", *each) for each in check_body(operation, fields, rules)]
    assert wrong == []


def test_with_a_gateway() -> None:
    with Gateway() as gateway, gateway.client(check="catalogue") as wxpay:
        own = {"mchid": wxpay.mchid, "appid": wxpay.appid}
        assert wxpay[NATIVE].post(json={**ORDER, **own}).json()["code_url"]
        told(wxpay[NATIVE].post, json={**ORDER, **own, "amount": {"total": 0.5}})
        assert len(gateway.requests()) == 1
