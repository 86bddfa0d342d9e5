"""Notification URLs of coupons (代金券) and of merchants' coupons (商家券)."""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...messages.exchange import Rejection
from .. import checks
from ..listing import listed
from ..registry import operation

__all__ = ["MERCHANTS_COUPONS", "SETTING"]

SETTING, MERCHANTS_COUPONS = "coupon-notifications", "busifavor-notifications"
"""The settings that contain the URLs."""


def _register(base: str, key: str) -> None:
    @operation("POST", f"{base}/callbacks")
    def put(call: Call) -> dict[str, Any]:
        checks.accepted(call)
        data, state = call.data, call.state
        setting = {
            "mchid": data.get("mchid") or state.mchid,
            "notify_url": checks.callback(data["notify_url"], "/notify_url"),
            "switch": data.get("switch", True),
        }
        state.store.put("setting", key, setting)
        return listed(call, {**setting, "update_time": state.clock.rfc3339()})

    @operation("GET", f"{base}/callbacks")
    def get(call: Call) -> dict[str, Any]:
        checks.accepted(call)
        setting = call.state.store.get("setting", key)
        if setting is None:
            raise Rejection(404, "RESOURCE_NOT_EXISTS", "未设置消息通知地址")
        return listed(call, setting)


_register("v3/marketing/favor", SETTING)
_register("v3/marketing/busifavor", MERCHANTS_COUPONS)
