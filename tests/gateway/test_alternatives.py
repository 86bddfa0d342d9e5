"""Operations that require one of several members, at the top level and below."""

from __future__ import annotations

import pytest

from tests.gateway.support import NOBODY, SUB, new_number
from wechatpay_chain import APIError


def partner_order(gateway, **payer):
    return {
        "sp_appid": gateway.identity.appid,
        "sp_mchid": gateway.identity.mchid,
        "sub_appid": gateway.identity.appid,
        **SUB,
        "description": "Image形象店",
        "out_trade_no": new_number(),
        "notify_url": NOBODY,
        "amount": {"total": 100, "currency": "CNY"},
        "payer": payer,
    }


@pytest.mark.parametrize("name", ["sp_openid", "sub_openid"])
def test_either_name_of_a_payer_is_enough(gateway, wxpay, name):
    order = partner_order(gateway, **{name: "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"})
    assert wxpay.v3.pay.partner.transactions.jsapi.post(json=order).json()["prepay_id"]


def test_a_payer_without_a_name_is_rejected(gateway, wxpay):
    with pytest.raises(APIError) as caught:
        wxpay.v3.pay.partner.transactions.jsapi.post(json=partner_order(gateway))
    assert caught.value.code == "PARAM_ERROR"
    assert caught.value.detail["field"] == "/payer/sp_openid"


def test_a_refund_names_its_order(wxpay):
    body = {
        "out_refund_no": new_number("R"),
        "amount": {"refund": 1, "total": 1, "currency": "CNY"},
    }
    with pytest.raises(APIError) as caught:
        wxpay.v3.refund.domestic.refunds.post(json=body)
    assert (caught.value.status_code, caught.value.code) == (400, "PARAM_ERROR")
