"""Service providers: they can act only for their own sub-merchants."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.gateway.support import NOBODY, new_number, order
from tests.servers import VerifyingServer
from wechatpay_chain import APIError, WeChatPay
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway.server.permissions import PERMISSIONS, permission_of

BASE = "v3/pay/partner/transactions"
NATIVE = f"{BASE}/native"
ONE = f"{BASE}/out-trade-no/{{n}}"
REFUNDS = "v3/refund/domestic/refunds"
A, A2, B = "1600000011", "1600000012", "1600000021"
"""Two sub-merchants of one service provider, and one of another."""
APP = "wx" + "5" * 16


@pytest.fixture(scope="module")
def partner(gateway: Gateway) -> Any:
    partner = gateway.add_merchant("partner", "1600000010")
    gateway.add_sub_merchant(partner, A, apps=[APP], name="Tea")
    gateway.add_sub_merchant(partner.mchid, A2)
    return partner


@pytest.fixture(scope="module")
def stranger(gateway: Gateway) -> Any:
    stranger = gateway.add_merchant("partner", "1600000020")
    gateway.add_sub_merchant(stranger, B, apps=["wx" + "6" * 16])
    return stranger


@pytest.fixture
def wxpay(partner: Any) -> Iterator[WeChatPay]:
    with partner.client(retry=None) as wxpay:
        yield wxpay


@pytest.fixture
def theirs(stranger: Any) -> Iterator[WeChatPay]:
    with stranger.client(retry=None) as wxpay:
        yield wxpay


def made(merchant: Any, sub: str, **changes: Any) -> dict[str, Any]:
    return {
        "sp_appid": merchant.appid,
        "sp_mchid": merchant.mchid,
        "sub_mchid": sub,
        "description": "Oolong",
        "out_trade_no": new_number("P"),
        "notify_url": NOBODY,
        "amount": {"total": 100, "currency": "CNY"},
        **changes,
    }


def made_v2(merchant: Any, **changes: Any) -> dict[str, Any]:
    return {
        "appid": merchant.appid,
        "mch_id": merchant.mchid,
        "body": "Oolong",
        "out_trade_no": new_number("U"),
        "total_fee": 100,
        "notify_url": NOBODY,
        "spbill_create_ip": "127.0.0.1",
        "trade_type": "NATIVE",
        **changes,
    }


def code(call: Any, /, **options: Any) -> tuple[int, str]:
    with pytest.raises(APIError) as caught:
        call(**options)
    assert caught.value.verified
    return caught.value.status_code, caught.value.code


def test_a_service_provider_acts_for_its_sub_merchants(partner: Any, wxpay: WeChatPay) -> None:
    with VerifyingServer(partner) as shop:
        bought = made(partner, A, notify_url=shop.url, sub_appid=APP)
        wxpay[NATIVE].post(json=bought)
        partner.pay(bought["out_trade_no"])
        told = shop.next().resource
    assert (told["sp_mchid"], told["sub_mchid"]) == (partner.mchid, A)
    assert partner.balance(A) == 100
    assert (partner.balance(A2), partner.balance()) == (0, 0)
    assert (partner.sub_merchants[A].name, partner.sub_merchants[A].apps) == ("Tea", (APP,))


@pytest.mark.parametrize(
    ("sub", "expected"),
    [(B, (403, "NO_AUTH")), ("1999999999", (400, "MCH_NOT_EXISTS"))],
    ids=["another's", "unknown"],
)
def test_a_service_provider_acts_for_nobody_elses(
    partner: Any, stranger: Any, wxpay: WeChatPay, sub: str, expected: Any
) -> None:
    assert stranger.mchid
    bought = made(partner, sub)
    assert code(wxpay[NATIVE].post, json=bought) == expected
    query = {"sp_mchid": partner.mchid, "sub_mchid": sub}
    got = code(wxpay[ONE].get, n=bought["out_trade_no"], query=query)
    assert got == (400, "MCH_NOT_EXISTS")  # the operation does not document NO_AUTH
    refund = {
        "sub_mchid": sub,
        "out_trade_no": bought["out_trade_no"],
        "out_refund_no": new_number("R"),
        "amount": {"refund": 1, "total": 100, "currency": "CNY"},
    }
    assert code(wxpay[REFUNDS].post, json=refund) == (404, "MCH_NOT_EXISTS")
    v2 = {"NO_AUTH": "NOAUTH", "MCH_NOT_EXISTS": "MCHID_NOT_EXIST"}[expected[1]]
    fields = made_v2(partner, sub_mch_id=sub)
    assert code(wxpay.v2.pay.unifiedorder.post, xml=fields) == (200, v2)


def test_one_sub_merchants_order_is_not_the_others(partner: Any, wxpay: WeChatPay) -> None:
    bought = made(partner, A)
    wxpay[NATIVE].post(json=bought)
    number = bought["out_trade_no"]
    query = {"sp_mchid": partner.mchid, "sub_mchid": A2}
    assert code(wxpay[ONE].get, n=number, query=query) == (400, "INVALID_REQUEST")
    assert code(wxpay[f"{ONE}/close"].post, n=number, json=query) == (400, "INVALID_REQUEST")
    partner.pay(number)
    refund = {
        "sub_mchid": A2,
        "out_trade_no": number,
        "out_refund_no": new_number("R"),
        "amount": {"refund": 1, "total": 100, "currency": "CNY"},
    }
    assert code(wxpay[REFUNDS].post, json=refund) == (400, "INVALID_REQUEST")
    wxpay[REFUNDS].post(json={**refund, "sub_mchid": A})
    one = wxpay[f"{REFUNDS}/{refund['out_refund_no']}"]
    assert code(one.get, query={"sub_mchid": A2}) == (404, "RESOURCE_NOT_EXISTS")
    assert one.get(query={"sub_mchid": A}).json()["out_refund_no"] == refund["out_refund_no"]
    fields = {
        "appid": partner.appid,
        "mch_id": partner.mchid,
        "sub_mch_id": A2,
        "out_trade_no": number,
    }
    assert code(wxpay.v2.pay.orderquery.post, xml=fields) == (200, "ORDERNOTEXIST")


def test_what_a_stub_made_for_one_sub_merchant_is_not_the_others(
    partner: Any, wxpay: WeChatPay
) -> None:
    number = new_number("S")
    path = "v3/funds-to-oversea/orders"
    body = {
        "sub_mchid": A,
        "out_order_id": number,
        "transaction_id": "4200000001202611200000000001",
        "amount": 1,
        "foreign_currency": "USD",
        "seller_info": {"oversea_business_name": "x", "oversea_shop_name": "x", "seller_id": "1"},
        "express_info": {"courier_number": "1", "express_company_name": "x"},
        "payee_info": {"payee_id": "1"},
    }
    wxpay[path].post(json=body)
    query = {"transaction_id": body["transaction_id"]}
    one = wxpay[f"{path}/{number}"]
    assert one.get(query={**query, "sub_mchid": A}).json()["out_order_id"] == number
    got = code(one.get, query={**query, "sub_mchid": A2})
    assert got == (404, "RESOURCE_NOT_EXISTS")


def test_a_service_provider_does_not_see_another_ones_orders(
    partner: Any, wxpay: WeChatPay, stranger: Any, theirs: WeChatPay
) -> None:
    bought = made(stranger, B)
    theirs[NATIVE].post(json=bought)
    number = bought["out_trade_no"]
    query = {"sp_mchid": partner.mchid, "sub_mchid": A}
    assert code(wxpay[ONE].get, n=number, query=query) == (404, "ORDER_NOT_EXIST")
    query = {"sp_mchid": stranger.mchid, "sub_mchid": B}
    assert code(wxpay[ONE].get, n=number, query=query)[1] in ("PARAM_ERROR", "NO_AUTH")
    wxpay[NATIVE].post(json=made(partner, A, out_trade_no=number))  # unused by this merchant


@pytest.mark.parametrize("appid", ["wx" + "6" * 16, "wx" + "7" * 16])
def test_a_sub_merchants_app_is_its_own(
    partner: Any, stranger: Any, wxpay: WeChatPay, appid: str
) -> None:
    assert stranger.sub_merchants[B].apps
    expected = (400, "APPID_MCHID_NOT_MATCH")
    assert code(wxpay[NATIVE].post, json=made(partner, A, sub_appid=appid)) == expected
    assert code(wxpay[NATIVE].post, json=made(partner, A2, sub_appid=APP)) == expected
    assert code(wxpay[NATIVE].post, json=made(partner, A, sp_appid=appid)) == expected


def test_a_service_provider_does_not_sell_itself(partner: Any, wxpay: WeChatPay) -> None:
    sold = order(partner)
    assert code(wxpay.v3.pay.transactions.native.post, json=sold) == (400, "PARAM_ERROR")
    fields = made_v2(partner)
    assert code(wxpay.v2.pay.unifiedorder.post, xml=fields) == (200, "PARAM_ERROR")


def test_a_direct_merchant_acts_for_nobody(gateway: Gateway, partner: Any) -> None:
    direct = gateway.add_merchant("direct")
    with direct.client(retry=None) as wxpay:
        for sub in (A, "1999999999"):
            assert code(wxpay[NATIVE].post, json=made(direct, sub)) == (403, "NO_AUTH")
        fields = made_v2(direct, sub_mch_id=A)
        assert code(wxpay.v2.pay.unifiedorder.post, xml=fields) == (200, "NOAUTH")
    with pytest.raises(ValueError, match="is a direct merchant, which has no sub-merchants"):
        gateway.add_sub_merchant(direct)
    with pytest.raises(ValueError, match=f"already belongs to merchant {partner.mchid}"):
        gateway.add_sub_merchant(partner, A)
    with pytest.raises(ValueError, match="has no merchant '1999999999'"):
        gateway.add_sub_merchant("1999999999")


def test_the_operations_of_ecommerce(gateway: Gateway, partner: Any, wxpay: WeChatPay) -> None:
    path = "v3/ecommerce/fund/balance/{sub_mchid}"
    assert code(wxpay[path].get, sub_mchid=A) == (403, "NO_AUTH")
    platform = gateway.add_merchant("ecommerce")
    sub = gateway.add_sub_merchant(platform)
    with platform.client(retry=None) as client:
        assert client[path].get(sub_mchid=sub.mchid).json()["sub_mchid"] == sub.mchid
        assert code(client[path].get, sub_mchid=A)[1] == "NO_AUTH"


def test_a_permission_that_is_missing(gateway: Gateway) -> None:
    merchant = gateway.add_merchant(permissions=["payments"])
    with merchant.client(retry=None) as wxpay:
        bought = order(merchant)
        wxpay.v3.pay.transactions.native.post(json=bought)
        merchant.pay(bought["out_trade_no"])
        refund = {
            "out_trade_no": bought["out_trade_no"],
            "out_refund_no": new_number("R"),
            "amount": {"refund": 1, "total": 100, "currency": "CNY"},
        }
        with pytest.raises(APIError, match="未开通该产品权限: refunds"):
            wxpay[REFUNDS].post(json=refund)
        assert wxpay.v3.certificates.get().verified
    with pytest.raises(ValueError, match="permission 'refund': expected one of payments, "):
        gateway.add_merchant(permissions=["refund"])


def test_each_permission_has_operations() -> None:
    assert {permission_of(path) for paths in PERMISSIONS.values() for path in paths} == set(
        PERMISSIONS
    )
    assert permission_of("v3/certificates") == ""
    assert permission_of("v3/ecommerce/refunds/apply") == "refunds"
    assert permission_of("v3/ecommerce/combine-papay/transactions") == "papay"
    assert permission_of("v3/pay/transactions/app-with-contract") == "payments"


def test_the_first_merchant_may_name_anybody_until_it_has_sub_merchants(identity: Any) -> None:
    with Gateway(identity=identity) as gateway, gateway.client(retry=None) as wxpay:
        first = gateway.merchants[identity.mchid]
        wxpay[NATIVE].post(json=made(first, "1900000109"))
        stranger = gateway.add_merchant("partner")
        taken = gateway.add_sub_merchant(stranger).mchid
        wxpay[NATIVE].post(json=made(first, "1900000109"))
        assert code(wxpay[NATIVE].post, json=made(first, taken)) == (403, "NO_AUTH")
        sub = gateway.add_sub_merchant(first)
        wxpay[NATIVE].post(json=made(first, sub.mchid))
        wxpay.v3.pay.transactions.native.post(json=order(gateway))
        expected = (400, "MCH_NOT_EXISTS")
        assert code(wxpay[NATIVE].post, json=made(first, "1900000109")) == expected


def test_sub_merchants_come_back_after_a_restart(tmp_path: Any) -> None:
    with Gateway(data=tmp_path) as gateway:
        partner = gateway.add_merchant("partner", permissions=["payments", "refunds"])
        gateway.add_sub_merchant(partner, A, apps=[APP], name="茶")
        gateway.add_sub_merchant(gateway.identity.mchid, A2)
        numbers = list(gateway.merchants)
    with Gateway(data=tmp_path) as gateway:
        again = gateway.merchants[partner.mchid]
        assert again.sub_merchants == partner.sub_merchants
        assert again.permissions == {"payments", "refunds"}
        assert list(gateway.merchants) == numbers
        assert list(gateway.merchants[gateway.identity.mchid].sub_merchants) == [A2]
        with pytest.raises(ValueError, match="already"):
            gateway.add_sub_merchant(gateway.identity.mchid, A)
