"""Advances of a platform for refunds of its sub-merchants, and their repayment.

If the sub-merchant's balance is too low, a repayment stays PROCESSING and is retried for 90 days.

Source: https://pay.weixin.qq.com/docs/partner/apis/ecommerce-refund/refunds/create-return-advance.html
"""

from __future__ import annotations

from typing import Any

from ...messages.exchange import Rejection
from ...state import State
from .. import funds
from ..coupons import amounts
from ..refunds import records as refunding
from ..refunds.records import Refund
from ..schedule import settles
from ..sharing.records import record_number

__all__ = ["FAILED", "PROCESSING", "SUCCESS", "AdvanceReturn", "find", "paid", "take_back"]

PROCESSING, SUCCESS, FAILED = "PROCESSING", "SUCCESS", "FAILED"
TRIED_FOR = 90 * 86400
"""Seconds during which a repayment is retried."""

AdvanceReturn = dict[str, Any]


def paid(refund: Refund) -> int:
    """Return the platform's advance for a refund in fen, less the fee that was returned to it."""
    return amounts.settlement_refund(refund) - int(refund["fee"]) if refund.get("advance") else 0


def take_back(state: State, refund: Refund) -> AdvanceReturn:
    """Debit a sub-merchant for an advance; a repetition returns the same repayment.

    Raises:
        Rejection: the platform made no advance for the refund, or the refund has not succeeded.
    """
    made = find(state, refund["refund_id"])
    if made is not None:
        return made
    if not refund.get("advance"):
        raise Rejection(400, "INVALID_REQUEST", f"不是垫付退款: {refund['refund_id']}")
    if refund["state"] != refunding.SUCCESS:
        raise Rejection(400, "INVALID_REQUEST", f"退款单状态是 {refund['state']}")
    made = {
        "advance_return_id": record_number(state, "1215"),
        "refund_id": refund["refund_id"],
        "out_trade_no": refund["out_trade_no"],
        "transaction_id": refund["transaction_id"],
        "sub_mchid": refund["sub_mchid"],
        "amount": paid(refund),
        "state": PROCESSING,
        "created": state.clock.now(),
    }
    _try(state, made)
    return made


def find(state: State, refund_id: str) -> AdvanceReturn | None:
    """Return the repayment of a refund's advance in its current state; None if there is none."""
    made = state.store.get("advance-return", refund_id)
    if made is not None and made["state"] == PROCESSING:
        _try(state, made)
    return made


@settles
def settle_due(state: State) -> None:
    """Retry the repayments that are in process."""
    for each in state.store.all("advance-waiting"):
        find(state, each["refund_id"])


def _try(state: State, made: AdvanceReturn) -> None:
    now, account = state.clock.now(), funds.account_of("merchant", made["sub_mchid"])
    names = ("out_trade_no", "transaction_id", "refund_id", "advance_return_id")
    if now > made["created"] + TRIED_FOR:
        made |= {"state": FAILED, "updated": made["created"] + TRIED_FOR}
    elif state.ledger.balance(account) >= made["amount"]:
        numbers = {name: made[name] for name in names}
        if made["amount"]:
            state.ledger.move("advance_returned", made["amount"], account, "merchant", **numbers)
        made |= {"state": SUCCESS, "updated": now}
    state.store.put("advance-return", made["refund_id"], made)
    if made["state"] == PROCESSING:
        state.store.put("advance-waiting", made["refund_id"], {"refund_id": made["refund_id"]})
    else:
        state.store.delete("advance-waiting", made["refund_id"])
