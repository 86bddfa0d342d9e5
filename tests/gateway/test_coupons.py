"""Coupons: stocks and budgets, discounts of orders, and refunds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.gateway.schemas import assert_fits
from tests.gateway.support import NOBODY, new_number, order, paid
from tests.gateway.test_bills import flow, trades
from wechatpay_chain import APIError
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway.simulation.coupons import amounts

CUSTOMER = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"
BASE = "v3/marketing/favor"
DAY = 86400


@pytest.fixture
def gateway(identity: Any) -> Iterator[Gateway]:
    """A gateway with a merchant without money."""
    with Gateway(identity=identity, time_scale=0.001) as gateway:
        yield gateway


def stock(gateway: Any, **changes: Any) -> dict[str, Any]:
    """Return the request for a stock of 10 coupons of 30 fen for orders from 100 fen."""
    clock = gateway.state.clock
    use = {"fixed_normal_coupon": {"coupon_amount": 30, "transaction_minimum": 100}}
    rule = {
        "max_coupons": 10,
        "max_amount": 300,
        "max_coupons_per_user": 3,
        "natural_person_limit": False,
        "prevent_api_abuse": False,
    }
    return {
        "stock_name": "满 1 元减 0.3 元",
        "available_begin_time": clock.rfc3339(clock.now() - 60),
        "available_end_time": clock.rfc3339(clock.now() + 10 * DAY),
        "stock_use_rule": {**rule, **changes.pop("rule", {})},
        "coupon_use_rule": {**use, **changes.pop("use", {})},
        "no_cash": False,
        "stock_type": "NORMAL",
        "belong_merchant": gateway.identity.mchid,
        "out_request_no": new_number("S"),
        **changes,
    }


def turn(gateway: Any, wxpay: Any, number: str, how: str) -> Any:
    given = {"stock_creator_mchid": gateway.identity.mchid}
    return wxpay.chain(f"{BASE}/stocks/{number}/{how}").post(json=given).json()


def started(gateway: Any, wxpay: Any, **changes: Any) -> str:
    if not changes.get("no_cash"):
        paid(gateway, wxpay, total=300)
    made = wxpay.chain(f"{BASE}/coupon-stocks").post(json=stock(gateway, **changes)).json()
    turn(gateway, wxpay, made["stock_id"], "start")
    return str(made["stock_id"])


def send(gateway: Any, wxpay: Any, number: str, openid: str = CUSTOMER, **changes: Any) -> str:
    asked = {
        "stock_id": number,
        "out_request_no": new_number("C"),
        "appid": gateway.identity.appid,
        "stock_creator_mchid": gateway.identity.mchid,
        **changes,
    }
    path = f"{BASE}/users/{openid}/coupons"
    return str(wxpay.chain(path).post(json=asked).json()["coupon_id"])


def bought(gateway: Any, wxpay: Any, coupons: list[str], total: int = 100, **changes: Any) -> Any:
    made = order(gateway, amount={"total": total, "currency": "CNY"}, **changes)
    wxpay.v3.pay.transactions.native.post(json=made)
    return gateway.pay(made["out_trade_no"], coupons=coupons)


def queried(gateway: Any, wxpay: Any, number: str) -> Any:
    path = f"v3/pay/transactions/out-trade-no/{number}"
    return wxpay.chain(path).get(query={"mchid": gateway.identity.mchid}).json()


def refund(wxpay: Any, number: str, fen: int, total: int = 100) -> Any:
    asked = {
        "out_trade_no": number,
        "out_refund_no": new_number("R"),
        "notify_url": NOBODY,
        "amount": {"refund": fen, "total": total, "currency": "CNY"},
    }
    return wxpay.v3.refund.domestic.refunds.post(json=asked).json()


def balances(gateway: Any) -> tuple[int, int]:
    gateway.coupons.all(1)
    gateway.coupon_stocks.all(1)
    gateway.refunds.all(1)
    gateway.state.ledger.check()
    balance = gateway.state.ledger.balance
    return balance("merchant"), balance("coupons")


def code(call: Any, *arguments: Any, **options: Any) -> str:
    with pytest.raises(APIError) as caught:
        call(*arguments, **options)
    assert caught.value.verified
    return caught.value.code


def set_callback(gateway: Any, wxpay: Any, url: str) -> None:
    given = {"mchid": gateway.identity.mchid, "notify_url": url}
    assert wxpay.chain(f"{BASE}/callbacks").post(json=given).json()["notify_url"] == url
    assert wxpay.chain(f"{BASE}/callbacks").get(query={"mchid": given["mchid"]}).json() == given


def test_from_the_stock_to_the_bill(gateway: Any, wxpay: Any, receiver: Any) -> None:
    number = started(gateway, wxpay)
    assert balances(gateway) == (0, 300)
    set_callback(gateway, wxpay, f"{receiver.url}notify")
    coupon = send(gateway, wxpay, number)
    made = bought(gateway, wxpay, [coupon], notify_url=f"{receiver.url}notify")
    assert balances(gateway) == (100, 270)
    notices = {notice.event_type: notice for notice in (receiver.next(), receiver.next())}
    assert_fits(notices["COUPON.USE"])
    used = notices["COUPON.USE"].resource
    assert used["coupon_id"] == coupon
    assert used["consume_information"]["consume_amount"] == 30
    told = notices["TRANSACTION.SUCCESS"].resource
    assert told["amount"]["payer_total"] == 70
    shown = queried(gateway, wxpay, made["out_trade_no"])
    assert shown["amount"] == told["amount"]
    (promotion,) = shown["promotion_detail"]
    assert promotion.items() >= {"coupon_id": coupon, "amount": 30, "type": "CASH"}.items()
    assert shown["payer"]["openid"] == CUSTOMER
    path = f"{BASE}/users/{CUSTOMER}/coupons/{coupon}"
    found = wxpay.chain(path).get(query={"appid": gateway.identity.appid}).json()
    assert found["status"] == "USED"
    assert found["consume_information"]["transaction_id"] == made["transaction_id"]
    back = refund(wxpay, made["out_trade_no"], 90)
    assert back["amount"]["payer_refund"] == 63
    assert back["amount"]["discount_refund"] == 27
    assert back["amount"]["settlement_refund"] == 90
    assert back["promotion_detail"][0]["refund_amount"] == 27
    gateway.refunds.succeed(back["out_refund_no"])
    assert balances(gateway) == (10 + 27, 270)
    assert gateway.state.ledger.balance("payer") == -300 - 70 + 63
    today = gateway.state.clock.date()
    gateway.advance(DAY)
    made_rows, _ = trades(wxpay, today)
    rows = {row["交易状态"]: row for row in made_rows if row["商户订单号"] == made["out_trade_no"]}
    names = ("订单金额", "应结订单金额", "代金券金额")
    assert [rows["SUCCESS"][name] for name in names] == ["1.00", "1.00", "0.30"]
    names = ("申请退款金额", "退款金额", "充值券退款金额")
    assert [rows["REFUND"][name] for name in names] == ["0.90", "0.90", "0.27"]
    flows, _ = flow(wxpay, today)
    assert {row["业务类型"] for row in flows} >= {"冻结预算", "代金券", "代金券退款"}


def test_without_cash_the_merchant_receives_less(gateway: Any, wxpay: Any) -> None:
    number = started(gateway, wxpay, no_cash=True)
    made = bought(gateway, wxpay, [send(gateway, wxpay, number)])
    assert balances(gateway) == (70, 0)
    assert queried(gateway, wxpay, made["out_trade_no"])["promotion_detail"][0]["type"] == "NOCASH"
    back = refund(wxpay, made["out_trade_no"], 100)
    assert back["amount"]["settlement_total"] == back["amount"]["settlement_refund"] == 70
    gateway.refunds.close(back["out_refund_no"])
    assert balances(gateway) == (70, 0)
    again = refund(wxpay, made["out_trade_no"], 100)
    assert again["amount"]["discount_refund"] == 30
    gateway.refunds.succeed(again["out_refund_no"])
    assert balances(gateway) == (0, 0)


def test_the_uses_of_a_stock_are_a_file(gateway: Any, wxpay: Any) -> None:
    number = started(gateway, wxpay)
    coupon = send(gateway, wxpay, number)
    send(gateway, wxpay, number)
    made = bought(gateway, wxpay, [coupon])
    told = wxpay.chain(f"{BASE}/stocks/{number}/use-flow").get().json()
    content = wxpay[told["url"]].get().content
    assert told["hash_value"] == hashlib.sha1(content).hexdigest()
    heading, row, total, count = content.decode().splitlines()
    assert (len(heading.split(",")), total, count) == (12, "总条数", "`1")
    values = row.replace("`", "").split(",")
    assert values[:5] == [number, coupon, "全场代金券", "0.30", "1.00"]
    assert values[6] == made["transaction_id"]
    path = wxpay.chain(f"{BASE}/stocks/404/use-flow")
    assert code(path.get) == "RESOURCE_NOT_EXISTS"


def test_apiv2_shows_the_coupons(gateway: Any, wxpay: Any) -> None:
    number = started(gateway, wxpay, use={"combine_use": True})
    coupons = [send(gateway, wxpay, number) for _ in range(2)]
    own = {"appid": gateway.identity.appid, "mch_id": gateway.identity.mchid}
    made = {"body": "tea", "out_trade_no": new_number(), "total_fee": 100, "trade_type": "NATIVE"}
    wxpay.v2.pay.unifiedorder.post(
        xml={**own, **made, "notify_url": NOBODY, "spbill_create_ip": "127.0.0.1"}
    )
    gateway.pay(made["out_trade_no"], coupons=coupons)
    named = {**own, "out_trade_no": made["out_trade_no"]}
    shown = wxpay.v2.pay.orderquery.post(xml=named).xml()
    assert (shown["cash_fee"], shown["coupon_fee"], shown["coupon_count"]) == ("40", "60", "2")
    assert [shown["coupon_id_0"], shown["coupon_id_1"]] == coupons
    asked = {**named, "out_refund_no": new_number("R"), "total_fee": 100, "refund_fee": 100}
    back = wxpay.v2.secapi.pay.refund.post(xml=asked, security=True).xml()
    assert (back["cash_refund_fee"], back["coupon_refund_fee"]) == ("40", "60")
    found = wxpay.v2.pay.refundquery.post(xml=named).xml()
    assert found["coupon_refund_fee_0"] == "60"
    assert {found["coupon_refund_id_0_0"], found["coupon_refund_id_0_1"]} == set(coupons)


def test_apiv2_sends_coupons_of_the_same_stocks(gateway: Any, wxpay: Any) -> None:
    number = started(gateway, wxpay, rule={"max_coupons_per_user": 1})
    own = {"appid": gateway.identity.appid, "mch_id": gateway.identity.mchid}
    marketing = wxpay.v2.mmpaymkttransfers
    sent = {**own, "coupon_stock_id": number, "openid": CUSTOMER, "openid_count": 1}
    sent["partner_trade_no"] = new_number("C")

    def sends(**changes: Any) -> Any:
        return marketing.send_coupon.post(xml={**sent, **changes}, security=True).xml()

    coupon = sends()["coupon_id"]
    assert sends()["coupon_id"] == coupon
    assert code(sends, openid="oSomebodyElse") == "PARAM_ERROR"
    assert code(sends, partner_trade_no=new_number("C")) == "USER_AL_GET_COUPON"
    assert code(sends, partner_trade_no=new_number("C"), coupon_stock_id="404") == (
        "COUPON_STOCK_ID_NOT_VALID"
    )
    asked = {**own, "coupon_id": coupon, "openid": CUSTOMER, "stock_id": number}
    assert marketing.querycouponsinfo.post(xml=asked).xml()["coupon_state"] == "SENDED"
    bought(gateway, wxpay, [coupon])
    assert marketing.querycouponsinfo.post(xml=asked).xml()["coupon_use_value"] == "30"
    other = {**asked, "stock_id": "404"}
    assert code(marketing.querycouponsinfo.post, xml=other) == "COUPON_NOT_FOUND"
    shown = marketing.query_coupon_stock.post(xml={**own, "coupon_stock_id": number}).xml()
    assert (shown["coupon_stock_status"], shown["is_send_num"]) == ("4", "1")
    turn(gateway, wxpay, number, "stop")
    assert code(sends, partner_trade_no=new_number("C")) == "STOCK_IS_NOT_VALID"


def test_a_stock_that_stops_gives_its_budget_back(gateway: Any, wxpay: Any) -> None:
    number = started(gateway, wxpay)
    used, kept = send(gateway, wxpay, number), send(gateway, wxpay, number)
    turn(gateway, wxpay, number, "pause")
    assert code(send, gateway, wxpay, number) == "INVALID_REQUEST"
    turn(gateway, wxpay, number, "restart")
    turn(gateway, wxpay, number, "stop")
    assert code(turn, gateway, wxpay, number, "restart") == "INVALID_REQUEST"
    assert balances(gateway) == (240, 60)
    bought(gateway, wxpay, [used])
    assert balances(gateway) == (340, 30)
    gateway.advance(11 * DAY)
    assert balances(gateway) == (370, 0)
    assert gateway.coupons.get(kept)["state"] == "EXPIRED"


def test_a_stock_sends_within_its_limits(gateway: Any, wxpay: Any) -> None:
    limits = {"max_coupons": 3, "max_amount": 90, "max_coupons_per_user": 2}
    number = started(gateway, wxpay, rule={**limits, "max_amount_by_day": 60})
    given = {"out_request_no": new_number("C")}
    first = send(gateway, wxpay, number, **given)
    assert send(gateway, wxpay, number, **given) == first
    assert code(send, gateway, wxpay, number, "oSomebodyElse", **given) == "PARAM_ERROR"
    send(gateway, wxpay, number)
    assert code(send, gateway, wxpay, number, "oSomebodyElse") == "RULE_LIMIT"
    gateway.advance(DAY)
    assert code(send, gateway, wxpay, number) == "RULE_LIMIT"
    gateway.coupon_stocks.receive(number, "oSomebodyElse")
    assert code(send, gateway, wxpay, number, "oAnother") == "NOT_ENOUGH"
    assert code(send, gateway, wxpay, "404") == "RESOURCE_NOT_EXISTS"
    path = f"{BASE}/users/{CUSTOMER}/coupons"
    asked = {"appid": gateway.identity.appid, "status": "SENDED", "limit": "1"}
    found = wxpay.chain(path).get(query=asked).json()
    assert (found["total_count"], len(found["data"])) == (2, 1)


def test_a_coupon_that_does_not_fit_the_order_is_rejected(gateway: Any, wxpay: Any) -> None:
    tagged = {"goods_tag": ["WXG"], "available_merchants": [gateway.identity.mchid]}
    number = started(gateway, wxpay, use=tagged)
    coupon, other = send(gateway, wxpay, number), send(gateway, wxpay, number)
    for coupons, changes in (
        ([coupon], {}),
        ([coupon], {"goods_tag": "WXG", "total": 99}),
        ([coupon, other], {"goods_tag": "WXG"}),
        ([coupon, coupon], {"goods_tag": "WXG"}),
        (["404"], {"goods_tag": "WXG"}),
    ):
        with pytest.raises(LookupError):
            bought(gateway, wxpay, coupons, **changes)
    bought(gateway, wxpay, [coupon], goods_tag="WXG")
    with pytest.raises(LookupError, match="USED"):
        bought(gateway, wxpay, [coupon], goods_tag="WXG")
    gateway.coupons.expire(other)
    with pytest.raises(LookupError, match="EXPIRED"):
        bought(gateway, wxpay, [other], goods_tag="WXG")


def test_a_coupon_for_goods_counts_those_alone(gateway: Any, wxpay: Any) -> None:
    number = started(gateway, wxpay, use={"available_items": ["tea"]})
    coupon = send(gateway, wxpay, number)
    goods = {"merchant_goods_id": "tea", "quantity": 1, "unit_price": 90}
    with pytest.raises(LookupError, match="90"):
        bought(gateway, wxpay, [coupon], detail={"goods_detail": [goods]})
    made = bought(gateway, wxpay, [coupon], detail={"goods_detail": [{**goods, "quantity": 2}]})
    shown = queried(gateway, wxpay, made["out_trade_no"])
    assert shown["promotion_detail"][0]["scope"] == "SINGLE"


def test_an_order_without_its_goods_says_why(gateway: Any, wxpay: Any) -> None:
    number = started(gateway, wxpay, use={"available_items": ["tea"]})
    coupon = send(gateway, wxpay, number)
    with pytest.raises(LookupError, match="goods_detail 中没有可用单品"):
        bought(gateway, wxpay, [coupon])
    order = {
        "appid": gateway.identity.appid,
        "mch_id": gateway.identity.mchid,
        "body": "tea",
        "detail": '{"goods_detail":[{"goods_id":"tea","quantity":2,"price":90}]}',
        "out_trade_no": new_number("U"),
        "total_fee": 180,
        "notify_url": NOBODY,
        "spbill_create_ip": "127.0.0.1",
        "trade_type": "NATIVE",
    }
    wxpay.v2.pay.unifiedorder.post(xml=order)
    with pytest.raises(LookupError, match="APIv2 订单和合单不能使用单品券"):
        gateway.pay(order["out_trade_no"], coupons=[coupon])


def test_stocks_are_held_to_their_rules(gateway: Any, wxpay: Any) -> None:
    create = wxpay.chain(f"{BASE}/coupon-stocks").post
    for changes in (
        {"rule": {"max_amount": 299}},
        {"use": {"fixed_normal_coupon": {"coupon_amount": 30, "transaction_minimum": 30}}},
        {"available_end_time": "2020-01-01T00:00:00+08:00"},
        {"available_begin_time": "0001-01-01T00:00:00+08:00"},
        {"available_end_time": "9999-12-31T23:59:59-08:00"},
        {"stock_type": "DISCOUNT"},
    ):
        assert code(create, json=stock(gateway, **changes)) == "PARAM_ERROR"
    asked = stock(gateway)
    made = create(json=asked).json()
    assert create(json=asked).json() == made
    assert code(create, json={**asked, "stock_name": "其他"}) == "PARAM_ERROR"
    assert code(turn, gateway, wxpay, made["stock_id"], "start") == "NOT_ENOUGH"
    creator = {"stock_creator_mchid": gateway.identity.mchid}
    shown = wxpay.chain(f"{BASE}/stocks/{made['stock_id']}").get(query=creator).json()
    assert (shown["status"], shown["distributed_coupons"]) == ("unactivated", 0)
    listed = wxpay.chain(f"{BASE}/stocks").get(query={**creator, "offset": "0", "limit": "10"})
    assert listed.json()["data"] == [shown]


@given(
    st.integers(2, 500),
    st.lists(st.integers(1, 200), max_size=3),
    st.lists(st.integers(1, 300), max_size=6),
)
@settings(max_examples=60, deadline=None)
def test_the_parts_of_refunds_add_up(total: int, faces: list[int], refunds: list[int]) -> None:
    faces = faces if sum(faces) < total else []
    coupons = [
        {"coupon_id": str(index), "amount": fen, "no_cash": index == 1, "refunded": 0}
        for index, fen in enumerate(faces)
    ]
    whole: dict[str, Any] = {"total": total, "refunded": 0, "coupons": coupons}
    back = 0
    for fen in [*refunds, total]:
        amount = min(fen, total - whole["refunded"])
        if amount:
            made = {"amount": amount, "coupons": amounts.split(whole, amount)}
            assert amounts.paid_back(made) >= 0
            assert all(part["amount"] >= 0 for part in made["coupons"])
            whole["refunded"] += amount
            back += amounts.paid_back(made)
    assert back == amounts.payer_total(whole)
    assert [each["refunded"] for each in coupons] == faces
