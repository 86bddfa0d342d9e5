"""Authorizations of users, which allow transfers of one scene without a confirmation.

An authorization waits 24 hours for the user, is then in effect, and ends when the merchant or the
user closes it. An authorization with a transfer takes effect when the user confirms the transfer.

Sources: https://pay.weixin.qq.com/doc/v3/merchant/4015901167 (apply),
https://pay.weixin.qq.com/doc/v3/merchant/4014399423 (query),
https://pay.weixin.qq.com/doc/v3/merchant/4015653811 (close),
https://pay.weixin.qq.com/doc/v3/partner/4015468873 (one authorization for a user and a scene)
"""

from __future__ import annotations

import secrets
from typing import Any

from ...call import Call
from ...messages.exchange import Rejection
from ...state import State
from .. import checks
from ..tokens import record_number

__all__ = [
    "EFFECTIVE",
    "KIND",
    "WAITING",
    "agreed",
    "asked_for",
    "close",
    "confirm",
    "create",
    "existing",
    "in_effect",
    "settle_due",
    "shown",
]

WAITING, EFFECTIVE, CLOSED = "WAIT_USER_CONFIRM", "TAKING_EFFECT", "CLOSED"
TERM = 24 * 3600
"""Seconds during which a user can agree."""
KIND, IN_EFFECT = "transfer-authorization", "transfer-authorized"

Authorization = dict[str, Any]


def create(call: Call, content: str, notify_url: str) -> Authorization:
    """Request an authorization of a user.

    Args:
        call: the request.
        content: the fingerprint of the request.
        notify_url: the notification URL of the result.

    Raises:
        Rejection: the number was used with other content, or the user has already agreed.
    """
    data, state = call.data, call.state
    number = _number(data["out_authorization_no"], "/out_authorization_no")
    known = _find(state, number)
    if known is not None:
        if known["content"] != content:
            raise Rejection(400, "ALREADY_EXISTS", f"授权单号已存在但信息不一致: {number}")
        return known
    user = {
        "out_authorization_no": number,
        "appid": data["appid"],
        "openid": checks.text(data["openid"], "/openid", 64),
        "user_display_name": checks.text(data["user_display_name"], "/user_display_name", 32),
        "transfer_scene_id": data["transfer_scene_id"],
        "user_recv_perception": data.get("user_recv_perception") or "",
        "notify_url": checks.address(notify_url, "/notify_url"),
    }
    _assert_first(state, user)
    return _begin(state, user, content)


def _begin(state: State, user: dict[str, Any], content: str) -> Authorization:
    now = state.clock.now()
    authorization = user | {
        "authorization_id": record_number("1350", state.clock.compact()[:8]),
        "package_info": secrets.token_urlsafe(48),
        "state": WAITING,
        "created": now,
        "expires": now + TERM,
        "authorized": None,
        "closed": None,
        "reason": "",
        "content": content,
    }
    pointer = {"out_authorization_no": user["out_authorization_no"]}
    state.store.put("transfer-authorization-id", authorization["authorization_id"], pointer)
    _save(state, authorization)
    return authorization


def _number(value: Any, pointer: str) -> str:
    return checks.number(value, pointer, longest=32, signs=checks.LETTERS)


def asked_for(call: Call, bill: dict[str, Any]) -> dict[str, Any]:
    """Validate the authorization in a transfer request; it is stored when the user agrees.

    Args:
        call: the request.
        bill: the transfer.

    Raises:
        Rejection: the number is already used, or the user has already agreed.
    """
    info, here = call.data["authorization_info"], "/authorization_info"
    number = _number(info["out_authorization_no"], f"{here}/out_authorization_no")
    url = checks.address(info["authorization_notify_url"], f"{here}/authorization_notify_url")
    name = checks.text(info["user_display_name"], f"{here}/user_display_name", 32)
    asked = {
        "out_authorization_no": number,
        "appid": bill["appid"],
        "openid": bill["openid"],
        "user_display_name": name,
        "transfer_scene_id": bill["scene"],
        "user_recv_perception": call.data.get("user_recv_perception") or "",
        "notify_url": url,
    }
    if _find(call.state, number) is not None:
        raise Rejection(400, "ALREADY_EXISTS", f"授权单号已存在: {number}")
    _assert_first(call.state, asked)
    return asked


def agreed(state: State, asked: dict[str, Any]) -> None:
    """Put a transfer's authorization into effect, unless the user already has one."""
    number = asked["out_authorization_no"]
    if _find(state, number) is None and state.store.get(IN_EFFECT, _user(asked)) is None:
        _begin(state, asked, checks.fingerprint(asked))
        confirm(state, number)


def _user(authorization: Authorization) -> str:
    return "/".join(authorization[name] for name in ("appid", "openid", "transfer_scene_id"))


def _assert_first(state: State, asked: dict[str, Any]) -> None:
    if state.store.get(IN_EFFECT, _user(asked)) is not None:
        message = "用户在当前场景下的授权数量达到限制，不支持发起授权"
        raise Rejection(400, "INVALID_REQUEST", message)


def _save(state: State, authorization: Authorization) -> None:
    state.store.put(KIND, authorization["out_authorization_no"], authorization)


def settle_due(state: State) -> None:
    """Store the authorizations that were not confirmed in time."""
    for each in state.store.all(KIND):
        _find(state, each["out_authorization_no"])


def _find(state: State, number: str) -> Authorization | None:
    authorization = state.store.get(KIND, number)
    if authorization is None:
        return None
    if authorization["state"] == WAITING and authorization["expires"] <= state.clock.now():
        overdue = {"closed": authorization["expires"], "reason": "USER_OVERDUE_UNCONFIRMED"}
        authorization |= {"state": CLOSED, **overdue}
        _save(state, authorization)
    return authorization


def existing(state: State, number: str) -> Authorization:
    """Return an authorization by its merchant-assigned number, in its current state.

    Raises:
        Rejection: there is no such authorization.
    """
    authorization = _find(state, number)
    if authorization is None:
        raise Rejection(404, "NOT_FOUND", f"授权单不存在: {number}")
    return authorization


def in_effect(call: Call) -> Authorization:
    """Return the authorization of a transfer, which must be in effect for its app and scene.

    Raises:
        Rejection: the authorization does not exist, differs in app or scene, or is not in effect.
    """
    data, state = call.data, call.state
    pointer = state.store.get("transfer-authorization-id", data.get("authorization_id") or "")
    number = (pointer or {}).get("out_authorization_no", data.get("out_authorization_no"))
    found = _find(state, number or "")
    if found is None or found["state"] != EFFECTIVE:
        raise Rejection(400, "INVALID_REQUEST", "用户授权不存在或未生效，不支持发起转账")
    for name in ("appid", "transfer_scene_id"):
        if data[name] != found[name]:
            raise Rejection(400, "INVALID_REQUEST", f"请求参数与授权信息不一致: {name}")
    return found


def confirm(state: State, number: str) -> Authorization:
    """Agree on behalf of the user; the authorization takes effect, and the merchant is notified.

    Raises:
        Rejection: there is no such authorization, or it no longer waits.
    """
    authorization = _in_state(state, number, WAITING)
    _assert_first(state, authorization)
    authorization |= {"state": EFFECTIVE, "authorized": state.clock.now()}
    state.store.put(IN_EFFECT, _user(authorization), {"out_authorization_no": number})
    _save(state, authorization)
    _tell(state, authorization, "CONFIRMED", "用户确认自动收款授权通知")
    return authorization


def close(state: State, number: str, reason: str = "USER_CLOSE") -> Authorization:
    """Close an authorization on behalf of the user; the merchant is notified.

    Args:
        state: the state of the merchant.
        number: `out_authorization_no`.
        reason: the `close_reason` for the merchant.

    Raises:
        Rejection: there is no such authorization, or it is not in effect.
    """
    authorization = _in_state(state, number, EFFECTIVE)
    authorization |= {"state": CLOSED, "closed": state.clock.now(), "reason": reason}
    state.store.delete(IN_EFFECT, _user(authorization))
    _save(state, authorization)
    _tell(state, authorization, "CLOSED", "用户关闭自动收款授权通知")
    return authorization


def _in_state(state: State, number: str, wanted: str) -> Authorization:
    authorization = existing(state, number)
    if authorization["state"] != wanted:
        message = f"授权单状态是 {authorization['state']}: {number}"
        raise Rejection(400, "INVALID_REQUEST", message)
    return authorization


def shown(state: State, authorization: Authorization) -> dict[str, Any]:
    """Return the members of an authorization that its notification and queries share."""
    names = ("out_authorization_no", "appid", "openid", "user_display_name", "authorization_id")
    view = {name: authorization[name] for name in names} | {"state": authorization["state"]}
    if authorization["authorized"] is not None:
        view["authorize_time"] = state.clock.rfc3339(authorization["authorized"])
    if authorization["state"] == CLOSED:
        view["close_info"] = {
            "close_time": state.clock.rfc3339(authorization["closed"]),
            "close_reason": authorization["reason"],
        }
    return view


def _tell(state: State, authorization: Authorization, what: str, summary: str) -> None:
    if authorization["notify_url"]:
        state.outbox.post(
            authorization["notify_url"],
            f"MCHTRANSFER.AUTHORIZATION.{what}",
            shown(state, authorization),
            summary=summary,
            original_type="mch_payment",
        )
