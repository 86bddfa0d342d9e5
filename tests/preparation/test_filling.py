"""`fill=True`: mchid, appid and notify_url are added where an operation takes them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from wechatpay_chain import ConfigurationError, Merchants, Request, Response, WeChatPay, catalogue
from wechatpay_chain.catalogue.requests.filling import filled, missing_of
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.messages import xml
from wechatpay_chain.testing.mock import MockTransport

APPID, URL = "wx8888888888888888", "https://shop.example.com/wechatpay"
NATIVE = "v3/pay/transactions/native"
VALUES = {"mchid": "1900000109", "appid": APPID, "notify_url": URL}


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    with Gateway() as gateway:
        yield gateway


def body_of(path: str, given: dict[str, Any], values: dict[str, str] | None = None) -> Any:
    operation = catalogue.find("POST", path)
    assert operation is not None
    return filled(operation, given, VALUES if values is None else values)


def test_an_order_is_made_with_what_the_client_knows(gateway: Gateway) -> None:
    order = {"description": "tea", "out_trade_no": "filled-1", "amount": {"total": 1}}
    with gateway.client(notify_url=URL, fill=True) as wxpay:
        assert wxpay.v3.pay.transactions.native.post(json=order).json()["code_url"]
        shown = wxpay[f"{NATIVE[:19]}/out-trade-no/filled-1"].get().json()
        assert (shown["mchid"], shown["appid"]) == (wxpay.mchid, wxpay.appid)
    assert order.keys() == {"description", "out_trade_no", "amount"}


async def test_the_same_async_by_call(gateway: Gateway) -> None:
    order = {"description": "tea", "out_trade_no": "filled-2", "amount": {"total": 1}}
    async with gateway.client(notify_url=URL) as wxpay:
        native = wxpay.chain(NATIVE)
        assert (await native.post_async(json=order, fill=True)).ok
        query = wxpay["v3/pay/transactions/out-trade-no/{out_trade_no}"]
        shown = await query.get_async(out_trade_no="filled-2", fill=True)
        assert shown.json()["trade_state"] == "NOTPAY"


def test_apiv2_is_filled_as_well(gateway: Gateway) -> None:
    fields = {
        "body": "tea",
        "out_trade_no": "filled-3",
        "total_fee": 1,
        "spbill_create_ip": "127.0.0.1",
        "trade_type": "NATIVE",
    }
    with gateway.client(notify_url=URL, fill=True) as wxpay:
        made = wxpay.v2.pay.unifiedorder.post(xml=fields).xml()
        assert (made["mch_id"], made["appid"]) == (wxpay.mchid, wxpay.appid)


def test_what_is_given_stays() -> None:
    given = {"appid": "wx1", "mchid": "2", "notify_url": "https://x.example/", "attach": "é"}
    assert body_of(NATIVE, given) == given


def test_a_partner_is_named_where_a_sub_merchant_is() -> None:
    made = body_of("v3/pay/partner/transactions/native", {"sub_mchid": "1900000200"})
    assert made == {
        "sub_mchid": "1900000200",
        "sp_mchid": "1900000109",
        "sp_appid": APPID,
        "notify_url": URL,
    }


def test_orders_of_a_combined_one_are_filled() -> None:
    orders = [{"out_trade_no": "a"}, {"out_trade_no": "b", "mchid": "7"}, "x"]
    made = body_of("v3/combine-transactions/native", {"sub_orders": orders})
    assert made["sub_orders"] == [
        {"out_trade_no": "a", "mchid": "1900000109"},
        {"out_trade_no": "b", "mchid": "7"},
        "x",
    ]
    assert (made["combine_mchid"], made["combine_appid"]) == ("1900000109", APPID)
    assert orders[0] == {"out_trade_no": "a"}


def test_an_operation_for_both_gets_one_name_of_each() -> None:
    seen = 0
    for operation in catalogue.operations():
        members = (*operation.body, *operation.query)
        names = {member.name for member in members if not member.required}
        if not {"mchid", "sp_mchid"} <= names:
            continue
        seen += 1
        alone = {each.name for each in missing_of(members, {})}
        with_sub = {each.name for each in missing_of(members, {"sub_mchid": "1"})}
        assert "sp_mchid" not in alone, operation
        assert {"mchid", "sp_mchid"} & with_sub == {"sp_mchid"}, operation
    assert seen > 10


def test_sub_merchants_are_never_filled() -> None:
    for operation in catalogue.operations():
        names = {each.name for each in missing_of((*operation.body, *operation.query), {})}
        assert not {name for name in names if name.startswith("sub_")}, operation


def sent_by(wxpay_options: dict[str, Any], path: str, **options: Any) -> Request:
    seen: list[Request] = []

    def answer(request: Request) -> Response:
        seen.append(request)
        raise ConfigurationError("seen")

    transport = MockTransport(answer)
    wxpay = WeChatPay(transport=transport, retry=None, **{"mchid": "1900000109", **wxpay_options})
    with pytest.raises(ConfigurationError):
        wxpay[path].post(**options)
    return seen[0] if seen else None  # type: ignore[return-value]


def test_without_an_argument_that_is_needed_nothing_is_sent() -> None:
    secret = "0" * 32
    wxpay = WeChatPay(mchid="1900000109", secret=secret, fill=True, appid=APPID)
    with pytest.raises(
        ConfigurationError, match="requires notify_url.*pass notify_url= to the client"
    ):
        wxpay.v2.pay.unifiedorder.post(xml={"body": "tea"})
    request = sent_by({"secret": secret, "fill": True}, "v2/pay/orderquery", xml={"appid": "wx1"})
    assert xml.loads(request.content or b"")["mch_id"] == "1900000109"


def test_a_call_can_do_without() -> None:
    options = {"secret": "0" * 32, "fill": True, "appid": APPID, "notify_url": URL}
    fields = {"mch_id": "1900000109", "body": "tea"}
    request = sent_by(options, "v2/pay/unifiedorder", xml=fields, fill=False)
    assert "notify_url" not in xml.loads(request.content or b"")


def test_an_operation_that_is_not_known_stays_as_it_is() -> None:
    options = {"secret": "0" * 32, "fill": True, "appid": APPID, "notify_url": URL}
    request = sent_by(options, "v2/pay/nothing", xml={"mch_id": "1900000109"})
    assert xml.loads(request.content or b"").keys() == {"mch_id", "nonce_str", "sign"}


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        *(("appid", each) for each in ("", "wx 1", "微信", 7, "x" * 33, "a\u200eb c")),
        *(("notify_url", each) for each in ("", "shop.example.com", "ftp://x.example/", 7)),
        *(("notify_url", each) for each in ("https://x.example/?a=1", "https://x.example/#a")),
        *(
            ("notify_url", each)
            for each in ("https://u@x.example/", "https://x.example/" + "a" * 256)
        ),
        ("fill", "yes"),
        ("fill", 1),
        ("check", "schema"),
        ("check", True),
    ],
)
def test_arguments_are_checked(argument: str, value: Any) -> None:
    with pytest.raises(ConfigurationError, match=argument):
        WeChatPay(mchid="1900000109", **{argument: value})


@pytest.mark.parametrize(("option", "value"), [("fill", "yes"), ("check", "schema")])
def test_options_are_checked(option: str, value: str) -> None:
    wxpay = WeChatPay(mchid="1900000109", secret="0" * 32)
    with pytest.raises(ConfigurationError, match=f"{option}= must be"):
        wxpay.v2.pay.orderquery.post(xml={}, **{option: value})


def test_the_environment_and_the_gateway_give_them(gateway: Gateway, tmp_path: Path) -> None:
    environ = {
        "WECHATPAY_MCHID": "1900000109",
        "WECHATPAY_APPID": APPID,
        "WECHATPAY_NOTIFY_URL": URL,
    }
    wxpay = WeChatPay.from_env(environ)
    assert (wxpay.mchid, wxpay.appid, wxpay.notify_url) == ("1900000109", APPID, URL)
    assert WeChatPay(mchid="1").appid is None
    assert WeChatPay(mchid="1").notify_url is None
    with Gateway(data=tmp_path) as gateway:
        tea = gateway.add_merchant()
        path = tmp_path / "gateway.json"
        assert WeChatPay.from_gateway(path).appid == gateway.identity.appid
        assert WeChatPay.from_gateway(path, mchid=tea.mchid).appid == tea.appid
        with Merchants.from_gateway(path, notify_url=URL, fill=True) as merchants:
            one = merchants[tea.mchid]
            assert (one.appid, one.notify_url) == (tea.appid, URL)


def test_merchants_have_their_own() -> None:
    source = {"1900000109": {"secret": "0" * 32, "appid": APPID}, "2": {"secret": "0" * 32}}
    with Merchants(source, notify_url=URL) as merchants:
        assert (merchants["1900000109"].appid, merchants["2"].appid) == (APPID, None)
        assert merchants["2"].notify_url == URL
