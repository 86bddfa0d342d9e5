"""Payments by code and by face: outcomes, used codes, reversals, openids."""

from __future__ import annotations

from typing import Any

import pytest

from tests.gateway.support import SUB, new_code, new_number
from wechatpay_chain import APIError
from wechatpay_chain.gateway.simulation.payments.codes import DECIDING, OUTCOMES, VALID_FOR

PATHS = {False: "v3/pay/transactions", True: "v3/pay/partner/transactions"}


def parties_of(gateway: Any, partner: bool) -> dict[str, str]:
    appid, mchid = gateway.identity.appid, gateway.identity.mchid
    return (
        {"sp_appid": appid, "sp_mchid": mchid, **SUB}
        if partner
        else {
            "appid": appid,
            "mchid": mchid,
        }
    )


def codepay_body(gateway: Any, code: str, *, partner: bool = False, **changes: Any) -> Any:
    return {
        **parties_of(gateway, partner),
        "description": "tea",
        "out_trade_no": new_number("V"),
        "payer": {"auth_code": code},
        "amount": {"total": 100, "currency": "CNY"},
        "scene_info": {"store_info": {"id": "S1"}},
        **changes,
    }


def codepay(wxpay: Any, body: Any) -> dict[str, Any]:
    path = PATHS["sp_mchid" in body]
    shown: dict[str, Any] = wxpay.chain(f"{path}/codepay").post(json=body).json()
    return shown


def micropay_body(gateway: Any, code: str, **changes: Any) -> dict[str, Any]:
    return {
        "appid": gateway.identity.appid,
        "mch_id": gateway.identity.mchid,
        "body": "tea",
        "out_trade_no": new_number("M"),
        "total_fee": 100,
        "auth_code": code,
        "spbill_create_ip": "127.0.0.1",
        **changes,
    }


def micropay(wxpay: Any, body: Any) -> str:
    """Return the error code of an APIv2 payment; empty if it succeeds."""
    try:
        paid = wxpay.v2.pay.micropay.post(xml=body).xml()
    except APIError as error:
        assert error.verified
        return error.code
    assert paid["trade_type"] == "MICROPAY"
    return ""


def state_of(gateway: Any, wxpay: Any, number: str, *, partner: bool = False) -> str:
    query = parties_of(gateway, partner)
    query = {name: query[name] for name in query if name.endswith("mchid")}
    path = f"{PATHS[partner]}/out-trade-no/{{out_trade_no}}"
    shown = wxpay.chain(path).get(out_trade_no=number, query=query).json()
    return str(shown["trade_state"])


def reverse(gateway: Any, wxpay: Any, number: str, *, partner: bool = False) -> Any:
    path = f"{PATHS[partner]}/out-trade-no/{{out_trade_no}}/reverse"
    body = parties_of(gateway, partner)
    return wxpay.chain(path).post(out_trade_no=number, json=body).json()


def reverse_v2(gateway: Any, wxpay: Any, number: str, path: str = "reverse") -> str:
    appid, mchid = gateway.identity.appid, gateway.identity.mchid
    body = {"appid": appid, "mch_id": mchid, "out_trade_no": number}
    response = wxpay.chain(f"v2/secapi/pay/{path}").post(xml=body, security=True)
    return str(response.xml()["recall"])


def rejected(call: Any, *arguments: Any, **options: Any) -> APIError:
    with pytest.raises(APIError) as caught:
        call(*arguments, **options)
    assert caught.value.verified
    return caught.value


def balance(gateway: Any, account: str = "merchant") -> int:
    return int(gateway.state.ledger.balance(account))


@pytest.mark.parametrize("partner", [False, True])
def test_a_code_pays_at_once_and_the_merchant_has_the_money(gateway, wxpay, partner):
    account = "merchant:1900000109" if partner else "merchant"
    before, told = balance(gateway, account), len(gateway.notifications())
    body = codepay_body(gateway, new_code(), partner=partner)
    paid = codepay(wxpay, body)
    assert (paid["trade_state"], paid["trade_type"]) == ("SUCCESS", "MICROPAY")
    assert paid["amount"] == {
        "total": 100,
        "payer_total": 100,
        "currency": "CNY",
        "payer_currency": "CNY",
    }
    assert set(paid["payer"]) == ({"sp_openid"} if partner else {"openid"})
    assert balance(gateway, account) == before + 100
    assert state_of(gateway, wxpay, body["out_trade_no"], partner=partner) == "SUCCESS"
    assert len(gateway.notifications()) == told  # payments by code have no notification
    assert rejected(codepay, wxpay, body).code == "INVALID_REQUEST"


@pytest.mark.parametrize("ending", sorted(OUTCOMES))
def test_the_end_of_a_code_says_how_it_turns_out_in_both_protocols(gateway, wxpay, ending):
    outcome, before = OUTCOMES[ending], balance(gateway)
    body = micropay_body(gateway, new_code(ending))
    assert micropay(wxpay, body) == outcome.code
    if outcome.code == "AUTHCODEEXPIRE":
        with pytest.raises(APIError, match="ORDER_NOT_EXIST"):
            state_of(gateway, wxpay, body["out_trade_no"])
        error = rejected(codepay, wxpay, codepay_body(gateway, new_code(ending)))
        assert (error.status_code, error.code) == (400, "INVALID_REQUEST")
        return
    asked = outcome.code in ("USERPAYING", "BANKERROR", "SYSTEMERROR")
    first = "USERPAYING" if asked else "PAYERROR" if outcome.code else "SUCCESS"
    assert state_of(gateway, wxpay, body["out_trade_no"]) == first
    made = codepay_body(gateway, new_code(ending))
    if outcome.code in ("BANKERROR", "SYSTEMERROR"):
        error = rejected(codepay, wxpay, made)
        assert (error.status_code, error.code.replace("_", "")) == (500, outcome.code)
    else:
        assert codepay(wxpay, made)["trade_state"] == first
    gateway.advance(DECIDING)
    last = {None: first, True: "SUCCESS", False: "PAYERROR"}[outcome.pays]
    for number in (body["out_trade_no"], made["out_trade_no"]):
        assert state_of(gateway, wxpay, number) == last
    paid = 200 if last == "SUCCESS" else 0
    assert balance(gateway) == before + paid
    entries = [each for each in gateway.state.ledger.entries() if each["kind"] == "payment"]
    numbers = [each["out_trade_no"] for each in entries]
    assert numbers.count(made["out_trade_no"]) == paid // 200


def test_the_customer_enters_the_password_or_cancels(gateway, wxpay):
    bodies = [codepay_body(gateway, new_code("0001")) for _ in range(3)]
    for body in bodies:
        assert codepay(wxpay, body)["trade_state"] == "USERPAYING"
        assert codepay(wxpay, body)["trade_state"] == "USERPAYING"  # a repetition
    numbers = [each["out_trade_no"] for each in bodies]
    assert gateway.payment_codes.enter_password(numbers[0])["state"] == "SUCCESS"
    assert gateway.payment_codes.cancel(numbers[1])["state"] == "PAYERROR"
    assert codepay(wxpay, bodies[1])["trade_state"] == "PAYERROR"
    for control in (gateway.payment_codes.enter_password, gateway.payment_codes.cancel):
        for number in numbers[:2]:
            with pytest.raises(LookupError, match="用户没有在输入密码"):
                control(number)
    gateway.advance(hours=3)
    states = [state_of(gateway, wxpay, each) for each in numbers]
    assert states == ["SUCCESS", "CLOSED", "CLOSED"]


def test_a_repeated_payment_of_apiv2_is_not_made_twice(gateway, wxpay):
    before = balance(gateway)
    paid, poor, asked = (micropay_body(gateway, new_code(end)) for end in ("9999", "0002", "0004"))
    assert [micropay(wxpay, paid) for _ in range(2)] == ["", "ORDERPAID"]
    assert [micropay(wxpay, poor) for _ in range(2)] == ["NOTENOUGH", "NOTENOUGH"]
    assert [micropay(wxpay, asked) for _ in range(2)] == ["USERPAYING", "USERPAYING"]
    gateway.advance(DECIDING)
    assert micropay(wxpay, asked) == "TRADE_ERROR"
    assert micropay(wxpay, {**paid, "total_fee": 1}) == "OUT_TRADE_NO_USED"
    assert balance(gateway) == before + 100


def test_a_code_is_valid_once_and_for_a_minute(gateway, wxpay):
    code = new_code()
    assert micropay(wxpay, micropay_body(gateway, code)) == ""
    assert micropay(wxpay, micropay_body(gateway, code)) == "AUTH_CODE_ERROR"
    error = rejected(codepay, wxpay, codepay_body(gateway, code))
    assert (error.status_code, error.code) == (400, "INVALID_REQUEST")
    shown = gateway.payment_codes.show(openid="oCustomer")
    late = gateway.payment_codes.show()
    paid = codepay(wxpay, codepay_body(gateway, shown["code"]))
    assert paid["payer"] == {"openid": "oCustomer"}
    gateway.advance(VALID_FOR)
    assert micropay(wxpay, micropay_body(gateway, late["code"])) == "AUTHCODEEXPIRE"
    states = [gateway.payment_codes.get(each["code"])["state"] for each in (shown, late)]
    assert states == ["USED", "EXPIRED"]


@pytest.mark.parametrize("outcome", [each.name for each in OUTCOMES.values()])
def test_a_code_with_an_outcome_is_shown(gateway, wxpay, outcome):
    shown = gateway.payment_codes.show(outcome)
    assert OUTCOMES[shown["code"][-4:]].name == outcome
    with pytest.raises(LookupError, match="outcome"):
        gateway.payment_codes.show("nothing")


@pytest.mark.parametrize(
    "code", ["1" * 17, "1" * 19, "16" + "0" * 16, "09" + "0" * 16, "１" * 18, "26" + "0" * 16, "x"]
)
def test_what_is_no_payment_code(gateway, wxpay, code):
    assert micropay(wxpay, micropay_body(gateway, code)) == "AUTH_CODE_INVALID"
    error = rejected(codepay, wxpay, codepay_body(gateway, code))
    assert (error.status_code, error.code) == (400, "PARAM_ERROR")


@pytest.mark.parametrize("prefix", ["10", "11", "12", "13", "14", "15", "25"])
def test_what_a_payment_code_begins_with(gateway, wxpay, prefix):
    code = prefix + new_code()[2:]
    assert micropay(wxpay, micropay_body(gateway, code)) == ""


def test_a_short_url_stays_the_same(gateway, wxpay):
    asked = {"appid": gateway.identity.appid, "mch_id": gateway.identity.mchid}
    post = wxpay.v2.tools.shorturl.post
    first, again, other = (
        post(xml={**asked, "long_url": f"weixin://wxpay/bizpayurl?pr={each}"}).xml()["short_url"]
        for each in ("a", "a", "b")
    )
    assert first == again != other
    assert first.startswith("weixin://wxpay/s/")
    for wrong in ("", "x" * 513):
        assert rejected(post, xml={**asked, "long_url": wrong}).code == "PARAM_ERROR"


def test_whose_code_it_is(gateway, wxpay):
    code = new_code()
    appid, mchid = gateway.identity.appid, gateway.identity.mchid
    asked = {"appid": appid, "mch_id": mchid, "auth_code": code}
    openid = wxpay.v2.tools.authcodetoopenid.post(xml=asked).xml()["openid"]
    assert wxpay.v2.tools.authcodetoopenid.post(xml=asked).xml()["openid"] == openid
    assert codepay(wxpay, codepay_body(gateway, code))["payer"] == {"openid": openid}
    assert rejected(wxpay.v2.tools.authcodetoopenid.post, xml=asked).code == "AUTH_CODE_ERROR"
    wrong = {**asked, "auth_code": "1"}
    assert rejected(wxpay.v2.tools.authcodetoopenid.post, xml=wrong).code == "AUTH_CODE_INVALID"


@pytest.mark.parametrize("partner", [False, True])
def test_a_payment_is_reversed_once_and_its_money_comes_back(gateway, wxpay, partner):
    account = "merchant:1900000109" if partner else "merchant"
    before = balance(gateway, account), balance(gateway, "payer")
    for ending in ("9999", "0001", "0002"):
        body = codepay_body(gateway, new_code(ending), partner=partner)
        codepay(wxpay, body)
        number = body["out_trade_no"]
        for _ in range(2):
            done = reverse(gateway, wxpay, number, partner=partner)
            assert done["out_trade_no"] == number
        assert state_of(gateway, wxpay, number, partner=partner) == "REVOKED"
        assert (balance(gateway, account), balance(gateway, "payer")) == before
    gateway.advance(DECIDING)
    assert state_of(gateway, wxpay, number, partner=partner) == "REVOKED"


def test_a_reversal_that_has_to_be_repeated(gateway, wxpay):
    before = balance(gateway)
    body = micropay_body(gateway, new_code("0009"))
    assert micropay(wxpay, body) == ""
    number = body["out_trade_no"]
    assert reverse_v2(gateway, wxpay, number) == "Y"
    assert state_of(gateway, wxpay, number) == "SUCCESS"
    assert [reverse_v2(gateway, wxpay, number) for _ in range(2)] == ["N", "N"]
    made = codepay_body(gateway, new_code("0009"))
    codepay(wxpay, made)
    error = rejected(reverse, gateway, wxpay, made["out_trade_no"])
    assert (error.status_code, error.code) == (500, "SYSTEM_ERROR")
    reverse(gateway, wxpay, made["out_trade_no"])
    assert balance(gateway) == before


def test_a_reversal_that_is_rejected(gateway, wxpay):
    body = codepay_body(gateway, new_code())
    codepay(wxpay, body)
    number = body["out_trade_no"]
    assert rejected(reverse, gateway, wxpay, "nothing-0001").code == "ORDER_NOT_EXIST"
    assert rejected(reverse, gateway, wxpay, number, partner=True).code == "INVALID_REQUEST"
    path = f"{PATHS[False]}/out-trade-no/{{out_trade_no}}/close"
    close = wxpay.chain(path).post
    mchid = gateway.identity.mchid
    error = rejected(close, out_trade_no=number, json={"mchid": mchid})
    assert (error.code, error.request_id.rsplit("-", 1)[1]) == ("INVALID_REQUEST", "268449641")
    gateway.advance(hours=7 * 24 + 1)
    error = rejected(reverse, gateway, wxpay, number)
    assert (error.status_code, error.code) == (403, "RULE_LIMIT")


def test_a_face_pays_and_is_asked_for_and_reversed(gateway, wxpay):
    appid, mchid, before = gateway.identity.appid, gateway.identity.mchid, balance(gateway)
    body = {
        **micropay_body(gateway, ""),
        "fee_type": "CNY",
        "sign_type": "HMAC-SHA256",
        "face_code": f"face-{new_number()}",
    }
    del body["auth_code"]
    paid = wxpay.v2.pay.facepay.post(xml=body).xml()
    assert (paid["trade_type"], paid["total_fee"]) == ("FACEPAY", "100")
    asked = {"appid": appid, "mch_id": mchid, "out_trade_no": body["out_trade_no"]}
    shown = wxpay.v2.pay.facepayquery.post(xml=asked).xml()
    assert (shown["trade_state"], shown["transaction_id"]) == ("SUCCESS", paid["transaction_id"])
    assert reverse_v2(gateway, wxpay, body["out_trade_no"], "facepayreverse") == "N"
    assert wxpay.v2.pay.facepayquery.post(xml=asked).xml()["trade_state"] == "REVOKED"
    again = {**body, "out_trade_no": new_number("M")}
    assert rejected(wxpay.v2.pay.facepay.post, xml=again).code == "AUTH_CODE_ERROR"
    assert balance(gateway) == before


def test_a_partner_may_leave_its_app_out(gateway, wxpay):
    body = codepay_body(gateway, new_code(), partner=True)
    del body["sp_appid"]
    paid = codepay(wxpay, body)
    assert (paid["trade_state"], "sp_appid" in paid) == ("SUCCESS", False)
    wrong = codepay_body(gateway, new_code(), partner=True, sp_appid="wx0123456789abcdef")
    assert rejected(codepay, wxpay, wrong).code == "APPID_MCHID_NOT_MATCH"


@pytest.mark.parametrize("kind", ["miniprogram", "scannedpos"])
def test_the_other_orders_of_partners(gateway, wxpay, kind):
    made = codepay_body(gateway, "", partner=True, payer={"sp_openid": "oCustomer"})
    made["scene_info"]["payer_client_ip"] = "127.0.0.1"
    told = wxpay.chain(f"{PATHS[True]}/{kind}").post(json=made).json()
    assert told["prepay_id"].startswith("wx")
    number = made["out_trade_no"]
    assert gateway.pay(number)["trade_type"] == "JSAPI"
    assert state_of(gateway, wxpay, number, partner=True) == "SUCCESS"
    nobody = {**made, "out_trade_no": new_number("V"), "payer": {}}
    error = rejected(wxpay.chain(f"{PATHS[True]}/{kind}").post, json=nobody)
    assert error.code == "PARAM_ERROR"


def test_a_combined_order_by_its_own_transaction_id(gateway, wxpay):
    one = {
        "mchid": gateway.identity.mchid,
        "individual_auth_id": "auth-0001",
        "out_trade_no": new_number("C"),
        "attach": "x",
        "description": "tea",
        "amount": {"total_amount": 100, "currency": "CNY"},
    }
    number = new_number("C")
    body = {
        "combine_appid": gateway.identity.appid,
        "combine_mchid": gateway.identity.mchid,
        "combine_out_trade_no": number,
        "combine_payer_info": {"openid": "oCustomer"},
        "sub_orders": [one],
        "notify_url": "http://127.0.0.1:1/notify",
        "trade_scenario": "RECOMMERCE",
    }
    wxpay.v3.combineTransactions.miniprogram.post(json=body)
    gateway.pay(number)
    by_number = wxpay.v3.combineTransactions.outTradeNo._combine_out_trade_no_
    shown = by_number.get(combine_out_trade_no=number).json()
    by_id = wxpay.v3.combineTransactions.id._combine_transaction_id_
    known = by_id.get(combine_transaction_id=shown["combine_transaction_id"]).json()
    assert known == shown
    assert known["sub_orders"][0]["individual_auth_id"] == "auth-0001"
    assert known["trade_scenario"] == "RECOMMERCE"
    assert rejected(by_id.get, combine_transaction_id="4200").code == "ORDER_NOT_EXIST"
