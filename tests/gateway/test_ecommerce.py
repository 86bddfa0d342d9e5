"""平台收付通: sharing, subsidies, refunds with advances, and their effects on balances."""

from __future__ import annotations

import pytest

from tests.gateway.schemas import assert_fits
from tests.gateway.support import NOBODY, SUB, new_number, paid_to_partner
from wechatpay_chain import APIError

SUPPLIER = {"type": "MERCHANT_ID", "account": "1900000110"}
SHARED = {"settle_info": {"profit_sharing": True}}
DAY = 86400


@pytest.fixture(autouse=True)
def receivers(gateway, wxpay):
    """The supplier and the platform can receive."""
    for receiver in (SUPPLIER, {"type": "MERCHANT_ID", "account": gateway.identity.mchid}):
        body = {**receiver, "appid": gateway.identity.appid, "relation_type": "SUPPLIER"}
        wxpay.v3.ecommerce.profitsharing.receivers.add.post(json=body)


@pytest.fixture
def rich(gateway):
    """The platform has its own money."""
    gateway.state.ledger.move("recharge", 1000, "bank", "merchant")


def rejected(call, **options):
    with pytest.raises(APIError) as caught:
        call(**options)
    assert caught.value.verified
    return caught.value.code


def bought(gateway, wxpay, total=100, subsidy=0):
    settle = {"profit_sharing": True, **({"subsidy_amount": subsidy} if subsidy else {})}
    return paid_to_partner(gateway, wxpay, total, settle_info=settle)


def balance(wxpay, kind="BASIC"):
    """Return the available and the pending amount of the sub-merchant."""
    path = wxpay.v3.ecommerce.fund.balance._sub_mchid_
    shown = path.get(**SUB, query={"account_type": kind}).json()
    assert (shown["sub_mchid"], shown["account_type"]) == (SUB["sub_mchid"], kind)
    return shown["available_amount"], shown["pending_amount"]


def platform_balance(wxpay, kind="BASIC"):
    path = wxpay.v3.merchant.fund.balance._account_type_
    return path.get(account_type=kind).json()["available_amount"]


def share(wxpay, order, *parts, finish=False, **changes):
    body = {
        **SUB,
        "transaction_id": order["transaction_id"],
        "out_order_no": new_number("S"),
        "receivers": [
            {
                "type": "MERCHANT_ID",
                "receiver_account": account,
                "amount": fen,
                "description": "share",
            }
            for account, fen in parts
        ],
        "finish": finish,
        **changes,
    }
    return wxpay.v3.ecommerce.profitsharing.orders.post(json=body).json()


def finish(wxpay, order):
    body = {
        **SUB,
        "transaction_id": order["transaction_id"],
        "out_order_no": new_number("F"),
        "description": "the rest",
    }
    return wxpay.v3.ecommerce.profitsharing.finishOrder.post(json=body).json()


def found(wxpay, shared):
    query = {name: shared[name] for name in ("sub_mchid", "transaction_id", "out_order_no")}
    return wxpay.v3.ecommerce.profitsharing.orders.get(query=query).json()


def refund(wxpay, gateway, order, fen, **changes):
    body = {
        **SUB,
        "sp_appid": gateway.identity.appid,
        "transaction_id": order["transaction_id"],
        "out_refund_no": new_number("R"),
        "amount": {"refund": fen, "total": order["total"], "currency": "CNY"},
        "notify_url": NOBODY,
        **changes,
    }
    return wxpay.v3.ecommerce.refunds.apply.post(json=body).json()


# --- sharing -------------------------------------------------------------------------------------


def test_the_platform_takes_its_share_and_finishes(gateway, wxpay):
    order = bought(gateway, wxpay)
    before, platform = balance(wxpay), platform_balance(wxpay)
    accepted = share(wxpay, order, (SUPPLIER["account"], 20), (gateway.identity.mchid, 5))
    assert accepted["status"] == "PROCESSING"
    assert [each["result"] for each in accepted["receivers"]] == ["PENDING", "PENDING"]
    done = found(wxpay, accepted)
    assert (done["status"], done["order_id"]) == ("FINISHED", accepted["order_id"])
    assert [(each["receiver_account"], each["amount"]) for each in done["receivers"]] == [
        (SUPPLIER["account"], 20),
        (gateway.identity.mchid, 5),
    ]
    assert platform_balance(wxpay) == platform + 5
    amounts = wxpay.v3.ecommerce.profitsharing.orders._transaction_id_.amounts
    shown = amounts.get(transaction_id=order["transaction_id"]).json()
    assert shown["unsplit_amount"] == 75
    ended = found(wxpay, finish(wxpay, order))
    assert (ended["finish_amount"], ended["finish_description"]) == (75, "the rest")
    assert ended["receivers"] == []
    assert balance(wxpay) == (before[0] + 75, before[1] - 100)
    with pytest.raises(APIError, match="NOT_ENOUGH"):
        share(wxpay, order, (SUPPLIER["account"], 1))


def test_the_same_request_again_is_carried_out_once(gateway, wxpay):
    order = bought(gateway, wxpay)
    number = new_number("S")
    first = share(wxpay, order, (SUPPLIER["account"], 20), out_order_no=number)
    again = share(wxpay, order, (SUPPLIER["account"], 20), out_order_no=number)
    assert again["order_id"] == first["order_id"]
    with pytest.raises(APIError, match="已用于其他内容"):
        share(wxpay, order, (SUPPLIER["account"], 21), out_order_no=number)
    with pytest.raises(APIError, match="NOT_ENOUGH"):
        share(wxpay, order, (SUPPLIER["account"], 81))


def test_a_share_comes_back_as_long_as_its_receiver_has_it(gateway, wxpay):
    order = bought(gateway, wxpay)
    platform = gateway.identity.mchid
    shared = share(wxpay, order, (SUPPLIER["account"], 20), (platform, 5), finish=True)
    give_back = wxpay.v3.ecommerce.profitsharing.returnorders
    body = {
        **SUB,
        "order_id": shared["order_id"],
        "out_return_no": new_number("B"),
        "return_mchid": SUPPLIER["account"],
        "amount": 7,
        "description": "returned goods",
    }
    before = balance(wxpay)[0]
    made = give_back.post(json=body).json()
    assert (made["result"], made["amount"]) == ("SUCCESS", 7)
    query = {name: body[name] for name in ("sub_mchid", "order_id", "out_return_no")}
    assert give_back.get(query=query).json() == made
    assert balance(wxpay)[0] == before + 7
    gateway.state.ledger.move("withdraw", platform_balance(wxpay), "merchant", "bank")
    other = {**body, "return_mchid": platform, "amount": 5, "out_return_no": new_number("B")}
    assert rejected(give_back.post, json=other) == "NOT_ENOUGH"
    too_much = {**body, "amount": 14, "out_return_no": new_number("B")}
    assert rejected(give_back.post, json=too_much) == "INVALID_REQUEST"


def test_a_receiver_has_to_be_added(gateway, wxpay):
    order = bought(gateway, wxpay)
    stranger = {"type": "MERCHANT_ID", "account": "1900000111"}
    with pytest.raises(APIError, match="分账接收方关系不存在"):
        share(wxpay, order, (stranger["account"], 1))
    body = {**stranger, "appid": gateway.identity.appid, "relation_type": "OTHERS"}
    assert wxpay.v3.ecommerce.profitsharing.receivers.add.post(json=body).json() == stranger
    share(wxpay, order, (stranger["account"], 1))
    del body["relation_type"]
    wxpay.v3.ecommerce.profitsharing.receivers.delete.post(json=body)
    with pytest.raises(APIError, match="分账接收方关系不存在"):
        share(wxpay, order, (stranger["account"], 1))


# --- subsidies -----------------------------------------------------------------------------------


def subsidize(wxpay, order, fen, **changes):
    body = {**SUB, "transaction_id": order["transaction_id"], "amount": fen, "description": "x"}
    return wxpay.v3.ecommerce.subsidies.create.post(json={**body, **changes}).json()


def take_back(wxpay, order, fen, refund_id, **changes):
    body = {
        **SUB,
        "transaction_id": order["transaction_id"],
        "out_order_no": new_number("B"),
        "refund_id": refund_id,
        "amount": fen,
        "description": "x",
    }
    return wxpay.v3.ecommerce.subsidies.return_.post(json={**body, **changes}).json()


@pytest.mark.usefixtures("rich")
def test_a_subsidy_is_paid_once_and_shared_with_its_order(gateway, wxpay):
    order = bought(gateway, wxpay, subsidy=30)
    with pytest.raises(APIError, match="请先补差或取消补差"):
        share(wxpay, order, (SUPPLIER["account"], 1))
    platform, before = platform_balance(wxpay), balance(wxpay)
    paid = subsidize(wxpay, order, 30)
    assert paid["result"] == "SUCCESS"
    assert subsidize(wxpay, order, 30)["subsidy_id"] == paid["subsidy_id"]
    assert platform_balance(wxpay) == platform - 30
    assert balance(wxpay) == (before[0], before[1] + 30)
    share(wxpay, order, (SUPPLIER["account"], 120))
    finish(wxpay, order)
    assert balance(wxpay) == (before[0] + 10, before[1] - 100)


@pytest.mark.usefixtures("rich")
def test_less_is_paid_only_for_an_order_that_was_refunded(gateway, wxpay):
    order = bought(gateway, wxpay, subsidy=30)
    with pytest.raises(APIError, match="没有微信退款单号"):
        subsidize(wxpay, order, 29)
    with pytest.raises(APIError, match="超过下单时的补差金额"):
        subsidize(wxpay, order, 31)
    made = refund(wxpay, gateway, order, 10)
    subsidize(wxpay, order, 29, refund_id=made["refund_id"])
    with pytest.raises(APIError, match="只能补差一笔"):
        subsidize(wxpay, order, 30)


@pytest.mark.usefixtures("rich")
def test_a_subsidy_comes_back_once_for_each_refund(gateway, wxpay):
    order = bought(gateway, wxpay, subsidy=30)
    subsidize(wxpay, order, 30)
    one, other = (refund(wxpay, gateway, order, 10)["refund_id"] for _ in range(2))
    platform, pending = platform_balance(wxpay), balance(wxpay)[1]
    with pytest.raises(APIError, match="退款单不存在"):
        take_back(wxpay, order, 10, "50300000000000000000000000000")
    made = take_back(wxpay, order, 10, one)
    assert (made["result"], made["refund_id"]) == ("SUCCESS", one)
    with pytest.raises(APIError, match="只允许补差回退一次"):
        take_back(wxpay, order, 10, one)
    with pytest.raises(APIError, match="剩余可回退的金额"):
        take_back(wxpay, order, 21, other)
    available = [{"account": "AVAILABLE", "amount": 20}]
    gateway.state.ledger.move("withdraw", balance(wxpay)[0] or 1, "merchant:1900000109", "bank")
    with pytest.raises(APIError, match="NOT_ENOUGH"):
        take_back(wxpay, order, 20, other, **{"from": available})
    take_back(wxpay, order, 20, other)
    assert platform_balance(wxpay) == platform + 30
    assert balance(wxpay)[1] == pending - 30


@pytest.mark.usefixtures("rich")
def test_a_cancelled_subsidy_lets_the_order_be_shared(gateway, wxpay):
    order = bought(gateway, wxpay, subsidy=30)
    cancel = {**SUB, "transaction_id": order["transaction_id"], "description": "refunded"}
    post = wxpay.v3.ecommerce.subsidies.cancel.post
    assert rejected(post, json=cancel) == "INVALID_REQUEST"
    refund(wxpay, gateway, order, 10)
    assert post(json=cancel).json()["result"] == "SUCCESS"
    with pytest.raises(APIError, match="已取消补差"):
        subsidize(wxpay, order, 30)
    share(wxpay, order, (SUPPLIER["account"], 90))


# --- balances ------------------------------------------------------------------------------------


def test_balances_at_the_end_of_a_day(gateway, wxpay):
    path = wxpay.v3.ecommerce.fund.enddaybalance._sub_mchid_
    order = bought(gateway, wxpay)
    now, day = balance(wxpay), gateway.state.clock.date()
    assert rejected(path.get, **SUB, query={"date": day}) == "INVALID_REQUEST"
    gateway.advance(DAY)
    finish(wxpay, order)
    shown = path.get(**SUB, query={"date": day}).json()
    assert (shown["available_amount"], shown["pending_amount"]) == now
    assert balance(wxpay) == (now[0] + 100, now[1] - 100)
    gateway.advance(91 * DAY)
    assert rejected(path.get, **SUB, query={"date": day}) == "PARAM_ERROR"
    assert rejected(path.get, **SUB, query={"date": "20261127"}) == "PARAM_ERROR"


def test_what_nobody_shares_in_time_is_the_sub_merchants(gateway, wxpay):
    before = balance(wxpay)
    bought(gateway, wxpay)
    released = gateway.state.clock.now() + 30 * DAY
    gateway.advance(33 * DAY)
    assert balance(wxpay) == (before[0] + 100, before[1])
    path = wxpay.v3.ecommerce.fund.enddaybalance._sub_mchid_
    for moment, available in ((released - DAY, before[0]), (released, before[0] + 100)):
        query = {"date": gateway.state.clock.date(moment)}
        assert path.get(**SUB, query=query).json()["available_amount"] == available


def test_the_platforms_accounts(gateway, wxpay):
    path = wxpay.v3.merchant.fund.dayendbalance._account_type_
    gateway.state.ledger.move("recharge", 70, "bank", "operation")
    day = gateway.state.clock.date()
    gateway.advance(DAY)
    gateway.state.ledger.move("recharge", 7, "bank", "operation")
    shown = path.get(account_type="OPERATION", query={"date": day}).json()
    assert platform_balance(wxpay, "OPERATION") == shown["available_amount"] + 7
    unknown = wxpay.v3.merchant.fund.balance._account_type_.get
    assert rejected(unknown, account_type="GOLD") == "PARAM_ERROR"


# --- refunds -------------------------------------------------------------------------------------


def advanced(wxpay, gateway, order, fen, **changes):
    source = {"refund_account": "REFUND_SOURCE_PARTNER_ADVANCE"}
    return refund(wxpay, gateway, order, fen, **source, **changes)


def test_a_refund_of_a_sub_merchant(gateway, wxpay):
    order = bought(gateway, wxpay)
    before = balance(wxpay)
    made = refund(wxpay, gateway, order, 30)
    assert made["refund_account"] == "REFUND_SOURCE_SUB_MERCHANT"
    assert (made["amount"]["refund"], made["amount"]["advance"]) == (30, 0)
    assert balance(wxpay) == (before[0], before[1] - 30)
    refunds = wxpay.v3.ecommerce.refunds
    by_id = refunds.id._refund_id_.get(refund_id=made["refund_id"], query=SUB).json()
    assert by_id["status"] == "PROCESSING"
    gateway.advance(5)
    number = made["out_refund_no"]
    by_number = refunds.outRefundNo._out_refund_no_.get(out_refund_no=number, query=SUB).json()
    assert (by_number["status"], by_number["refund_id"]) == ("SUCCESS", made["refund_id"])
    other = {"sub_mchid": "1900000118"}
    get = refunds.id._refund_id_.get
    assert rejected(get, refund_id=made["refund_id"], query=other) == "RESOURCE_NOT_EXISTS"


def test_an_abnormal_refund_goes_to_a_bank_card(gateway, wxpay):
    made = refund(wxpay, gateway, bought(gateway, wxpay), 30)
    gateway.refunds.fail(made["out_refund_no"])
    post = wxpay.v3.ecommerce.refunds._refund_id_.applyAbnormalRefund.post
    body = {**SUB, "out_refund_no": made["out_refund_no"], "type": "MERCHANT_BANK_CARD"}
    shown = post(refund_id=made["refund_id"], json=body).json()
    assert (shown["status"], shown["refund_account"]) == (
        "PROCESSING",
        "REFUND_SOURCE_SUB_MERCHANT",
    )


@pytest.mark.usefixtures("rich")
def test_the_platform_pays_in_advance_and_gets_it_back(gateway, wxpay):
    order = bought(gateway, wxpay)
    own, platform = balance(wxpay), platform_balance(wxpay)
    made = advanced(wxpay, gateway, order, 40)
    assert made["amount"]["advance"] == 40
    assert (balance(wxpay), platform_balance(wxpay)) == (own, platform - 40)
    path = wxpay.v3.ecommerce.refunds._refund_id_.returnAdvance
    named = {"refund_id": made["refund_id"]}
    assert rejected(path.post, **named, json=SUB) == "INVALID_REQUEST"  # not arrived yet
    assert rejected(path.get, **named, query=SUB) == "RESOURCE_NOT_EXISTS"
    gateway.advance(5)
    if own[0]:
        gateway.state.ledger.move("withdraw", own[0], "merchant:1900000109", "bank")
    waiting = path.post(**named, json=SUB).json()
    assert (waiting["result"], waiting["return_amount"]) == ("PROCESSING", 40)
    finish(wxpay, order)
    done = path.get(**named, query=SUB).json()
    assert done["result"] == "SUCCESS"
    assert done["advance_return_id"] == waiting["advance_return_id"]
    assert (done["payer_mchid"], done["payee_mchid"]) == (SUB["sub_mchid"], gateway.identity.mchid)
    assert (balance(wxpay)[0], platform_balance(wxpay)) == (60, platform)


@pytest.mark.usefixtures("rich")
def test_an_advance_that_never_comes_back(gateway, wxpay):
    order = bought(gateway, wxpay)
    share(wxpay, order, (SUPPLIER["account"], 100))
    made = advanced(wxpay, gateway, order, 40)
    gateway.advance(5)
    if balance(wxpay)[0]:
        gateway.state.ledger.move("withdraw", balance(wxpay)[0], "merchant:1900000109", "bank")
    path = wxpay.v3.ecommerce.refunds._refund_id_.returnAdvance
    path.post(refund_id=made["refund_id"], json=SUB)
    gateway.advance(91 * DAY)
    shown = path.get(refund_id=made["refund_id"], query=SUB).json()
    assert shown["result"] == "FAILED"
    assert "success_time" not in shown


@pytest.mark.usefixtures("rich")
def test_an_advance_goes_back_to_the_platform_if_the_refund_is_closed(gateway, wxpay):
    order = bought(gateway, wxpay)
    own, platform = balance(wxpay), platform_balance(wxpay)
    made = advanced(wxpay, gateway, order, 40)
    gateway.refunds.close(made["out_refund_no"])
    assert (balance(wxpay), platform_balance(wxpay)) == (own, platform)


def test_an_advance_that_the_platform_cannot_pay(gateway, wxpay):
    own = platform_balance(wxpay)
    order = bought(gateway, wxpay, total=own + 100)
    with pytest.raises(APIError, match="NOT_ENOUGH"):
        advanced(wxpay, gateway, order, own + 1)
    with pytest.raises(APIError, match="refund_account"):
        refund(wxpay, gateway, order, 1, refund_account="SOMEBODY")


@pytest.mark.usefixtures("rich")
def test_what_the_notification_of_a_refund_says(gateway, wxpay, receiver):
    order = bought(gateway, wxpay)
    advanced(wxpay, gateway, order, 40, notify_url=receiver.url)
    gateway.advance(5)
    told = receiver.next()
    assert_fits(told, "ecommerce")
    assert told.event_type == "REFUND.SUCCESS"
    assert told.resource["refund_account"] == "REFUND_SOURCE_PARTNER_ADVANCE"
    assert (told.resource["sp_mchid"], told.resource["sub_mchid"]) == (
        gateway.identity.mchid,
        SUB["sub_mchid"],
    )


@pytest.mark.usefixtures("rich")
def test_what_the_fund_flow_bills_say(gateway, wxpay):
    gateway.advance(DAY)
    order = bought(gateway, wxpay, subsidy=30)
    subsidize(wxpay, order, 30)
    made = advanced(wxpay, gateway, order, 40)
    gateway.advance(5)
    finish(wxpay, order)
    path = wxpay.v3.ecommerce.refunds._refund_id_.returnAdvance
    path.post(refund_id=made["refund_id"], json=SUB)
    take_back(wxpay, order, 10, made["refund_id"])
    kinds = ("`分账,`补差,", "`退款,`退款,", "`退款,`垫付退款回补,", "`分账,`补差回退,")
    for owner, seen in ({}, [True] * 4), (SUB, [True, False, True, True]):
        query = {**owner, "bill_date": gateway.state.clock.date(), "account_type": "BASIC"}
        told = wxpay.v3.bill.fundflowbill.get(query=query).json()
        text = wxpay[told["download_url"]].get().content.decode()
        assert [kind in text for kind in kinds] == seen
