"""Valid and invalid payment requests: every kind, direct, partner, combined, APIv2."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest

from tests.gateway.support import NOBODY, SUB, new_number, order
from wechatpay_chain import APIError

EXTRA, TOO_LONG, TOO_SHORT, RANGE = 270924358, 268435462, 268435463, 268435464
KINDS = ("jsapi", "app", "h5", "native")
SCENE = {"payer_client_ip": "127.0.0.1", "h5_info": {"type": "Wap"}}
LATER = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)).replace(microsecond=0)


def rejected(call, /, **options):
    with pytest.raises(APIError) as caught:
        call(**options)
    assert caught.value.verified
    return caught.value


def number(error):
    return int(error.request_id.rpartition("-")[2])


def direct(gateway, kind):
    more: dict[str, Any] = {"payer": {"openid": "o1"}} if kind == "jsapi" else {}
    return order(gateway, **more, **({"scene_info": SCENE} if kind == "h5" else {}))


def partner(gateway, kind):
    body = direct(gateway, kind)
    body |= {"sp_appid": body.pop("appid"), "sp_mchid": body.pop("mchid"), **SUB}
    return body | ({"payer": {"sp_openid": "o1"}} if kind == "jsapi" else {})


def combined(gateway, kind):
    inner = {
        "mchid": gateway.identity.mchid,
        "attach": "a",
        "description": "x",
        "out_trade_no": new_number("S"),
        "amount": {"total_amount": 1, "currency": "CNY"},
    }
    body = {
        "combine_appid": gateway.identity.appid,
        "combine_mchid": gateway.identity.mchid,
        "combine_out_trade_no": new_number("C"),
        "notify_url": NOBODY,
        "sub_orders": [inner],
    }
    if kind == "h5":
        body["scene_info"] = SCENE
    return body | ({"combine_payer_info": {"openid": "o1"}} if kind == "jsapi" else {})


PATHS = {
    **{f"v3/pay/transactions/{kind}": (direct, kind) for kind in KINDS},
    **{f"v3/pay/partner/transactions/{kind}": (partner, kind) for kind in KINDS},
    **{f"v3/combine-transactions/{kind}": (combined, kind) for kind in KINDS},
}


@pytest.fixture(params=PATHS)
def prepay(request, gateway, wxpay):
    """An operation with a valid body."""
    make, kind = PATHS[request.param]
    return wxpay[request.param].post, make(gateway, kind)


def changed(body, changes):
    """Change members of a body by their pointers, and return it."""
    for pointer, value in changes.items():
        *way, name = pointer.strip("/").split("/")
        place = body
        for step in way:
            place = place.setdefault(step, {})
        place[name] = value
    return body


def innermost(body, changes):
    """Change a body like `changed`; of a combined order, in its first sub-order."""
    return changed(body["sub_orders"][0] if "sub_orders" in body else body, changes)


def test_what_is_right_is_taken(prepay):
    post, body = prepay
    answer = post(json=body)
    assert answer.verified
    assert post(json=body).json() == answer.json()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("description", 5, 268435461),
        ("description", "", 268435461),
        ("description", "中" * 128, TOO_LONG),
        ("attach", {}, 268435461),
        ("attach", "x" * 129, TOO_LONG),
        ("out_trade_no", "12345", TOO_SHORT),
        ("out_trade_no", "x" * 33, TOO_LONG),
        ("out_trade_no", "order/0001", 268435461),
        ("out_trade_no", "order 0001", 268435461),
        ("out_trade_no", "订单订单订单", 268435461),
        ("out_trade_no", "order0001\n", 268435461),
        ("out_trade_no", 12345678, 268435461),
        ("goods_tag", True, 268435461),
    ],
)
def test_a_member_that_is_wrong_is_named(prepay, name, value, expected):
    post, body = prepay
    inner = "sub_orders" in body
    innermost(body, {name: value})
    error = rejected(post, json=body)
    assert (error.status_code, error.code) == (400, "PARAM_ERROR")
    assert error.detail["field"] == (f"/sub_orders/0/{name}" if inner else f"/{name}")
    assert number(error) == expected


@pytest.mark.parametrize("value", ["中" * 127, "a", "\U0001f409"])
def test_a_description_up_to_its_limit(prepay, value):
    post, body = prepay
    innermost(body, {"description": value, "attach": "x" * 128})
    assert post(json=body).verified


@pytest.mark.parametrize("number_", ["abcdef", "A-_|*@0" + "1" * 25])
def test_a_number_of_any_allowed_form(prepay, number_):
    post, body = prepay
    unique = new_number("")[: 32 - len(number_)] if len(number_) < 20 else ""
    innermost(body, {"out_trade_no": f"{number_}{unique}"[:32]})
    try:
        post(json=body)
    except APIError as error:
        assert error.code == "OUT_TRADE_NO_USED"  # another kind of order has used it before


@pytest.mark.parametrize("extra", ["foo", "Description", "total"])
def test_an_unknown_member_is_rejected(prepay, extra):
    post, body = prepay
    error = rejected(post, json={**body, extra: "1"})
    assert (error.code, error.detail["field"], number(error)) == (
        "PARAM_ERROR",
        f"/{extra}",
        EXTRA,
    )
    innermost(body, {"amount/extra": 1})
    assert number(rejected(post, json=body)) == EXTRA


@pytest.mark.parametrize(
    "value",
    [
        "https://shop.example/notify?a=1",
        "https://shop.example/notify?",
        "https://shop.example/notify#a",
        "ftp://shop.example/",
        "shop.example/notify",
        "//shop.example/notify",
        "https://",
        "https:///notify",
        "https://shop.example/no tify",
        "https://shop.example\\notify",
        "",
        None,
        5,
        f"https://shop.example/{'x' * 250}",
    ],
)
def test_an_address_that_wechat_pay_does_not_notify(prepay, value):
    post, body = prepay
    error = rejected(post, json={**body, "notify_url": value})
    assert (error.code, error.detail["field"]) == ("PARAM_ERROR", "/notify_url")


@pytest.mark.parametrize("value", ["http://127.0.0.1:8000/a", "https://shop.example"])
def test_an_address_that_it_does(prepay, value):
    post, body = prepay
    assert post(json={**body, "notify_url": value}).verified


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(LATER.strftime("%Y%m%d%H%M%S"), id="digits"),
        pytest.param(LATER.strftime("%Y-%m-%d %H:%M:%S"), id="a space for the T"),
        pytest.param(LATER.strftime("%Y-%m-%dT%H:%M:%S"), id="no offset"),
        pytest.param(LATER.strftime("%Y-%m-%d"), id="a date"),
        pytest.param(str(int(LATER.timestamp())), id="seconds in a string"),
        pytest.param(int(LATER.timestamp()), id="seconds"),
        pytest.param(LATER.isoformat().replace("+00:00", "+0000"), id="no colon in the offset"),
        "2018-06-08T10:34:56+08:00",
        "tomorrow",
    ],
)
def test_a_time_that_is_not_rfc_3339_or_has_passed(prepay, value):
    post, body = prepay
    error = rejected(post, json={**body, "time_expire": value})
    assert (error.code, error.detail["field"]) == ("PARAM_ERROR", "/time_expire")


@pytest.mark.parametrize("zone", ["+08:00", "Z", "+00:00"])
def test_a_time_of_rfc_3339(prepay, zone):
    post, body = prepay
    assert post(json={**body, "time_expire": f"{LATER:%Y-%m-%dT%H:%M:%S}{zone}"}).verified


@pytest.mark.parametrize("value", ["USD", "RMB", "cny"])
def test_a_currency_of_elsewhere(prepay, value):
    post, body = prepay
    innermost(body, {"amount/currency": value})
    error = rejected(post, json=body)
    assert error.code == "PARAM_ERROR"
    assert error.detail["field"].endswith("/amount/currency")


@pytest.mark.parametrize("value", [0, -1, "1", True, None])
def test_an_amount_that_is_none(prepay, value):
    post, body = prepay
    name = "total_amount" if "sub_orders" in body else "total"
    innermost(body, {f"amount/{name}": value})
    error = rejected(post, json=body)
    assert error.code == "PARAM_ERROR"
    assert error.detail["field"].endswith(f"/amount/{name}")


def test_an_amount_in_yuan(gateway, wxpay):
    body = json.dumps({**direct(gateway, "native"), "amount": {"total": 1.5}})
    error = rejected(wxpay.v3.pay.transactions.native.post, body=body)
    assert (error.code, error.detail["field"]) == ("PARAM_ERROR", "/amount/total")


def test_an_appid_that_is_not_bound(prepay):
    post, body = prepay
    name = next(each for each in ("appid", "sp_appid", "combine_appid") if each in body)
    error = rejected(post, json={**body, name: "wxd678efh567hg6787"})
    assert (error.status_code, error.code) == (400, "APPID_MCHID_NOT_MATCH")
    assert number(error) == 268445527


@pytest.mark.parametrize("path", [f"v3/pay/{part}transactions/h5" for part in ("", "partner/")])
@pytest.mark.parametrize(
    ("scene", "field"),
    [
        (None, "/scene_info"),
        ({}, "/scene_info/payer_client_ip"),
        ({"payer_client_ip": "127.0.0.1"}, "/scene_info/h5_info"),
        ({**SCENE, "h5_info": {}}, "/scene_info/h5_info/type"),
        ({**SCENE, "h5_info": {"type": 1}}, "/scene_info/h5_info/type"),
        ([], "/scene_info"),
    ],
)
def test_h5_needs_to_know_the_scene(gateway, wxpay, path, scene, field):
    make, kind = PATHS[path]
    error = rejected(wxpay[path].post, json={**make(gateway, kind), "scene_info": scene})
    assert (error.code, error.detail["field"]) == ("PARAM_ERROR", field)


@pytest.mark.parametrize("path", [each for each in PATHS if each.endswith("jsapi")])
def test_jsapi_needs_an_openid(gateway, wxpay, path):
    make, kind = PATHS[path]
    name = "combine_payer_info" if make is combined else "payer"
    for payer in ({}, {"openid": ""}, None):
        if make is partner and payer:
            continue
        error = rejected(wxpay[path].post, json={**make(gateway, kind), name: payer})
        assert error.code == "PARAM_ERROR"
        assert name in error.detail["field"]


def test_a_partner_is_not_its_own_sub_merchant(gateway, wxpay):
    body = {**partner(gateway, "native"), "sub_mchid": gateway.identity.mchid}
    error = rejected(wxpay.v3.pay.partner.transactions.native.post, json=body)
    assert (error.code, number(error)) == ("PARAM_ERROR", 268443705)


# --- APIv2 -------------------------------------------------------------------------------------


def unified(gateway, **changes):
    return {
        "appid": gateway.identity.appid,
        "mch_id": gateway.identity.mchid,
        "body": "x",
        "out_trade_no": new_number("U"),
        "total_fee": 1,
        "notify_url": NOBODY,
        "spbill_create_ip": "127.0.0.1",
        "trade_type": "NATIVE",
        **changes,
    }


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"body": "中" * 128}, "body"),
        ({"attach": "x" * 129}, "attach"),
        ({"out_trade_no": "x" * 33}, "out_trade_no"),
        ({"out_trade_no": "a/b"}, "out_trade_no"),
        ({"notify_url": "https://shop.example/?a=1"}, "notify_url"),
        ({"notify_url": "shop"}, "notify_url"),
        ({"time_expire": "2099-01-01T00:00:00+08:00"}, "time_expire"),
        ({"time_expire": "2099"}, "time_expire"),
        ({"fee_type": "USD"}, "fee_type"),
        ({"trade_type": "FOO"}, "trade_type"),
        ({"trade_type": "MICROPAY"}, "trade_type"),
        ({"trade_type": "JSAPI"}, "openid"),
        ({"total_fee": "0"}, "total_fee"),
        ({"total_fee": "-1"}, "total_fee"),
    ],
)
def test_apiv2_checks_its_fields(gateway, wxpay, changes, words):
    error = rejected(wxpay.v2.pay.unifiedorder.post, xml=unified(gateway, **changes))
    assert (error.code, words in error.message) == ("PARAM_ERROR", True)
    failure = error.response.xml()
    assert failure["appid"] == gateway.identity.appid
    assert failure["mch_id"] == gateway.identity.mchid


@pytest.mark.parametrize(
    ("appid", "code"),
    [("wxd678efh567hg6787", "APPID_MCHID_NOT_MATCH"), ("nobody", "APPID_NOT_EXIST")],
)
@pytest.mark.parametrize("path", ["unifiedorder", "micropay", "orderquery", "closeorder"])
def test_apiv2_knows_its_appids(gateway, wxpay, path, appid, code):
    fields = {**unified(gateway, appid=appid), "auth_code": "130000000000000018"}
    assert rejected(wxpay.v2.pay[path].post, xml=fields).code == code


@pytest.mark.parametrize("name", ["openid", "sub_openid"])
def test_apiv2_takes_either_openid_of_a_partner(gateway, wxpay, name):
    sub = {"sub_mch_id": SUB["sub_mchid"]}
    fields = unified(gateway, trade_type="JSAPI", **{name: "o1"}, **sub)
    assert wxpay.v2.pay.unifiedorder.post(xml=fields).xml()["prepay_id"]


def test_apiv2_takes_no_sub_openid_of_a_merchant_itself(gateway, wxpay):
    fields = unified(gateway, trade_type="JSAPI", sub_openid="o1")
    assert rejected(wxpay.v2.pay.unifiedorder.post, xml=fields).code == "PARAM_ERROR"


def test_apiv2_expires_by_its_own_form(gateway, wxpay):
    fields = unified(gateway, time_expire="20990101000000")
    assert wxpay.v2.pay.unifiedorder.post(xml=fields).verified
