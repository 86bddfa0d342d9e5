"""Operations for withdrawals of a merchant, of its sub-merchants, and of day-end balances.

Sources: https://pay.weixin.qq.com/docs/partner/apis/ecommerce-withdraw/with-draws/create-withdraw.html,
https://pay.weixin.qq.com/docs/partner/apis/ecommerce-withdraw/with-draws/query-withdraw-bill.html
(file of failed ones), https://pay.weixin.qq.com/doc/v3/partner/4013328143 (a day's balance)
"""

from __future__ import annotations

import datetime
from typing import Any

from ....bills.forms import Column, ColumnType, Form
from ...call import Call
from ...messages.exchange import Rejection
from ...state import State
from .. import checks
from ..bills.downloads import Kind, address_of
from ..bills.text import table
from ..registry import operation
from . import kinds, withdrawals
from .members import DAY_END, members

__all__ = ["abnormal", "of_day_end", "of_merchant", "of_sub_merchant"]

OWN, SUB = "v3/merchant/fund/withdraw", "v3/ecommerce/fund/withdraw"
DAY = "v3/platsolution/ecommerce/withdraw/day-end-balance-withdraw"
WAYS = ONLY_DAY_END, ALLOW_CURRENT = ("ONLY_DAY_END_BALANCE", "ALLOW_CURRENT_BALANCE")
FORM = Form(
    "withdrawals",
    "",
    (
        Column("微信支付提现单号", "withdraw_id", ColumnType.ID),
        Column("商户提现单号", "out_request_no"),
        Column("商户号", "mchid", ColumnType.ID),
        Column("提现金额", "amount", ColumnType.AMOUNT),
        Column("提现单状态", "state"),
        Column("失败原因", "reason"),
        Column("发起提现时间", "created", ColumnType.TIME),
        Column("提现状态更新时间", "updated", ColumnType.TIME),
    ),
    (),
)
"""The file of failed withdrawals. WeChat Pay does not document its headings; the gateway uses the
names of the members of a query."""


@operation("POST", OWN)
def of_merchant(call: Call) -> dict[str, Any]:
    """Withdraw from an account of the merchant itself."""
    made = _created(call, checks.accepted(call), call.data["account_type"])
    return {name: made[name] for name in ("withdraw_id", "out_request_no")}


@operation("POST", SUB)
def of_sub_merchant(call: Call) -> dict[str, Any]:
    """Withdraw from an account of a sub-merchant."""
    made = _created(call, checks.accepted(call), call.data.get("account_type") or kinds.BASIC)
    names = ("sub_mchid", "withdraw_id", "out_request_no", "account_type")
    return {name: made[name] for name in names}


def _created(call: Call, content: str, kind: Any) -> withdrawals.Withdrawal:
    about = withdrawals.asked(call, content)
    checks.one_of(kind, "/account_type", kinds.KINDS[:3])
    made = withdrawals.known(call.state, about)
    if made is None:
        made = withdrawals.create(call.state, about, kind, call.data["amount"])
    return made


@operation("GET", f"{OWN}/withdraw-id/{{withdraw_id}}")
def own_by_id(call: Call) -> dict[str, Any]:
    """Return a withdrawal of the merchant by WeChat Pay's number."""
    made = withdrawals.existing(call.state, call.params["withdraw_id"], "")
    return members(call.state, made)


@operation("GET", f"{OWN}/out-request-no/{{out_request_no}}")
def own_by_number(call: Call) -> dict[str, Any]:
    """Return a withdrawal of the merchant by its merchant-assigned number."""
    made = withdrawals.existing_by_number(call.state, call.params["out_request_no"])
    return members(call.state, made)


@operation("GET", f"{SUB}/{{withdraw_id}}")
def sub_by_id(call: Call) -> dict[str, Any]:
    """Return a withdrawal of a sub-merchant by WeChat Pay's number."""
    checks.accepted(call)
    sub_mchid = call.query["sub_mchid"]
    made = withdrawals.existing(call.state, call.params["withdraw_id"], sub_mchid)
    return _of_form(call, made, day_end=False)


@operation("GET", f"{SUB}/out-request-no/{{out_request_no}}")
def sub_by_number(call: Call) -> dict[str, Any]:
    """Return a withdrawal of a sub-merchant by its merchant-assigned number."""
    return _by_number(call, day_end=False)


def _by_number(call: Call, *, day_end: bool) -> dict[str, Any]:
    checks.accepted(call)
    number, sub_mchid = call.params["out_request_no"], call.query["sub_mchid"]
    made = withdrawals.existing_by_number(call.state, number, sub_mchid)
    return _of_form(call, made, day_end=day_end)


def _of_form(call: Call, made: withdrawals.Withdrawal, *, day_end: bool) -> dict[str, Any]:
    if (made["form"] == DAY_END) != day_end or not made["sub_mchid"]:
        raise Rejection(404, "RESOURCE_NOT_EXISTS", f"提现单不存在: {made['withdraw_id']}")
    return members(call.state, made)


@operation("POST", DAY)
def of_day_end(call: Call) -> dict[str, Any]:
    """Withdraw a sub-merchant's day-end balance of yesterday, less a reserve."""
    content, state, data = checks.accepted(call), call.state, call.data
    about = withdrawals.asked(call, content)
    way = checks.one_of(data["calculate_amount_type"], "/calculate_amount_type", WAYS)
    reserve = data.get("reserve_amount") or 0
    if reserve < 0:
        raise Rejection.parameter("/reserve_amount", reserve, "must be at least 0")
    made = withdrawals.known(state, about)
    if made is None:
        amount = _day_end_amount(state, data["sub_mchid"], way) - reserve
        if amount <= 0:
            raise Rejection(403, "NOT_ENOUGH", f"可提现金额不足: {amount}")
        made = withdrawals.create(state, about, kinds.BASIC, amount, DAY_END)
    return members(state, made)


def _day_end_amount(state: State, sub_mchid: str, way: str) -> int:
    today = datetime.date.fromisoformat(state.clock.date())
    yesterday = (today - datetime.timedelta(days=1)).isoformat()
    then, _ = kinds.day_end(state, yesterday, kinds.BASIC, sub_mchid)
    now, _ = kinds.balance(state, kinds.BASIC, sub_mchid)
    return min(then, now) if way == ALLOW_CURRENT else then


@operation("GET", f"{DAY}/out-request-no/{{out_request_no}}")
def day_end_by_number(call: Call) -> dict[str, Any]:
    """Return a withdrawal of a day-end balance by its merchant-assigned number."""
    return _by_number(call, day_end=True)


@operation("GET", f"{OWN}/bill-type/{{bill_type}}")
def abnormal(call: Call) -> dict[str, Any]:
    """Return the URL of the file with a day's failed and returned withdrawals."""
    checks.one_of(call.params["bill_type"], "bill_type", ("NO_SUCC",), "path")
    return address_of(call, Kind(_abnormal), "")


def _abnormal(state: State, day: str, kind: str, sub_mchid: str = "") -> str | None:
    del kind, sub_mchid  # the file contains those of the merchant and of all its sub-merchants
    rows = [
        {**made, "mchid": made["sub_mchid"] or state.identity.mchid}
        for made in state.store.all("withdrawal")
        if made["state"] in withdrawals.ABNORMAL and state.clock.date(made["updated"]) == day
    ]
    return table(state, FORM, sorted(rows, key=lambda row: float(row["updated"])))
