"""Contracts and deductions, from the signature to the refund, by APIv3 and APIv2."""

from __future__ import annotations

import datetime
from functools import partial

import pytest

from tests.gateway.fitting import assert_notice_fits, assert_response_fits
from tests.gateway.support import NOBODY, SUB, new_number
from wechatpay_chain import APIError

SCHEDULED = "v3/papay/scheduled-deduct-sign"
SIGN = "v3/papay/sign/contracts"
BY_PLAN = "plan-id/{plan_id}/out-contract-code/{out_contract_code}"
APPLY = "v3/papay/pay/transactions/apply"
INSURANCE = "v3/papay/insurance-sign"


def contract(gateway, **changes):
    return {
        "appid": gateway.identity.appid,
        "plan_id": 12535,
        "out_contract_code": new_number("C"),
        "contract_display_account": "微信代扣",
        "contract_notify_url": NOBODY,
        **changes,
    }


def ask(wxpay, path, body):
    told = wxpay[path].post(json=body).json()
    assert_response_fits("POST", path, told)
    return told


def signed(wxpay, gateway, *, periodic=False, **changes):
    body = contract(gateway, **changes)
    ask(wxpay, f"{SCHEDULED}/contracts/pre-entrust-sign/h5", body)
    return gateway.contracts.sign(body["out_contract_code"], periodic=periodic)


def query(wxpay, code, base=SIGN, plan="plan_id", **query):
    path = (
        f"{base}/{BY_PLAN}"
        if plan == "plan_id"
        else f"{base}/{BY_PLAN}".replace("plan-id/{plan_id}", "service-id/{service_id}")
    )
    names = {plan: "12535", "out_contract_code": code}
    told = wxpay.chain(path).get(**names, query=query or None).json()
    assert_response_fits("GET", path, told)
    return told


def deduction(gateway, contract_id, total=100, **changes):
    return {
        "appid": gateway.identity.appid,
        "out_trade_no": new_number("D"),
        "description": "会员费",
        "transaction_notify_url": NOBODY,
        "contract_id": contract_id,
        "amount": {"total": total, "currency": "CNY"},
        **changes,
    }


def order(wxpay, gateway, number):
    path = wxpay.chain("v3/pay/transactions/out-trade-no/{n}")
    return path.get(n=number, query={"mchid": gateway.identity.mchid}).json()


def code(call, *arguments, **options):
    with pytest.raises(APIError) as caught:
        call(*arguments, **options)
    assert caught.value.verified
    return caught.value.status_code, caught.value.code


def day(gateway, days=0):
    today = datetime.date.fromisoformat(gateway.state.clock.date())
    return f"{today + datetime.timedelta(days=days)}"


# --- APIv3 -------------------------------------------------------------------------------------


def test_a_contract_from_its_signature_to_the_refund(gateway, wxpay, receiver):
    ledger, asked = gateway.state.ledger, contract(gateway, contract_notify_url=receiver.url)
    number, earned = asked["out_contract_code"], ledger.balance("merchant")
    path = f"{SCHEDULED}/contracts/pre-entrust-sign/mini-program"
    token = ask(wxpay, path, asked)["pre_entrustweb_id"]
    assert ask(wxpay, path, asked)["pre_entrustweb_id"] == token
    assert code(wxpay[path].post, json={**asked, "plan_id": 1}) == (400, "INVALID_REQUEST")
    assert code(query, wxpay, number) == (404, "CONTRACT_NOT_EXIST")

    contract_id = gateway.contracts.sign(number, openid="oUser")["contract_id"]
    notice = receiver.next()
    assert_notice_fits(notice, "ENTRUST.SIGN", "direct")
    assert notice.raw["resource"]["original_type"] == "entrust"
    assert query(wxpay, number)["contract_state"] == "SIGNED"

    made = deduction(gateway, contract_id, transaction_notify_url=receiver.url)
    assert ask(wxpay, APPLY, made)["amount"]["total"] == 100
    assert ask(wxpay, APPLY, made)["out_trade_no"] == made["out_trade_no"]
    other = {**made, "description": "别的"}
    assert code(wxpay[APPLY].post, json=other) == (403, "OUT_TRADE_NO_USED")
    assert order(wxpay, gateway, made["out_trade_no"])["trade_state"] == "ACCEPT"
    assert ledger.balance("merchant") == earned
    assert receiver.empty
    gateway.advance(10)
    notice = receiver.next()
    assert notice.event_type == "TRANSACTION.SUCCESS"
    assert (notice.resource["trade_type"], notice.resource["payer"]["openid"]) == ("PAP", "oUser")
    shown = order(wxpay, gateway, made["out_trade_no"])
    assert shown["transaction_id"] == notice.resource["transaction_id"]
    assert ledger.balance("merchant") == earned + 100

    refund = {
        "out_trade_no": made["out_trade_no"],
        "out_refund_no": new_number("R"),
        "amount": {"refund": 40, "total": 100, "currency": "CNY"},
    }
    wxpay.v3.refund.domestic.refunds.post(json=refund)
    assert ledger.balance("merchant") == earned + 60

    ended = wxpay.chain(f"{SIGN}/{BY_PLAN}/terminate").post(
        plan_id="12535", out_contract_code=number, json={"contract_termination_remark": "不用了"}
    )
    assert ended.json()["contract_state"] == "TERMINATED"
    assert_notice_fits(receiver.next(), "ENTRUST.TERMINATE", "direct")
    assert query(wxpay, number)["contract_terminate_info"]["contract_termination_mode"] == (
        "MCH_API_TERMINATE"
    )
    late = deduction(gateway, contract_id)
    assert code(wxpay[APPLY].post, json=late) == (404, "CONTRACT_NOT_EXIST")
    assert code(wxpay[path].post, json=asked) == (400, "INVALID_REQUEST")


def test_a_user_without_money(gateway, wxpay, receiver):
    contract_id = signed(wxpay, gateway)["contract_id"]
    made = deduction(gateway, contract_id, transaction_notify_url=receiver.url)
    wxpay[APPLY].post(json=made)
    gateway.fail(made["out_trade_no"])
    notice = receiver.next()
    assert_notice_fits(notice, "TRANSACTION.FAIL", "papay")
    assert notice.resource["trade_state"] == "PAYERROR"
    gateway.advance(3600)
    assert order(wxpay, gateway, made["out_trade_no"])["trade_state"] == "PAYERROR"
    wxpay.chain("v3/papay/contracts/{contract_id}/fail-notify").post(
        contract_id=contract_id,
        json={"mchid": gateway.identity.mchid, "appid": gateway.identity.appid},
    )
    wxpay[APPLY].post(json=made)
    gateway.advance(10)
    assert receiver.next().event_type == "TRANSACTION.SUCCESS"
    assert receiver.empty


def test_a_notice_before_the_deduction(gateway, wxpay):
    contract_id = signed(wxpay, gateway)["contract_id"]
    told = {
        "mchid": gateway.identity.mchid,
        "appid": gateway.identity.appid,
        "deduct_duration": {"count": 1, "unit": "DAY"},
        "estimated_amount": {"amount": 100, "currency": "CNY"},
    }
    notify = wxpay.chain("v3/papay/contracts/{contract_id}/notify")
    assert notify.post(contract_id=contract_id, json=told).status_code == 204
    for days in (0, 1):
        gateway.advance(hours=24 * days)
        got = code(wxpay[APPLY].post, json=deduction(gateway, contract_id))
        assert got == (400, "INVALID_REQUEST")
    gateway.advance(hours=24)
    too_much = deduction(gateway, contract_id, 101)
    assert code(wxpay[APPLY].post, json=too_much) == (400, "INVALID_REQUEST")
    wxpay[APPLY].post(json=deduction(gateway, contract_id))
    gateway.advance(10)
    gateway.orders()
    got = code(wxpay[APPLY].post, json=deduction(gateway, contract_id))
    assert got == (400, "INVALID_REQUEST")  # a notice allows one deduction


def test_a_periodic_deduction_is_carried_out_a_day_later(gateway, wxpay, receiver):
    contract_id = signed(wxpay, gateway, periodic=True)["contract_id"]
    first = deduction(gateway, contract_id, transaction_notify_url=receiver.url)
    wxpay[APPLY].post(json=first)
    gateway.advance(10)
    assert receiver.next().resource["out_trade_no"] == first["out_trade_no"]
    gateway.advance(hours=12)
    later = deduction(gateway, contract_id, transaction_notify_url=receiver.url)
    wxpay[APPLY].post(json=later)
    gateway.advance(hours=23)
    assert order(wxpay, gateway, later["out_trade_no"])["trade_state"] == "ACCEPT"
    gateway.advance(hours=2)
    assert receiver.next().resource["out_trade_no"] == later["out_trade_no"]


def test_a_user_who_ends_the_contract_is_not_charged(gateway, wxpay, receiver):
    made = signed(wxpay, gateway, periodic=True)
    gateway.advance(hours=13)
    pending = deduction(gateway, made["contract_id"], transaction_notify_url=receiver.url)
    wxpay[APPLY].post(json=pending)
    gateway.advance(hours=1)
    gateway.contracts.terminate(made["out_contract_code"])
    notice = receiver.next()
    assert notice.event_type == "TRANSACTION.FAIL"
    assert notice.resource["out_trade_no"] == pending["out_trade_no"]
    gateway.advance(hours=48)
    assert order(wxpay, gateway, pending["out_trade_no"])["trade_state"] == "PAYERROR"
    entries = gateway.state.ledger.entries()
    assert pending["out_trade_no"] not in [each.get("out_trade_no") for each in entries]
    assert receiver.empty


def test_deductions_are_in_the_bills_once_they_are_due(gateway, wxpay):
    made = deduction(gateway, signed(wxpay, gateway)["contract_id"], 123)
    wxpay[APPLY].post(json=made)
    gateway.advance(10)  # without a query of the order
    query = {"bill_date": gateway.state.clock.date()}
    for kind in ("tradebill", "fundflowbill"):
        url = wxpay[f"v3/bill/{kind}"].get(query=query).json()["download_url"]
        bill = wxpay[url].get().text
        (row,) = [line for line in bill.splitlines() if made["out_trade_no"] in line]
        assert "1.23" in row


def test_a_scheduled_deduction_ends_its_contract(gateway, wxpay, receiver):
    money = {"total": 100, "currency": "CNY"}
    planned = {
        "estimated_deduct_date": day(gateway, 2),
        "estimated_deduct_amount": money,
        "description": "会员费",
    }
    made = signed(wxpay, gateway, deduct_schedule=planned, contract_notify_url=receiver.url)
    assert receiver.next().event_type == "ENTRUST.SIGN"
    contract_id, appid = made["contract_id"], gateway.identity.appid
    base = "v3/papay/pay/schedules/contract-id/{contract_id}"

    def schedule(total=100):
        body = {"appid": appid, "schedule_amount": {"total": total, "currency": "CNY"}}
        told = wxpay.chain(f"{base}/schedule").post(contract_id=contract_id, json=body).json()
        assert_response_fits("POST", f"{base}/schedule", told)
        return told

    assert code(schedule) == (400, "INVALID_REQUEST")  # only on the day before
    gateway.advance(hours=24)
    assert code(schedule, 99) == (400, "INVALID_REQUEST")
    assert schedule() == {
        "schedule_state": "SCHEDULED",
        "deduct_start_date": planned["estimated_deduct_date"],
        "deduct_end_date": planned["estimated_deduct_date"],
        "scheduled_amount": money,
    }
    got = code(wxpay[APPLY].post, json=deduction(gateway, contract_id))
    assert got == (400, "INVALID_REQUEST")
    gateway.advance(hours=24)
    wxpay[APPLY].post(json=deduction(gateway, contract_id))
    gateway.advance(10)
    gateway.orders()
    assert receiver.next().event_type == "ENTRUST.TERMINATE"
    shown = query(wxpay, made["out_contract_code"])
    assert shown["contract_state"] == "TERMINATED"
    assert shown["deduct_schedule"]["schedule_state"] == "PAID"
    got = wxpay.chain(base).get(contract_id=contract_id).json()
    assert got["schedule_state"] == "PAID"


def test_contracts_of_sub_merchants(gateway, wxpay, receiver):
    path = f"{SCHEDULED}/partner/contracts/pre-entrust-sign/app"
    body = contract(gateway, **SUB, contract_notify_url=receiver.url)
    body["sp_appid"] = body.pop("appid")
    ask(wxpay, path, body)
    made = gateway.contracts.sign(body["out_contract_code"])
    assert_notice_fits(receiver.next(), "ENTRUST.SIGN", "partner")
    number = made["out_contract_code"]
    base = "v3/papay/sign/partner/contracts"
    assert query(wxpay, number, base, **SUB)["sub_mchid"] == SUB["sub_mchid"]
    assert code(query, wxpay, number) == (404, "CONTRACT_NOT_EXIST")
    got = code(query, wxpay, number, base, sub_mchid="1900000111")
    assert got == (404, "CONTRACT_NOT_EXIST")
    pay = {**deduction(gateway, made["contract_id"]), "transaction_notify_url": receiver.url}
    assert code(wxpay[APPLY].post, json=pay) == (404, "CONTRACT_NOT_EXIST")
    pay["sp_appid"] = pay.pop("appid")
    wxpay["v3/papay/pay/partner/transactions/apply"].post(json={**pay, **SUB})
    gateway.advance(10)
    assert receiver.next().resource["sub_mchid"] == SUB["sub_mchid"]
    told = {
        "sp_mchid": gateway.identity.mchid,
        "sp_appid": gateway.identity.appid,
        **SUB,
        "estimated_amount": {"amount": 100},
    }
    notify = wxpay.chain("v3/partner-papay/contracts/{contract_id}/notify")
    notify.post(contract_id=made["contract_id"], json=told)
    gateway.contracts.terminate(number)
    notice = receiver.next()
    assert_notice_fits(notice, "ENTRUST.TERMINATE", "partner")
    info = notice.resource["contract_terminate_info"]
    assert info["contract_termination_mode"] == "USER_TERMINATE"


@pytest.mark.parametrize("kind", ["normal", "ecommerce"])
def test_payments_without_a_password(gateway, wxpay, receiver, kind):
    base = "v3/password-exempt-contract/contracts"
    body = contract(gateway, notify_url=receiver.url, openid="oUser")
    body["service_id"] = body.pop("plan_id")
    del body["contract_notify_url"]
    ask(wxpay, f"{base}/{kind}/pre-entrust-sign/mini-program", body)
    made = gateway.contracts.sign(body["out_contract_code"])
    assert_notice_fits(receiver.next(), "PAYSCORE.USER_OPEN_SERVICE", "contract")
    assert query(wxpay, made["out_contract_code"], base, "service_id")["openid"] == "oUser"
    wxpay[APPLY].post(json=deduction(gateway, made["contract_id"]))
    other = {**body, "out_contract_code": new_number("C"), "prepay_id": "wx0"}
    told = ask(wxpay, f"{base}/{kind}/pre-entrust-sign/pay-redirect-sign", other)
    assert told["out_contract_code"] == other["out_contract_code"]
    assert gateway.contracts.sign(other["out_contract_code"])["state"] == "SIGNED"


def test_contracts_of_combined_deductions(gateway, wxpay, receiver):
    base = "v3/ecommerce/combine-papay/contracts"
    body = contract(gateway, notify_url=receiver.url, attach="x")
    del body["contract_notify_url"]
    ask(wxpay, f"{base}/pre-entrust-sign", body)
    gateway.contracts.sign(body["out_contract_code"])
    assert_notice_fits(receiver.next(), "ECOMMERCE_ENTRUST.SIGN")
    assert query(wxpay, body["out_contract_code"], base)["contract_state"] == "SIGNED"
    gateway.contracts.terminate(body["out_contract_code"])
    assert_notice_fits(receiver.next(), "ECOMMERCE_ENTRUST.TERMINATE")


def test_several_orders_are_deducted_at_once(gateway, wxpay):
    base, ledger = "v3/ecommerce/combine-papay", gateway.state.ledger
    body = contract(gateway, notify_url=NOBODY)
    del body["contract_notify_url"]
    ask(wxpay, f"{base}/contracts/pre-entrust-sign/mini-program", body)
    made = gateway.contracts.sign(body["out_contract_code"])
    inner = {
        "mchid": gateway.identity.mchid,
        **SUB,
        "amount": {"total_amount": 100, "currency": "CNY"},
        "description": "会员费",
    }
    number, numbers = new_number("B"), [new_number("D") for _ in range(2)]
    account = f"merchant:{SUB['sub_mchid']}"
    earned = ledger.balance(account)
    combined = {
        "combine_appid": gateway.identity.appid,
        "combine_mchid": gateway.identity.mchid,
        "combine_out_trade_no": number,
        "contract_id": made["contract_id"],
        "sub_orders": [{**inner, "out_trade_no": each} for each in numbers],
    }
    path = f"{base}/transactions"
    told = ask(wxpay, path, combined)
    assert [each["trade_state"] for each in told["sub_orders"]] == ["SUCCESS"] * 2
    assert ask(wxpay, path, combined) == told
    assert ledger.balance(account) == earned + 200
    one = wxpay.chain(f"{path}/{{combine_out_trade_no}}")
    assert one.get(combine_out_trade_no=number).json() == told
    other = {**combined, "contract_id": "1"}
    assert code(wxpay[path].post, json=other) == (403, "OUT_TRADE_NO_USED")
    unknown = {**other, "combine_out_trade_no": new_number("B")}
    assert code(wxpay[path].post, json=unknown) == (404, "CONTRACT_NOT_EXIST")
    named = [{"mchid": gateway.identity.mchid, **SUB, "out_trade_no": each} for each in numbers]
    reverse = {"combine_appid": gateway.identity.appid, "sub_orders": named}
    for wrong in (named[:1], [{**each, "sub_mchid": "1900000111"} for each in named]):
        got = code(
            one.reverse.post, combine_out_trade_no=number, json={**reverse, "sub_orders": wrong}
        )
        assert got == (400, "INVALID_REQUEST")
    one.reverse.post(combine_out_trade_no=number, json=reverse)
    shown = one.get(combine_out_trade_no=number).json()
    assert [each["trade_state"] for each in shown["sub_orders"]] == ["REVOKED"] * 2
    assert ledger.balance(account) == earned


def test_an_insurance_is_paid_in_periods(gateway, wxpay, receiver):
    money = {"total": 100, "currency": "CNY"}

    def period(number, days):
        date = day(gateway, days)
        return {
            "policy_period_id": number,
            "estimated_deduct_date": date,
            "estimated_deduct_amount": money,
        }

    body = contract(gateway, contract_notify_url=receiver.url, insured_display_name="张*")
    body |= {
        "policy_start_date": day(gateway),
        "policy_end_date": day(gateway, 365),
        "policy_periods": [period(1, 1), period(2, 31)],
    }
    ask(wxpay, f"{INSURANCE}/contracts/pre-entrust-sign/app", body)
    made = gateway.contracts.sign(body["out_contract_code"])
    assert receiver.next().event_type == "INSURANCE_ENTRUST.SIGN"
    number, contract_id = made["out_contract_code"], made["contract_id"]
    query(wxpay, number, f"{INSURANCE}/contracts")
    appid = gateway.identity.appid
    base = "v3/papay/insurance-pay/policy-periods/contract-id/{contract_id}"
    one = f"{base}/policy-period-id/{{policy_period_id}}"
    told = wxpay.chain(f"{one}/schedule").post(
        contract_id=contract_id,
        policy_period_id="1",
        json={"appid": appid, "scheduled_amount": money},
    )
    assert told.json()["policy_period_state"] == "SCHEDULED"
    gateway.advance(hours=24)
    pay = deduction(gateway, contract_id, policy_period_id=1)
    wxpay["v3/papay/insurance-pay/transactions/apply"].post(json=pay)
    gateway.advance(10)
    gateway.orders()
    shown = wxpay.chain(one).get(contract_id=contract_id, policy_period_id="1").json()
    assert_response_fits("GET", one, shown)
    assert shown["policy_period_state"] == "PAID"
    of_plan = f"plan-id/12535/contract-id/{contract_id}"
    renewed = {"appid": appid, "policy_periods": [period(3, 60)]}
    wxpay[f"{INSURANCE}/contracts/{of_plan}/renew"].post(json=renewed)
    assert receiver.next().event_type == "INSURANCE_ENTRUST.RENEW"
    path = f"{INSURANCE}/policy_periods/{BY_PLAN}"
    names = {"plan_id": "12535", "out_contract_code": number}
    listed = wxpay.chain(path).get(**names).json()
    assert_response_fits("GET", path, listed)
    assert [each["policy_period_id"] for each in listed["data"]] == [1, 2, 3]
    changed = {"appid": appid, "policy_periods": [period(4, 90)]}
    wxpay[f"{INSURANCE}/policy-periods/{of_plan}/modify"].post(json=changed)
    listed = wxpay.chain(path).get(**names).json()
    assert sorted(each["policy_period_id"] for each in listed["data"]) == [1, 4]
    wxpay.chain(f"{INSURANCE}/contracts/{BY_PLAN}/terminate").post(
        **names, json={"contract_termination_remark": "x"}
    )
    assert_notice_fits(receiver.next(), "INSURANCE_ENTRUST.TERMINATE")


# --- APIv2 -------------------------------------------------------------------------------------


def fields(gateway, **changes):
    return {"appid": gateway.identity.appid, "mch_id": gateway.identity.mchid, **changes}


def asked_by_v2(gateway, **changes):
    return fields(
        gateway,
        plan_id="12535",
        contract_code=new_number("C"),
        request_serial="1",
        contract_display_account="微信代扣",
        notify_url=NOBODY,
        version="1.0",
        timestamp="1414488825",
        **changes,
    )


@pytest.mark.parametrize("partner", [False, True])
def test_a_contract_of_apiv2(gateway, wxpay, receiver, partner):
    sub = {"sub_mch_id": SUB["sub_mchid"]} if partner else {}
    base = "partner/" if partner else ""
    body = {**asked_by_v2(gateway, **sub), "notify_url": receiver.url}
    told = wxpay[f"v2/papay/{base}preentrustweb"].post(xml=body, nonceless=True).xml()
    assert told["pre_entrustweb_id"]
    number = body["contract_code"]
    wanted = fields(gateway, **sub, plan_id="12535", contract_code=number, version="1.0")
    ask_for = partial(wxpay[f"v2/papay/{base}querycontract"].post, nonceless=True)
    assert code(ask_for, xml=wanted) == (200, "CONTRACT_NOT_EXIST")
    contract_id = gateway.contracts.sign(number)["contract_id"]
    notice = receiver.next()
    assert_notice_fits(notice, "pap-contract-state-changed", protocol="v2")
    assert notice.resource["change_type"] == "ADD"
    assert ask_for(xml=wanted).xml()["contract_state"] == "0"
    pay = fields(
        gateway,
        **sub,
        body="会员费",
        out_trade_no=new_number("D"),
        total_fee=100,
        notify_url=receiver.url,
        trade_type="PAP",
        contract_id=contract_id,
        spbill_create_ip="127.0.0.1",
    )
    wxpay[f"v2/pay/{base}pappayapply"].post(xml=pay)
    one = fields(gateway, **sub, out_trade_no=pay["out_trade_no"])
    find = wxpay[f"v2/pay/{base}paporderquery"].post
    assert find(xml=one).xml()["trade_state"] == "ACCEPT"
    gateway.advance(10)
    notice = receiver.next()
    assert (notice.resource["result_code"], notice.resource["contract_id"]) == (
        "SUCCESS",
        contract_id,
    )
    assert find(xml=one).xml()["trade_state"] == "SUCCESS"
    failing = {**pay, "out_trade_no": new_number("D")}
    wxpay[f"v2/pay/{base}pappayapply"].post(xml=failing)
    gateway.fail(failing["out_trade_no"])
    notice = receiver.next()
    assert (notice.raw["result_code"], notice.raw["err_code"]) == ("FAIL", "NOTENOUGH")
    ended = {**wanted, "contract_termination_remark": "x"}
    wxpay[f"v2/papay/{base}deletecontract"].post(xml=ended, nonceless=True)
    notice = receiver.next()
    assert_notice_fits(notice, "pap-contract-state-changed", protocol="v2")
    assert notice.resource["change_type"] == "DELETE"
    assert ask_for(xml=wanted).xml()["contract_termination_mode"] == "3"
    late = {**pay, "out_trade_no": new_number("D")}
    pay_again = wxpay[f"v2/pay/{base}pappayapply"].post
    assert code(pay_again, xml=late) == (200, "CONTRACT_NOT_EXIST")


def test_signing_in_a_browser(gateway, wxpay):
    for path, extra in (("entrustweb", {}), ("h5entrustweb", {"clientip": "127.0.0.1"})):
        response = wxpay[f"v2/papay/{path}"].get(
            query=asked_by_v2(gateway, **extra), nonceless=True, unsigned=True
        )
        assert response.status_code in (200, 302)


@pytest.mark.parametrize("kind", ["app", "jsapi"])
def test_an_order_with_a_contract(gateway, wxpay, receiver, kind):
    number, contract_code = new_number("N"), new_number("C")
    identity = gateway.identity
    body = {
        "appid": identity.appid,
        "mchid": identity.mchid,
        "description": "会员费",
        "out_trade_no": number,
        "notify_url": NOBODY,
        "amount": {"total": 100, "currency": "CNY"},
        "contract_info": {
            "plan_id": "12535",
            "contract_mchid": identity.mchid,
            "contract_appid": identity.appid,
            "contract_code": contract_code,
            "request_serial": "1",
            "contract_display_account": "微信代扣",
            "contract_notify_url": receiver.url,
        },
    }
    if kind == "jsapi":
        body["payer"] = {"openid": "oUser"}
    path = f"v3/pay/transactions/{kind}-with-contract"
    assert ask(wxpay, path, body)["prepay_id"]
    gateway.pay(number)
    gateway.contracts.sign(contract_code)
    assert receiver.next().resource["change_type"] == "ADD"


def test_an_order_of_apiv2_with_a_contract(gateway, wxpay):
    identity = gateway.identity
    body = asked_by_v2(
        gateway,
        contract_mchid=identity.mchid,
        contract_appid=identity.appid,
        out_trade_no=new_number("N"),
        body="会员费",
        total_fee=100,
        trade_type="NATIVE",
        contract_notify_url=NOBODY,
        spbill_create_ip="127.0.0.1",
    )
    told = wxpay["v2/pay/contractorder"].post(xml=body).xml()
    assert (told["contract_result_code"], bool(told["code_url"])) == ("SUCCESS", True)
    gateway.pay(body["out_trade_no"])
    assert gateway.contracts.sign(body["contract_code"])["state"] == "SIGNED"
    wrong = {**body, "out_trade_no": new_number("N"), "contract_mchid": "1"}
    assert code(wxpay["v2/pay/contractorder"].post, xml=wrong)[1] == "PARAM_ERROR"
