"""The notification URL of complaints; a merchant has one.

Source: https://developers.weixin.qq.com/community/pay/doc/000a0606d345a064a4eb5c5455ec08
"""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...messages.exchange import Rejection
from ...state import State
from ..registry import operation

__all__ = ["address"]

NOTIFICATIONS = "v3/merchant-service/complaint-notifications"
SETTING = "complaint-notifications"


def address(state: State) -> str:
    """Return the notification URL of complaints; empty if it is not set."""
    setting = state.store.get("setting", SETTING)
    return "" if setting is None else str(setting["url"])


@operation("POST", NOTIFICATIONS)
def create_notifications(call: Call) -> dict[str, Any]:
    """Set the notification URL; there can be only one."""
    if call.state.store.get("setting", SETTING) is not None:
        raise Rejection(400, "RESOURCE_ALREADY_EXISTS", "投诉通知回调地址已存在")
    return _put_notifications(call)


@operation("PUT", NOTIFICATIONS)
def change_notifications(call: Call) -> dict[str, Any]:
    """Replace the notification URL."""
    notifications(call)
    return _put_notifications(call)


@operation("GET", NOTIFICATIONS)
def notifications(call: Call) -> dict[str, Any]:
    """Return the notification URL."""
    setting = call.state.store.get("setting", SETTING)
    if setting is None:
        raise Rejection(400, "RESOURCE_NOT_EXISTS", "投诉通知回调地址不存在")
    return setting


@operation("DELETE", NOTIFICATIONS)
def delete_notifications(call: Call) -> None:
    """Delete the notification URL."""
    notifications(call)
    call.state.store.delete("setting", SETTING)


def _put_notifications(call: Call) -> dict[str, Any]:
    """Store the URL; plain HTTP is allowed, because the receiver is a local program."""
    url = call.text("url")
    if not url.startswith(("http://", "https://")):
        raise Rejection.parameter("url", url, "must be an http or https address")
    setting = {"mchid": call.state.identity.mchid, "url": url}
    call.state.store.put("setting", SETTING, setting)
    return setting
