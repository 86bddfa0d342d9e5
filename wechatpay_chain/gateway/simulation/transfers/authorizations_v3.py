"""Operations for authorizations of users, of merchants and service providers.

Sources: https://pay.weixin.qq.com/doc/v3/merchant/4015901167,
https://pay.weixin.qq.com/doc/v3/partner/4016809859
"""

from __future__ import annotations

from typing import Any

from ...call import Call
from ...state import State
from .. import checks
from ..registry import operation
from . import authorizations
from .authorizations import Authorization

__all__ = ["DIRECT", "PARTNER"]

DIRECT = "v3/fund-app/mch-transfer/user-confirm-authorization"
PARTNER = "v3/fund-app/mch-transfer/partner/user-confirm-authorizations"


def _register(base: str, one: str, notify_url: str) -> None:
    @operation("POST", base)
    def apply(call: Call) -> dict[str, Any]:
        content = checks.accepted(call)
        made = authorizations.create(call, content, call.data[notify_url])
        names = ("out_authorization_no", "state", "package_info")
        created = {"create_time": call.state.clock.rfc3339(made["created"])}
        return {name: made[name] for name in names} | created

    @operation("GET", one)
    def query(call: Call) -> dict[str, Any]:
        found = authorizations.existing(call.state, call.params["out_authorization_no"])
        asked = call.query.get("is_display_authorization") == "true"
        package = {"package_info": found["package_info"]}
        return _shown(call.state, found) | (package if asked else {})

    @operation("POST", f"{one}/close")
    def close(call: Call) -> dict[str, Any]:
        checks.accepted(call)
        number = call.params["out_authorization_no"]
        closed = authorizations.close(call.state, number, "CLOSE_VIA_MCH_API")
        return _shown(call.state, closed)


_register(
    DIRECT, f"{DIRECT}/out-authorization-no/{{out_authorization_no}}", "authorization_notify_url"
)
_register(PARTNER, f"{PARTNER}/{{out_authorization_no}}", "notify_url")


def _shown(state: State, found: Authorization) -> dict[str, Any]:
    view = authorizations.shown(state, found)
    names = ("transfer_scene_id", "user_recv_perception")
    view |= {name: found[name] for name in names if found[name]}
    return view | {"create_time": state.clock.rfc3339(found["created"])}
