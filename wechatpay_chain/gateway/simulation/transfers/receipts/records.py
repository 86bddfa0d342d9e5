"""Receipts of transfers: applied for, generated after some seconds, downloaded as PDF files.

The URL of a file is valid for ten minutes; a query returns a new one. An application is valid for
90 days.

Sources: https://pay.weixin.qq.com/docs/merchant/apis/mch-trans/elecsign/accept-elecsign-by-out-no.html,
https://pay.weixin.qq.com/doc/v3/merchant/4012716455 (states, digests and URLs)
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .....crypto import digest
from .....utils.exceptions import ConfigurationError
from ....call import Call
from ....messages.exchange import Content, Rejection
from ....state import State
from ... import checks
from ...address import reached_at
from ...tokens import random_token, record_number
from .pdf import page

__all__ = [
    "ACCEPTED",
    "FAILED",
    "FINISHED",
    "KIND",
    "Receipt",
    "apply",
    "existing",
    "fail",
    "file_of",
    "finish",
    "refuse",
    "settle_due",
    "yuan",
]

ACCEPTED, FINISHED, FAILED = "ACCEPTED", "FINISHED", "FAILED"
KIND, TOKEN = "transfer-receipt", "transfer-receipt-token"
MAKING, GOOD_FOR = 5, 90 * 86400
"""Seconds until a receipt is generated, and for which an application is valid."""
ADDRESS_GOOD_FOR = 600
"""Seconds for which the URL of a file is valid."""

Receipt = dict[str, Any]


def refuse(message: str) -> Rejection:
    """Return the rejection of an application without a possible receipt."""
    return Rejection(400, "INVALID_REQUEST", f"不满足电子回单的申请条件: {message}")


def yuan(fen: int) -> str:
    """Format an amount for a receipt."""
    return f"{fen // 100}.{fen % 100:02} 元"


def apply(
    state: State, key: str, lines: Iterable[str], *, sub_mchid: str = "", kind: str = "SHA256"
) -> Receipt:
    """Apply for a receipt, or return the existing one while its application is valid.

    Args:
        state: the state of the merchant.
        key: identifies the transfer: `bill-T0001`, `batch-B0001`, `detail-B0001-D0001`.
        lines: the lines of the file.
        sub_mchid: the sub-merchant ID of the transfer.
        kind: the kind of the digest: `SHA256` or `SM3`.
    """
    known, now = find(state, key), state.clock.now()
    if known is not None:
        return known
    day = state.clock.compact()[:8]
    number = record_number("1050", day)
    receipt = {
        "key": key,
        "signature_no": number,
        "sub_mchid": sub_mchid,
        "state": ACCEPTED,
        "created": now,
        "updated": now,
        "hash_type": kind,
        "lines": ["微信支付电子回单", f"回单编号: {number}", *lines],
        "token": "",
        "token_expires": now,
        "reason": "",
    }
    return _save(state, receipt)


def _save(state: State, receipt: Receipt) -> Receipt:
    state.store.put(KIND, receipt["key"], receipt)
    return receipt


def find(state: State, key: str) -> Receipt | None:
    """Return a receipt in its current state; None if there is no valid application."""
    receipt, now = state.store.get(KIND, key), state.clock.now()
    if receipt is None or receipt["created"] + GOOD_FOR <= now:
        return None
    if receipt["state"] == ACCEPTED and receipt["created"] + MAKING <= now:
        receipt |= {"state": FINISHED, "updated": receipt["created"] + MAKING}
        _save(state, receipt)
    return receipt


def existing(state: State, key: str) -> Receipt:
    """Return a receipt in its current state.

    Raises:
        Rejection: there is no valid application.
    """
    receipt = find(state, key)
    if receipt is None:
        raise Rejection(404, "NOT_FOUND", f"电子回单不存在或已过期: {key}")
    return receipt


def settle_due(state: State) -> None:
    """Store the receipts that have been generated."""
    for each in state.store.all(KIND):
        find(state, each["key"])


def file_of(call: Call, receipt: Receipt, path: str = "signfile?") -> dict[str, str]:
    """Return the digest and the URL of a receipt's file; empty before it is generated.

    Args:
        call: the query.
        receipt: the receipt.
        path: the path of the download, below `v3/transferdownload/`.
    """
    if receipt["state"] != FINISHED:
        return {}
    state, now = call.state, call.state.clock.now()
    if receipt["token_expires"] <= now:
        state.store.delete(TOKEN, receipt["token"])
        receipt |= {"token": random_token(32), "token_expires": now + ADDRESS_GOOD_FOR}
        state.store.put(TOKEN, receipt["token"], {"token": receipt["token"], "key": receipt["key"]})
        _save(state, receipt)
    kind, hashed = _digest(page(receipt["lines"]), receipt["hash_type"])
    address = f"{reached_at(call)}v3/transferdownload/{path}token={receipt['token']}"
    return {"hash_type": kind, "hash_value": hashed, "download_url": address}


def _digest(content: bytes, kind: str) -> tuple[str, str]:
    """Return the name and the value of a file's digest: SHA-256 if this machine has no SM3."""
    try:
        return kind, digest.hexdigest(kind.lower(), content)
    except ConfigurationError:
        return "SHA256", digest.hexdigest("sha256", content)


def download(call: Call) -> Content:
    """Return the file for the URL of a query.

    Raises:
        Rejection: the URL is invalid or has expired.
    """
    state = call.state
    pointer = state.store.get(TOKEN, call.query.get("token", ""))
    receipt = None if pointer is None else find(state, pointer["key"])
    if pointer is None or receipt is None or receipt["token"] != pointer["token"]:
        raise Rejection(400, "INVALID_REQUEST", "下载地址无效，请重新查询电子回单")
    if receipt["token_expires"] <= state.clock.now():
        raise Rejection(400, "INVALID_REQUEST", "下载地址已过期，请重新查询电子回单")
    return Content(page(receipt["lines"]), "application/octet-stream", signed=False)


def _accepted(state: State, key: str) -> Receipt:
    receipt = existing(state, key)
    if receipt["state"] != ACCEPTED:
        raise Rejection(400, "INVALID_REQUEST", f"电子回单状态是 {receipt['state']}: {key}")
    return receipt | {"updated": state.clock.now()}


def finish(state: State, key: str) -> Receipt:
    """Generate a receipt at once.

    Raises:
        Rejection: there is no such receipt, or it is already generated.
    """
    return _save(state, _accepted(state, key) | {"state": FINISHED})


def fail(state: State, key: str, reason: str = "FAIL_REASON_UNKNOWN") -> Receipt:
    """Fail the generation of a receipt.

    Args:
        state: the state of the merchant.
        key: the key of the receipt.
        reason: the `fail_reason` for the merchant.

    Raises:
        Rejection: there is no such receipt, or it is already generated.
    """
    reason = checks.text(reason, "/reason", 64)
    return _save(state, _accepted(state, key) | {"state": FAILED, "reason": reason})
