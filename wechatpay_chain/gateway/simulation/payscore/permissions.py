"""Permissions of users for service orders without their confirmation.

A merchant requests a permission by its `authorization_code`; the user grants it in WeChat.

Source: https://pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter6_1_4.shtml (and the errors)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...messages.exchange import Rejection
from ...state import State
from ..tokens import random_token

__all__ = [
    "AVAILABLE",
    "KIND",
    "UNAVAILABLE",
    "UNBOUND",
    "Permission",
    "assert_permitted",
    "ask",
    "existing",
    "grant",
    "of_user",
    "shown",
    "terminate",
]

Permission = dict[str, Any]

KIND = "payscore-permission"
AVAILABLE, UNAVAILABLE, UNBOUND = "AVAILABLE", "UNAVAILABLE", "UNBINDUSER"
PARTIES = ("appid", "sub_appid", "sub_mchid", "channel_id")
USERS = ("openid", "sub_openid")
SUMMARIES = {"OPEN": "签约成功", "CLOSE": "解约成功"}


def ask(state: State, code: str, content: str, given: Mapping[str, Any]) -> Permission:
    """Create a permission request, or return the existing one if the content is the same.

    Args:
        state: the state of the merchant.
        code: `authorization_code`.
        content: the fingerprint of the request.
        given: the members of the request.

    Raises:
        Rejection: the code was used with other content.
    """
    known = state.store.get(KIND, code)
    if known is not None:
        if known["content"] != content:
            message = f"相同授权协议号使用了不同的参数: {code}"
            raise Rejection(400, "INVALID_REQUEST", message)
        return known
    permission = {
        "authorization_code": code,
        "service_id": given["service_id"],
        "notify_url": given.get("notify_url") or "",
        **{name: given.get(name) or "" for name in (*PARTIES, *USERS)},
        "authorization_state": UNBOUND,
        "token": random_token(48),
        "created": state.clock.now(),
        "content": content,
    }
    _save(state, permission)
    return permission


def _save(state: State, permission: Permission) -> None:
    state.store.put(KIND, permission["authorization_code"], permission)
    state.log.tell("payscore-permission", permission)


def absent(code: str) -> Rejection:
    """Return the rejection for a permission that does not exist or belongs to another party."""
    return Rejection(404, "ORDER_NOT_EXIST", f"授权协议不存在: {code}")


def existing(state: State, code: str) -> Permission:
    """Return a permission by the merchant-assigned code.

    Raises:
        Rejection: there is no such permission.
    """
    permission = state.store.get(KIND, code)
    if permission is None:
        raise absent(code)
    return permission


def of_user(state: State, given: Mapping[str, Any]) -> Permission | None:
    """Return the last permission of a user for a service; None if there is none.

    Args:
        state: the state of the merchant.
        given: contains `service_id`, the user as `openid` or `sub_openid`, and `sub_mchid`.
    """
    users = {name: given[name] for name in USERS if given.get(name)}
    for each in state.store.all(KIND, newest_first=True):
        owner = (each["service_id"], each["sub_mchid"])
        if owner != (given.get("service_id"), given.get("sub_mchid") or "") or not users:
            continue
        if all(each[name] == openid for name, openid in users.items()):
            return each
    return None


def assert_permitted(state: State, given: Mapping[str, Any]) -> None:
    """Reject an order without confirmation if the user has not permitted the service.

    Raises:
        Rejection: `PARAM_ERROR` without a user, `NO_AUTH` without the permission.
    """
    if not any(given.get(name) for name in USERS):
        raise Rejection.parameter("/openid", None, "is required and empty")
    permission = of_user(state, given)
    if permission is None or permission["authorization_state"] != AVAILABLE:
        raise Rejection(403, "NO_AUTH", "用户未授权该服务")


def grant(state: State, code: str, openid: str = "", sub_openid: str = "") -> Permission:
    """Grant a permission on behalf of the user; the merchant is notified.

    Args:
        state: the state of the merchant.
        code: `authorization_code`.
        openid: the openid of the user; a generated one by default.
        sub_openid: the openid of the user in the sub-merchant's app.

    Raises:
        Rejection: there is no such permission, or it is already granted.
    """
    permission = existing(state, code)
    if permission["authorization_state"] != UNBOUND:
        now = permission["authorization_state"]
        raise Rejection(400, "INVALID_ORDER_STATE", f"单据状态错误: {now}")
    permission |= {
        "openid": openid or permission["openid"] or f"o{random_token(20)}",
        "sub_openid": sub_openid or permission["sub_openid"],
        "authorization_state": AVAILABLE,
        "granted": state.clock.now(),
    }
    _save(state, permission)
    _notify(state, permission, "OPEN", permission["granted"])
    return permission


def terminate(state: State, permission: Permission) -> Permission:
    """Terminate a permission; the merchant is notified.

    Raises:
        Rejection: the permission is not granted.
    """
    if permission["authorization_state"] != AVAILABLE:
        now = permission["authorization_state"]
        raise Rejection(400, "INVALID_ORDER_STATE", f"单据状态错误: {now}")
    permission |= {"authorization_state": UNAVAILABLE, "terminated": state.clock.now()}
    _save(state, permission)
    _notify(state, permission, "CLOSE", permission["terminated"])
    return permission


def shown(state: State, permission: Permission) -> dict[str, Any]:
    """Return a permission as a response."""
    names = ("service_id", "authorization_code", "notify_url", *PARTIES, *USERS)
    times = {"granted": "authorization_success_time", "terminated": "cancel_authorization_time"}
    return {
        **{name: permission[name] for name in names if permission[name]},
        "mchid": state.mchid,
        "authorization_state": permission["authorization_state"],
        **{
            shown_as: state.clock.rfc3339(permission[name])
            for name, shown_as in times.items()
            if name in permission
        },
    }


def _notify(state: State, permission: Permission, what: str, moment: float) -> None:
    """Send `PAYSCORE.USER_OPEN_SERVICE` or `PAYSCORE.USER_CLOSE_SERVICE`."""
    if not permission["notify_url"]:
        return
    content = {
        **{name: permission[name] for name in (*PARTIES, *USERS) if permission[name]},
        "mchid": state.mchid,
        "service_id": permission["service_id"],
        "user_service_status": f"USER_{what}_SERVICE",
        "openorclose_time": state.clock.compact(moment),
        "authorization_code": permission["authorization_code"],
    }
    event, summary = f"PAYSCORE.USER_{what}_SERVICE", SUMMARIES[what]
    state.outbox.post(
        permission["notify_url"], event, content, summary=summary, original_type="payscore"
    )
