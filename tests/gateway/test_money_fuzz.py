"""Operations that move money respond to any signed request, and the ledger stays consistent."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.gateway.support import ASKING, new_number
from wechatpay_chain.crypto import digest, rsa
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway.messages.exchange import IncomingRequest
from wechatpay_chain.messages import canonical, xml

GATEWAY = Gateway()
STATE, IDENTITY = GATEWAY.state, GATEWAY.identity


def signed(method, target, body):
    stamp, nonce = canonical.timestamp(), canonical.nonce()
    signature = rsa.sign(
        canonical.request(method, target, stamp, nonce, body), IDENTITY.merchant_key
    )
    authorization = canonical.authorization(
        IDENTITY.mchid, nonce, signature, stamp, IDENTITY.serial
    )
    headers = {**ASKING, "Authorization": authorization, "Wechatpay-Serial": IDENTITY.public_key_id}
    return IncomingRequest(method, target, headers, body)


def post(path, members):
    return GATEWAY.answer(signed("POST", f"/{path}", json.dumps(members).encode()))


def paid(**changes):
    order = {
        "appid": IDENTITY.appid,
        "mchid": IDENTITY.mchid,
        "description": "x",
        "out_trade_no": new_number(),
        "notify_url": "http://127.0.0.1:1/",
        "amount": {"total": 100},
        **changes,
    }
    assert post("v3/pay/transactions/native", order).status == 200
    return GATEWAY.pay(order["out_trade_no"])


PLAIN, SHARED = paid(), paid(settle_info={"profit_sharing": True})
STAFF = {"type": "MERCHANT_ID", "account": "1900000110"}
REFUND = {
    "out_trade_no": PLAIN["out_trade_no"],
    "out_refund_no": "R1",
    "notify_url": "http://127.0.0.1:1/",
    "reason": "x",
    "funds_account": "AVAILABLE",
    "amount": {
        "refund": 1,
        "total": 100,
        "currency": "CNY",
        "from": [{"account": "AVAILABLE", "amount": 1}],
    },
}
TRANSFER = {
    "appid": IDENTITY.appid,
    "out_bill_no": "T1",
    "transfer_scene_id": "1000",
    "openid": "o",
    "transfer_amount": 100,
    "transfer_remark": "x",
    "notify_url": "http://127.0.0.1:1/",
    "transfer_scene_report_infos": [{"info_type": "a", "info_content": "b"}],
}
BODIES = {
    "v3/refund/domestic/refunds": REFUND,
    "v3/refund/domestic/refunds/50300/apply-abnormal-refund": {
        "out_refund_no": "R1",
        "type": "MERCHANT_BANK_CARD",
    },
    "v3/profitsharing/receivers/add": {
        **STAFF,
        "appid": IDENTITY.appid,
        "relation_type": "CUSTOM",
        "custom_relation": "x",
    },
    "v3/profitsharing/receivers/delete": {**STAFF, "appid": IDENTITY.appid, "account": "1"},
    "v3/profitsharing/orders": {
        "appid": IDENTITY.appid,
        "transaction_id": SHARED["transaction_id"],
        "out_order_no": "S1",
        "receivers": [{**STAFF, "amount": 1, "description": "x"}],
        "unfreeze_unsplit": False,
    },
    "v3/profitsharing/orders/unfreeze": {
        "transaction_id": SHARED["transaction_id"],
        "out_order_no": "F1",
        "description": "x",
    },
    "v3/profitsharing/return-orders": {
        "out_order_no": "S1",
        "out_return_no": "B1",
        "return_mchid": STAFF["account"],
        "amount": 1,
        "description": "x",
    },
    "v3/fund-app/mch-transfer/transfer-bills": TRANSFER,
    "v3/ecommerce/mch-transfer/transfer-bills": {
        **TRANSFER,
        "out_bill_no": "T2",
        "sub_mchid": "1900000109",
    },
    "v3/ecommerce/mch-transfer/transfer-bills/out-bill-no/T1/cancel": {"sub_mchid": "1"},
}
V2 = {
    "secapi/pay/refund": {
        "out_trade_no": PLAIN["out_trade_no"],
        "out_refund_no": "V1",
        "total_fee": "100",
        "refund_fee": "1",
        "refund_account": "x",
        "notify_url": "http://127.0.0.1:1/",
    },
    "pay/refundquery": {"out_refund_no": "V1", "offset": "0", "refund_id": ""},
    "pay/downloadbill": {"bill_date": "20260101", "bill_type": "ALL", "tar_type": "GZIP"},
    "pay/downloadfundflow": {"bill_date": "20260101", "account_type": "Basic"},
    "secapi/pay/reverse": {"out_trade_no": PLAIN["out_trade_no"]},
}
PATHS = (
    "v3/refund/domestic/refunds/{}",
    "v3/profitsharing/orders/{}",
    "v3/profitsharing/return-orders/{}",
    "v3/profitsharing/transactions/{}/amounts",
    "v3/fund-app/mch-transfer/transfer-bills/out-bill-no/{}",
    "v3/fund-app/mch-transfer/transfer-bills/transfer-bill-no/{}",
    "v3/bill/tradebill",
    "v3/bill/fundflowbill",
    "v3/billdownload/file",
)
QUERIES = ("transaction_id", "out_order_no", "sub_mchid", "bill_date", "bill_type", "token")

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(alphabet=st.characters(codec=None))
    | st.sampled_from(["R1", "S1", "B1", "T1", "-", "x" * 100, "USER_BANK_CARD", 10**100, ""])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


def places(value, here=()):
    """Yield every place in a body, from the outside in."""
    yield here
    if isinstance(value, dict):
        for name in value:
            yield from places(value[name], (*here, name))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from places(each, (*here, index))


def replaced(value, place, new):
    if not place:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[place[0]] = replaced(value[place[0]], place[1:], new)
    return copy


@st.composite
def bodies(draw, body):
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.sampled_from([each for each in places(body) if each]))
        body = replaced(body, place, draw(VALUES))
    return body


def test_the_bodies_are_good_as_they_are():
    rejected = [path for path, body in BODIES.items() if post(path, body).status not in (200, 404)]
    assert rejected == []


@pytest.mark.parametrize("path", BODIES)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_members(path, data):
    response = post(path, data.draw(bodies(BODIES[path])))
    assert response.status < 500
    STATE.ledger.check()


@settings(max_examples=100, deadline=None)
@given(
    path=st.sampled_from(PATHS),
    number=st.text(min_size=1),
    query=st.dictionaries(st.sampled_from(QUERIES), st.text()),
)
def test_any_query(path, number, query):
    target = f"/{path.format(urlencode({'': number})[1:])}?{urlencode(query)}"
    assert GATEWAY.answer(signed("GET", target, b"")).status < 500


@pytest.mark.parametrize("path", V2)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_fields(path, data):
    fields = {"appid": IDENTITY.appid, "mch_id": IDENTITY.mchid, **V2[path]}
    name = data.draw(st.sampled_from(list(fields)))
    fields[name] = xml.clean(data.draw(st.text(st.characters(codec="utf-8"))))
    fields["sign_type"] = "HMAC-SHA256"
    fields["sign"] = digest.sign("HMAC-SHA256", canonical.fields(fields), IDENTITY.secret)
    response = GATEWAY.answer(
        IncomingRequest("POST", f"/{path}", {}, xml.dumps(fields).encode(), client_certificate=True)
    )
    assert response.status == 200
    STATE.ledger.check()
