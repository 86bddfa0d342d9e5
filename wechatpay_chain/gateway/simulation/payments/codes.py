"""Payment codes (付款码): validation, and outcomes of payments.

A code has 18 digits and begins with 10 to 15, or with 25 after face recognition. It is valid once,
for a minute after it is shown. The gateway cannot tell when a code was shown that it did not
create: such a code counts as shown at its first use. The last four digits of a code determine the
customer's behaviour; see `OUTCOMES`.

Sources: https://pay.weixin.qq.com/doc/v2/merchant/4011937125 (the codes, and the errors of APIv2),
https://pay.weixin.qq.com/doc/v3/merchant/4012382150 (APIv3)
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from typing import Any, NamedTuple

from ...messages.exchange import Rejection
from ...state import State
from ..coupons import records as owned
from ..tokens import random_token
from . import records as payments
from .records import Order

__all__ = [
    "FORMS",
    "MESSAGES",
    "OUTCOMES",
    "Outcome",
    "cancel",
    "charge",
    "confirm",
    "existing",
    "settle_due",
    "show",
]

CODE = re.compile(r"(1[0-5]|25)\d{16}", re.ASCII)
FORMS = {"auth_code": CODE, "face_code": re.compile(r"[0-9A-Za-z_\-]{4,128}")}
"""The form of each member that contains a code; a device returns the face code."""
VALID_FOR = 60
"""Seconds for which a shown code is valid."""
DECIDING = 10
"""Seconds until a customer decides at the password prompt."""
SHOWN, USED, EXPIRED = "SHOWN", "USED", "EXPIRED"
PAID = "paid"


class Outcome(NamedTuple):
    """The outcome of a payment by a code.

    Attributes:
        name: the name, an argument of `show`.
        code: APIv2's error code; empty if the payment succeeds at once.
        pays: whether the customer pays after a while; None if a control decides.
        recall: whether the first request to reverse the payment must be repeated.
    """

    name: str
    code: str = ""
    pays: bool | None = None
    recall: bool = False


OUTCOMES = {
    "0001": Outcome("password", "USERPAYING"),
    "0002": Outcome("no_money", "NOTENOUGH", pays=False),
    "0003": Outcome("password_then_paid", "USERPAYING", pays=True),
    "0004": Outcome("password_then_cancelled", "USERPAYING", pays=False),
    "0005": Outcome("expired", "AUTHCODEEXPIRE", pays=False),
    "0006": Outcome("card_not_supported", "NOTSUPORTCARD", pays=False),
    "0007": Outcome("bank_error", "BANKERROR", pays=False),
    "0008": Outcome("system_error", "SYSTEMERROR", pays=True),
    "0009": Outcome("reversed_at_second_request", recall=True),
}
"""Outcomes by the last four digits of a code; all other codes pay at once."""
MESSAGES = {
    "USERPAYING": "用户支付中，需要输入密码",
    "NOTENOUGH": "余额不足",
    "NOTSUPORTCARD": "不支持该银行卡",
    "BANKERROR": "银行系统异常，支付结果未知",
    "SYSTEMERROR": "系统错误，支付结果未知",
    "TRADE_ERROR": "支付失败，用户取消了支付",
}
DECLINED = ("NOTENOUGH", "NOTSUPORTCARD")
UNKNOWN = ("BANKERROR", "SYSTEMERROR")
"""The errors of payments with an unknown result."""

Code = dict[str, Any]


def outcome_of(code: str) -> Outcome:
    """Return the outcome of a payment by a code."""
    return OUTCOMES.get(code[-4:], Outcome(PAID))


def show(state: State, outcome: str = PAID, openid: str = "", coupons: Sequence[str] = ()) -> Code:
    """Show a code on behalf of a customer.

    Args:
        state: the state of the gateway.
        outcome: the name of an outcome, or `paid`.
        openid: the openid of the customer; empty generates one.
        coupons: the numbers of the customer's coupons to use for the payment. A coupon that the
            order does not allow stays unused.

    Raises:
        Rejection: there is no such outcome.
    """
    endings = {each.name: ending for ending, each in OUTCOMES.items()}
    if outcome not in (PAID, *endings):
        expected = ", ".join((PAID, *endings))
        raise Rejection.parameter("outcome", outcome, f"must be one of {expected}")
    ending = endings.get(outcome) or f"{1000 + secrets.randbelow(9000)}"
    for each in coupons:
        openid = openid or str(owned.existing(state, each)["openid"])
    code = f"1{secrets.randbelow(6)}{secrets.randbelow(10**12):012}{ending}"
    return _shown(state, code, openid, coupons)


def _shown(state: State, code: str, openid: str = "", coupons: Sequence[str] = ()) -> Code:
    now = state.clock.now()
    record = {
        "code": code,
        "state": SHOWN,
        "openid": openid or f"o{random_token(20)}",
        "outcome": outcome_of(code).name,
        "out_trade_no": "",
        "coupons": list(coupons),
        "created": now,
        "expires": now + VALID_FOR,
    }
    _save(state, record)
    return record


def _save(state: State, record: Code) -> None:
    state.store.put("payment-code", record["code"], record)


def existing(state: State, code: str, number: str = "", form: re.Pattern[str] = CODE) -> Code:
    """Return a usable code.

    Args:
        state: the state of the gateway.
        code: its digits.
        number: `out_trade_no` of the paid order, which can use the code again.
        form: the form of the code.

    Raises:
        Rejection: the code is invalid, was used for another order, or has expired; APIv2's codes.
    """
    if not form.fullmatch(code):
        message = f"付款码应为 18 位数字，以 10 至 15 或 25 开头: {code[:32]}"
        raise Rejection(200, "AUTH_CODE_INVALID", message)
    record = state.store.get("payment-code", code) or _shown(state, code)
    if record["state"] == USED and record["out_trade_no"] == number:
        return record
    if record["state"] == USED:
        raise Rejection(200, "AUTH_CODE_ERROR", f"付款码只能使用一次，请用户刷新: {code}")
    overdue = record["expires"] <= state.clock.now()
    if overdue or outcome_of(code).code == "AUTHCODEEXPIRE":
        raise Rejection(200, "AUTHCODEEXPIRE", f"付款码已过期，请用户刷新: {code}")
    return record


def settle_due(state: State) -> None:
    """Store the codes that have expired."""
    for each in state.store.all("payment-code"):
        if each["state"] == SHOWN and each["expires"] <= state.clock.now():
            _save(state, each | {"state": EXPIRED})


def charge(state: State, order: Order, code: str, form: re.Pattern[str] = CODE) -> Order:
    """Charge the customer of a code for an order that was created for this code.

    Args:
        state: the state of the gateway.
        order: the order.
        code: its digits.
        form: the form of the code.

    Returns:
        The order; `declined` is APIv2's error code, empty if the order is paid.

    Raises:
        Rejection: the code cannot be used.
    """
    number = order["out_trade_no"]
    if order["state"] != payments.NOTPAY:
        return _again(order)
    outcome, record = outcome_of(code), existing(state, code, number, form)
    _save(state, record | {"state": USED, "out_trade_no": number})
    order |= {"openid": record["openid"], "declined": outcome.code, "recall": outcome.recall}
    order["offered"] = record.get("coupons", [])
    asked = outcome.code == "USERPAYING" or outcome.code in UNKNOWN
    if asked:
        order["state"] = payments.USERPAYING
    payments.save(state, order)
    if not outcome.code:
        return payments.pay(state, number)
    if not asked:
        return payments.fail(state, number)
    if outcome.pays is not None:
        payments.decide_at(state, order, state.clock.now() + DECIDING, pays=outcome.pays)
    return order


def _again(order: Order) -> Order:
    """Return the order of a repeated request, which is not paid yet."""
    if order["state"] == payments.USERPAYING:
        return order | {"declined": "USERPAYING"}
    return order if order["declined"] in DECLINED else order | {"declined": "TRADE_ERROR"}


def confirm(state: State, number: str) -> Order:
    """Enter the password on the customer's behalf; the order is paid.

    Raises:
        Rejection: there is no such order, or it does not wait for the password.
    """
    _assert_asked(state, number)
    return payments.pay(state, number)


def cancel(state: State, number: str) -> Order:
    """Cancel the password prompt on the customer's behalf; the payment fails.

    Raises:
        Rejection: there is no such order, or it does not wait for the password.
    """
    _assert_asked(state, number)
    return payments.fail(state, number)


def _assert_asked(state: State, number: str) -> None:
    order = payments.existing(state, number)
    if order["state"] != payments.USERPAYING:
        message = f"订单状态是 {order['state']}，用户没有在输入密码: {number}"
        raise Rejection(400, "INVALID_REQUEST", message)
