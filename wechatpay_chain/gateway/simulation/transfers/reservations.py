"""Reservations of transfers: a user confirms a transfer before its amount is known.

A reservation waits 24 hours for the user, and is used by one transfer. An unused reservation ends
with its estimated day.

Sources: https://pay.weixin.qq.com/docs/partner/apis/platsolution-mch-transfer/transfer-reservation/transfer-reservation-apply.html,
https://pay.weixin.qq.com/docs/partner/apis/platsolution-mch-transfer/transfer-reservation/transfer-reservation-get-by-out-no.html
"""

from __future__ import annotations

import datetime
import secrets
from typing import Any

from ...call import Call
from ...messages.exchange import Rejection
from ...state import State
from .. import checks
from ..payments import records as payments
from ..tokens import record_number
from .requests import sealed

__all__ = [
    "ACCEPTED",
    "CONFIRMED",
    "KIND",
    "claim",
    "close",
    "confirm",
    "create",
    "ended",
    "existing",
    "existing_by_id",
    "settle_due",
    "shown",
]

ACCEPTED, CONFIRMED, CLOSED = "ACCEPTED", "CONFIRMED", "CLOSED"
KIND = "transfer-reservation"
TERM = 24 * 3600
"""Seconds during which a user can confirm."""
DAYS = 31
"""Maximum number of days until the transfer, including today."""

Reservation = dict[str, Any]


def create(call: Call, family: str) -> Reservation:
    """Create a reservation, or return the existing one for an identical request.

    Args:
        call: the request.
        family: the family of operations.

    Raises:
        Rejection: the request is invalid, or its number was used with other content.
    """
    content, data, state = checks.accepted(call), call.data, call.state
    number = checks.number(
        data["out_reservation_no"], "/out_reservation_no", longest=32, signs=checks.LETTERS
    )
    known = _find(state, number)
    if known is not None:
        if known["content"] != content:
            raise Rejection(400, "ALREADY_EXISTS", f"预约单号已存在但信息不一致: {number}")
        return known
    amounts = _amounts(data)
    now = state.clock.now()
    reservation = {
        "out_reservation_no": number,
        "reservation_id": record_number("1320", state.clock.compact()[:8]),
        "family": family,
        "sub_mchid": data["sub_mchid"],
        "sp_appid": data["sp_appid"],
        "sub_appid": data.get("sub_appid") or "",
        "transfer_scene_id": data["transfer_scene_id"],
        "estimated_date": _estimated(call),
        **amounts,
        "openid": checks.text(data.get("openid"), "/openid", 64),
        "user_name": sealed(state, data.get("user_real_name")),
        "package_info": secrets.token_urlsafe(48),
        "state": ACCEPTED,
        "created": now,
        "reserved": None,
        "expires": now + TERM,
        "closed": None,
        "reason": "",
        "batch": "",
        "content": content,
    }
    pointer = {"out_reservation_no": number, "sub_mchid": data["sub_mchid"]}
    state.store.put("transfer-reservation-id", reservation["reservation_id"], pointer)
    _save(state, reservation)
    return reservation


def _amounts(data: dict[str, Any]) -> dict[str, int]:
    names = ("estimated_max_amount", "exact_amount")
    given = {name: data[name] for name in names if data.get(name) is not None}
    if len(given) != 1:
        raise Rejection.parameter(names[0], None, f"is required, or else {names[1]}")
    return {name: payments.whole_fen(value, f"/{name}") for name, value in given.items()}


def _estimated(call: Call) -> str:
    value, today = call.text("estimated_date"), call.state.clock.date()
    first = datetime.date.fromisoformat(today)
    last = first + datetime.timedelta(days=DAYS - 1)
    try:
        date = datetime.datetime.strptime(value, "%Y-%m-%d").date()
    except ValueError:
        date = datetime.date.min
    if not first <= date <= last or str(date) != value:
        raise Rejection.parameter("estimated_date", value, f"must be a day from {first} to {last}")
    return value


def _save(state: State, reservation: Reservation) -> None:
    state.store.put(KIND, reservation["out_reservation_no"], reservation)


def _find(state: State, number: str) -> Reservation | None:
    found = state.store.get(KIND, number)
    if found is None or found["state"] == CLOSED:
        return found
    reason = "USER_OVERDUE_UNCONFIRMED" if found["state"] == ACCEPTED else "OVERDUE_NOT_TRANSFER"
    if found["expires"] <= state.clock.now() and not found["batch"]:
        _end(state, found, reason, found["expires"])
    return found


def _end(state: State, reservation: Reservation, reason: str, moment: float) -> None:
    reservation |= {"state": CLOSED, "closed": moment, "reason": reason}
    _save(state, reservation)


def settle_due(state: State) -> None:
    """Store the reservations that have expired."""
    for each in state.store.all(KIND):
        _find(state, each["out_reservation_no"])


def existing(
    state: State, number: str, family: str = "", sub_mchid: str | None = None
) -> Reservation:
    """Return a reservation by its merchant-assigned number, in its current state.

    Raises:
        Rejection: there is no such reservation of this family and sub-merchant.
    """
    return _checked(_find(state, number), number, family, sub_mchid)


def _checked(
    found: Reservation | None, asked: str, family: str, sub_mchid: str | None
) -> Reservation:
    if (
        found is None
        or family not in ("", found["family"])
        or sub_mchid not in (None, found["sub_mchid"])
    ):
        raise Rejection(404, "NOT_FOUND", f"预约单不存在: {asked}")
    return found


def existing_by_id(state: State, number: str, family: str, sub_mchid: str) -> Reservation:
    """Return a reservation by WeChat Pay's number, in its current state.

    Raises:
        Rejection: there is no such reservation of this family and sub-merchant.
    """
    return _checked(_by_id(state, number), number, family, sub_mchid)


def _by_id(state: State, reservation_id: str) -> Reservation | None:
    pointer = state.store.get("transfer-reservation-id", reservation_id)
    return None if pointer is None else _find(state, pointer["out_reservation_no"])


def shown(state: State, reservation: Reservation) -> dict[str, Any]:
    """Return a reservation for a query, with its date and amount after the confirmation."""
    names = ["sub_mchid", "sp_appid", "reservation_id", "out_reservation_no", "transfer_scene_id"]
    optional = ["sub_appid", "exact_amount", "estimated_max_amount", "estimated_date"]
    if reservation["reserved"] is None:
        optional = optional[:1]
    view = {
        "sp_mchid": state.identity.mchid,
        **{name: reservation[name] for name in [*names, "openid", "state"]},
        **{name: reservation[name] for name in optional if reservation.get(name)},
        "accept_time": state.clock.rfc3339(reservation["created"]),
    }
    if reservation["reserved"] is not None:
        view["reserve_time"] = state.clock.rfc3339(reservation["reserved"])
    if reservation["state"] == CLOSED:
        view["close_info"] = {
            "close_time": state.clock.rfc3339(reservation["closed"]),
            "close_reason": reservation["reason"],
        }
    return view


def confirm(state: State, number: str) -> Reservation:
    """Confirm a reservation on behalf of the user.

    Raises:
        Rejection: there is no such reservation, or it does not wait.
    """
    found = existing(state, number)
    if found["state"] != ACCEPTED:
        raise Rejection(400, "INVALID_REQUEST", f"预约单状态是 {found['state']}: {number}")
    midnight = datetime.datetime.fromisoformat(f"{found['estimated_date']}T00:00:00+08:00")
    ends = (midnight + datetime.timedelta(days=1)).timestamp()
    found |= {"state": CONFIRMED, "reserved": state.clock.now(), "expires": ends}
    _save(state, found)
    return found


def close(state: State, reservation: Reservation, reason: str = "") -> Reservation:
    """Close a reservation on behalf of its merchant; a repetition has no effect.

    Args:
        state: the state of the merchant.
        reservation: the reservation.
        reason: the reason of the closing; empty for a closing by the API.

    Raises:
        Rejection: the reservation is closed for another reason, or a transfer uses it.
    """
    if reservation["reason"].endswith("_VIA_MCH_API"):
        return reservation
    if reservation["state"] == CLOSED or reservation["batch"]:
        message = f"预约单状态不支持关闭: {reservation['out_reservation_no']}"
        raise Rejection(400, "INVALID_REQUEST", message)
    reason = reason or f"CLOSE_{reservation['state']}_VIA_MCH_API"
    _end(state, reservation, reason, state.clock.now())
    return reservation


def claim(state: State, number: str, batch: dict[str, Any], detail: dict[str, Any]) -> str:
    """Use a reservation for a transfer, and return the reason if that fails; empty if not.

    Args:
        state: the state of the merchant.
        number: `reservation_id`.
        batch: of the transfer: `family`, `sub_mchid`, `out_batch_no` and `transfer_scene_id`.
        detail: a detail of the batch; gets the name of the user.
    """
    found = _by_id(state, number)
    if found is None or found["state"] != CONFIRMED or found["batch"]:
        return "RESERVATION_STATE_INVALID"
    given = (batch["family"], batch["sub_mchid"], detail["openid"])
    if given != (found["family"], found["sub_mchid"], found["openid"]):
        return "RESERVATION_INFO_NOT_MATCH"
    if batch["transfer_scene_id"] != found["transfer_scene_id"]:
        return "RESERVATION_SCENE_NOT_MATCH"
    exact, amount = found.get("exact_amount"), detail["amount"]
    if amount > found.get("estimated_max_amount", exact) or exact not in (None, amount):
        return "EXCEEDED_ESTIMATED_AMOUNT"
    _save(state, found | {"batch": batch["out_batch_no"]})
    detail["user_name"] = found["user_name"]
    return ""


def ended(state: State, number: str, moment: float, *, arrived: bool) -> None:
    """Close a reservation after its transfer has arrived, or release it for another transfer.

    Args:
        state: the state of the merchant.
        number: `reservation_id`.
        moment: the time at which the transfer ended.
        arrived: whether the transfer has arrived.
    """
    found = _by_id(state, number)
    if found is None:
        return
    found["batch"] = ""
    if arrived:
        _end(state, found, "TRANSFER_FINISHED", moment)
    else:
        _save(state, found)
