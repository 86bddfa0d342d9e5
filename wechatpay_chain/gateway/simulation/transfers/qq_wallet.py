"""Transfers to QQ wallets, which arrive without a confirmation and can be cancelled before.

Sources: https://pay.weixin.qq.com/doc/v3/merchant/4014297386 (create),
https://pay.weixin.qq.com/doc/v3/merchant/4014297396 (cancel),
https://pay.weixin.qq.com/doc/v3/merchant/4014131130 (limits)
"""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...state import State
from .. import checks
from ..registry import operation
from . import records
from .records import Transfer
from .requests import read

__all__ = ["create"]

BASE = "v3/fund-app/mch-transfer/transfer-to-qq-wallet-bills"
ONE = f"{BASE}/{{out_bill_no}}"
MOST = 20_000
"""Maximum transfer, in fen."""


@operation("POST", BASE)
def create(call: Call) -> dict[str, Any]:
    """Transfer money to a QQ user."""
    content, state = checks.accepted(call), call.state
    known = records.repeated(state, call.data["out_bill_no"], content)
    if known is None:
        bill = read(call, most=MOST)
        bill["user_qq"] = call.text("user_qq", 20, required=False)
        wallet = {"wallet": records.QQ, "content": content}
        known = records.create(state, bill | wallet, records.ACCEPTED)
    return _shown(state, known)


@operation("GET", ONE)
def query(call: Call) -> dict[str, Any]:
    """Return a transfer."""
    return _shown(call.state, _existing(call))


@operation("POST", f"{ONE}/cancel")
def cancel(call: Call) -> dict[str, Any]:
    """Cancel a transfer that has not arrived."""
    ended, shown = records.cancel(call.state, _existing(call))
    return _shown(call.state, ended) | {"state": shown}


def _existing(call: Call) -> Transfer:
    return records.existing(call.state, call.params["out_bill_no"], wallet=records.QQ)


def _shown(state: State, transfer: Transfer) -> dict[str, Any]:
    name = {"user_name": transfer["user_name"]} if transfer["user_name"] else {}
    more = {"appid": transfer["appid"], "transfer_remark": transfer["remark"]}
    return {**records.shown(state, transfer), **more, **name}
