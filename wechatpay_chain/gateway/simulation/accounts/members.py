"""Withdrawals in responses and notifications, in three forms that depend on the account."""

from __future__ import annotations

from typing import Any

from ...state import State

__all__ = ["DAY_END", "DIRECT", "SUB_MERCHANT", "members"]

DIRECT, SUB_MERCHANT, DAY_END = "direct", "sub-merchant", "day-end-balance"
"""The variants of the notification in the catalogue."""
STATUSES = {
    "INIT": "CREATED",
    "CREATE_SUCCESS": "PROCESSING",
    "SUCCESS": "FINISHED",
    "FAIL": "ABNORMAL",
    "REFUND": "ABNORMAL",
}
"""The states of a withdrawal of a day-end balance, which differ from those of the others."""
PARTS = {"SUCCESS": "success_amount", "FAIL": "fail_amount", "REFUND": "refund_amount"}
BANK = {"account_number": "1178", "account_bank": "招商银行", "bank_name": ""}
"""The bank account of withdrawals; the gateway does not have a real one."""

Withdrawal = dict[str, Any]


def members(state: State, made: Withdrawal, *, notice: bool = False) -> dict[str, Any]:
    """Return the members of a withdrawal.

    Args:
        state: the state of the merchant.
        made: the withdrawal.
        notice: whether the members are for a notification.
    """
    names = ("withdraw_id", "out_request_no", "reason", "remark", "bank_memo", "account_type")
    view = {
        **{name: made[name] for name in names},
        "create_time": state.clock.rfc3339(made["created"]),
        "update_time": state.clock.rfc3339(made["updated"]),
    }
    if made["form"] == DIRECT:
        solution = "请检查结算银行账户后换单号重新发起提现" if made["reason"] else ""
        view |= {"status": made["state"], "amount": made["amount"], "solution": solution}
        return view | BANK if notice else view
    view |= {"sp_mchid": state.identity.mchid, "sub_mchid": made["sub_mchid"], **BANK}
    if made["form"] == SUB_MERCHANT:
        return view | {"status": made["state"], "amount": made["amount"]}
    view |= {"status": STATUSES[made["state"]], "total_amount": made["amount"]}
    parts = dict.fromkeys(PARTS.values(), 0)
    if made["state"] in PARTS:
        parts[PARTS[made["state"]]] = made["amount"]
    return view | parts
