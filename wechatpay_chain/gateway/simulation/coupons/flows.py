"""File with the used coupons of a stock.

WeChat Pay creates it on the day after the end of the stock; the gateway creates it at any time,
with the coupons used so far.

Source: https://pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter9_1_10.shtml
"""

from __future__ import annotations

import hashlib
from typing import Any

from ...call import Call
from ...state import State
from .. import checks
from ..bills import downloads
from ..bills.text import yuan
from ..payments import records as payments
from ..registry import operation
from ..tokens import random_token
from . import records, stocks
from .records import Coupon

__all__ = ["use_flow"]

COLUMNS = (
    *("批次id", "优惠id", "优惠类型", "优惠金额（元）", "订单总金额（元）", "交易类型"),
    *("支付单号", "消耗时间", "消耗商户号", "设备号", "银行流水号", "单品信息"),
)
SCOPES = {"GLOBAL": "全场代金券", "SINGLE": "单品代金券"}


@operation("GET", "v3/marketing/favor/stocks/{stock_id}/use-flow")
def use_flow(call: Call) -> dict[str, Any]:
    """Return the URL of the file with a stock's used coupons."""
    checks.accepted(call)
    state = call.state
    number = stocks.existing(state, call.params["stock_id"])["stock_id"]
    used = [each for each in records.of_stock(state, number) if each["state"] == records.USED]
    lines = [",".join(COLUMNS), *(_line(state, each) for each in used), "总条数", f"`{len(used)}"]
    content = "".join(f"{line}\r\n" for line in lines).encode()
    token = random_token(32)
    downloads.keep_content(state, token, content)
    sha1 = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    return {"url": downloads.address(call, token), "hash_type": "SHA1", "hash_value": sha1}


def _line(state: State, coupon: Coupon) -> str:
    consumed = coupon["consumed"]
    order = payments.existing(state, consumed["out_trade_no"])
    scope = next(
        each["scope"] for each in order["coupons"] if each["coupon_id"] == coupon["coupon_id"]
    )
    marked = (
        coupon["stock_id"],
        coupon["coupon_id"],
        SCOPES[scope],
        yuan(coupon["amount"]),
        yuan(order["total"]),
        "支付",
        consumed["transaction_id"],
        state.clock.spaced(consumed["time"]),
        consumed["mchid"],
    )
    quoted = (order.get("device_id", ""), "", "")
    return ",".join([*(f"`{value}" for value in marked), *(f'"{value}"' for value in quoted)])
