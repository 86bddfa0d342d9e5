"""Lifecycle of a red packet: sent, received by one or several users, or returned after a day.

The merchant's account for expenses (`operation` in the ledger) pays, and is topped up as required.
A red packet is being sent for a few seconds of the gateway's time, and can then be received. After
24 hours, the rest is returned.

Source: https://pay.weixin.qq.com/wiki/doc/api/tools/cash_coupon.php?chapter=13_6
"""

from __future__ import annotations

import secrets
from typing import Any

from ...messages.exchange import Rejection
from ...state import State
from .. import checks, funds
from ..schedule import settles
from ..tokens import random_token, record_number

__all__ = [
    "FAILED",
    "GROUP",
    "NORMAL",
    "RECEIVED",
    "REFUND",
    "SENDING",
    "SENT",
    "RedPacket",
    "existing",
    "fail",
    "find",
    "receive",
    "send",
    "settle_due",
]

SENDING, SENT, RECEIVED, REFUND, FAILED = "SENDING", "SENT", "RECEIVED", "REFUND", "FAILED"
NORMAL, GROUP = "NORMAL", "GROUP"
SETTLING = 5
"""Seconds during which a red packet is being sent."""
TERM = 24 * 3600
"""Seconds during which a red packet can be received."""
ACCOUNT = "operation"
"""The ledger account that pays."""

RedPacket = dict[str, Any]


def send(state: State, number: str, content: str, about: dict[str, Any]) -> RedPacket:
    """Create a red packet, or return the existing one if the content is the same.

    Args:
        state: the state of the merchant.
        number: `mch_billno`.
        content: the fingerprint of the request.
        about: the red packet's `product`, `kind`, `amount`, `count`, `openid`, …

    Raises:
        Rejection: the number was used with other content, or the sending has failed.
    """
    known = find(state, number)
    if known is not None:
        if known["content"] != content:
            raise Rejection(200, "FATAL_ERROR", f"商户单号已用于参数不同的红包: {number}")
        if known["state"] == FAILED:
            raise Rejection(200, "SEND_FAILED", f"红包发放失败，请更换单号: {number}")
        return known
    now = state.clock.now()
    packet = {
        "mch_billno": number,
        "send_listid": record_number("1000", state.clock.compact()[:8]),
        "state": SENDING,
        "created": now,
        "sent": now + SETTLING,
        "expires": now + TERM,
        "content": content,
        "shares": _split(about["amount"], about["count"]),
        "received": [],
        **about,
    }
    funds.top_up(state, ACCOUNT, packet["amount"])
    _move(state, packet, "red_packet", packet["amount"], ACCOUNT, "transit", now)
    state.store.put("red-packet-open", number, {"mch_billno": number})
    _save(state, packet)
    return packet


def _split(amount: int, count: int) -> list[int]:
    """Return random shares in fen, each of at least one fen."""
    cuts = sorted(secrets.SystemRandom().sample(range(1, amount), count - 1))
    return [high - low for low, high in zip([0, *cuts], [*cuts, amount], strict=True)]


def _move(
    state: State, packet: RedPacket, kind: str, fen: int, source: str, target: str, at: float
) -> None:
    numbers = {name: packet[name] for name in ("mch_billno", "send_listid")}
    state.ledger.move(kind, fen, source, target, at=at, **numbers)


def _save(state: State, packet: RedPacket) -> None:
    state.store.put("red-packet", packet["mch_billno"], packet)
    state.log.tell("red-packet", packet)


def find(state: State, number: str) -> RedPacket | None:
    """Return a red packet by its merchant-assigned number, in its current state, or None."""
    packet = state.store.get("red-packet", number)
    if packet is None:
        return None
    now = state.clock.now()
    if packet["state"] == SENDING and packet["sent"] <= now:
        packet["state"] = SENT
        _save(state, packet)
    if packet["state"] == SENT and packet["expires"] <= now:
        _end(state, packet, REFUND, packet["expires"])
    return packet


def existing(state: State, number: str) -> RedPacket:
    """Return a red packet by its merchant-assigned number.

    Raises:
        Rejection: there is no such red packet.
    """
    packet = find(state, number)
    if packet is None:
        raise Rejection(200, "NOT_FOUND", f"指定单号数据不存在: {number}")
    return packet


@settles
def settle_due(state: State) -> None:
    """Store the red packets that were sent or have expired."""
    for each in state.store.all("red-packet-open"):
        find(state, each["mch_billno"])


def _end(state: State, packet: RedPacket, outcome: str, moment: float, reason: str = "") -> None:
    """End a red packet; the rest is returned."""
    rest = packet["amount"] - sum(each["amount"] for each in packet["received"])
    with state.store.transaction():  # concurrent readers return it once
        if rest:
            _move(state, packet, "red_packet_returned", rest, "transit", ACCOUNT, moment)
        packet |= {"state": outcome, "ended": moment, "returned": rest, "reason": reason}
        state.store.delete("red-packet-open", packet["mch_billno"])
        _save(state, packet)


def receive(state: State, number: str, openid: str = "") -> RedPacket:
    """Receive a red packet, or a share of a group's, on behalf of a user.

    Args:
        state: the state of the merchant.
        number: `mch_billno`.
        openid: of the user; by default, the user of the request, or a generated one for further
            shares of a group.

    Raises:
        Rejection: the red packet does not exist, or this user cannot receive it.
    """
    packet, now = existing(state, number), state.clock.now()
    if packet["state"] == SENDING:
        packet["state"] = SENT  # the user has already seen it
    if packet["state"] != SENT:
        raise Rejection(400, "INVALID_REQUEST", f"红包状态是 {packet['state']}: {number}")
    taken = [each["openid"] for each in packet["received"]]
    user = openid or (f"o{random_token(20)}" if taken else packet["openid"])
    if user in taken or (packet["kind"] == NORMAL and user != packet["openid"]):
        raise Rejection(400, "INVALID_REQUEST", f"该用户不能领取此红包: {user[:64]}")
    share = {"openid": user, "amount": packet["shares"][len(taken)], "time": now}
    packet["received"].append(share)
    _move(state, packet, "red_packet_received", share["amount"], "transit", "user", now)
    if len(packet["received"]) == packet["count"]:
        _end(state, packet, RECEIVED, now)
    _save(state, packet)
    return packet


def fail(state: State, number: str, reason: str) -> RedPacket:
    """Fail a red packet that is being sent; the money is returned.

    Args:
        state: the state of the merchant.
        number: `mch_billno`.
        reason: the reason in queries.

    Raises:
        Rejection: there is no such red packet, or it is already sent.
    """
    packet = existing(state, number)
    if packet["state"] != SENDING:
        raise Rejection(400, "INVALID_REQUEST", f"红包状态是 {packet['state']}: {number}")
    _end(state, packet, FAILED, state.clock.now(), checks.text(reason, "/reason", 64))
    return packet
