"""Validation of requests to transfer money to users, shared by several operations.

Source: https://pay.weixin.qq.com/doc/v3/merchant/4013778940 (rules and reasons of rejections)
"""

from __future__ import annotations

from typing import Any

from ....crypto import rsa
from ...call import Call
from ...messages.exchange import Rejection, Secret
from ...state import State
from .. import checks
from ..payments import records as payments

__all__ = ["LEAST", "NAMED", "read", "sealed"]

LEAST = 10
"""Minimum transfer, in fen."""
NAMED = 200_000
"""Amount from which a transfer requires the user's name, in fen."""


def read(call: Call, openid: Any = None, *, most: int | None = None) -> dict[str, Any]:
    """Validate the members of a transfer request, and return them for the record.

    Args:
        call: the request.
        openid: the openid of the user, if the request does not contain it.
        most: the maximum transfer, in fen; None means no limit.

    Raises:
        Rejection: a member is invalid.
    """
    data, state = call.data, call.state
    amount = payments.whole_fen(data["transfer_amount"], "/transfer_amount")
    if amount < LEAST or (most is not None and amount > most):
        raise Rejection(400, "INVALID_REQUEST", f"超过单笔转账上下限: {amount}")
    if amount >= NAMED and not data.get("user_name"):
        raise Rejection.parameter("user_name", None, f"is required for {NAMED} fen and more")
    if data.get("transfer_scene_report_infos") == []:
        raise Rejection.parameter("transfer_scene_report_infos", [], "must not be empty")
    return {
        "out_bill_no": checks.number(
            data["out_bill_no"], "/out_bill_no", longest=32, signs=checks.LETTERS
        ),
        "sub_mchid": data.get("sub_mchid") or "",
        "appid": data["appid"],
        "openid": checks.text(openid or data.get("openid"), "/openid", 64),
        "user_name": sealed(state, data.get("user_name")),
        "amount": amount,
        "remark": checks.text(data["transfer_remark"], "/transfer_remark", 32),
        "scene": data["transfer_scene_id"],
        "notify_url": checks.address(data.get("notify_url"), "/notify_url"),
    }


def sealed(state: State, text: Any) -> str:
    """Encrypt a decrypted text again for its merchant; return an empty text for other values."""
    if not isinstance(text, Secret) or not text:
        return ""
    return rsa.encrypt(str.__str__(text), state.identity.merchant_certificate)
