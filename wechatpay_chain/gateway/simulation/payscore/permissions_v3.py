"""Operations for permissions, of merchants, service providers and acquiring banks.

Sources: https://pay.weixin.qq.com/wiki/doc/apiv3/apis/chapter6_1_4.shtml (terminate),
https://pay.weixin.qq.com/docs/merchant/products/weixin-pay-score-no-confirm/apilist.html (the list)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...call import Call
from .. import checks
from ..listing import listed
from ..registry import operation
from . import permissions
from .permissions import Permission

__all__ = ["ask"]

DIRECT, PARTNER = "v3/payscore/permissions", "v3/payscore/partner/permissions"
BANK = "v3/payscore/acquiringbank/permissions"
RISK_LEVEL = {"user_risk_level": 1, "risk_level_version": 1}
"""The risk level of all users; WeChat Pay does not document how it determines the level."""


def ask(call: Call) -> Permission:
    """Create or return the permission of a request."""
    content, data = checks.accepted(call), call.data
    code = checks.number(data["authorization_code"], "/authorization_code", longest=32)
    checks.address(data.get("notify_url"), "/notify_url")
    return permissions.ask(call.state, code, content, data)


def _by_code(call: Call, given: Mapping[str, Any]) -> Permission:
    """Return the permission for a request's code, if the other members match."""
    code = call.params.get("authorization_code") or str(given["authorization_code"])
    permission = permissions.existing(call.state, code)
    whose = (given.get("service_id"), given.get("sub_mchid") or "")
    channel = given.get("channel_id") or permission["channel_id"]
    theirs = (permission["service_id"], permission["sub_mchid"])
    if whose != theirs or channel != permission["channel_id"]:
        raise permissions.absent(code)
    return permission


def _by_user(call: Call, given: Mapping[str, Any]) -> Permission:
    found = permissions.of_user(call.state, given)
    if found is None:
        raise permissions.absent(str(given.get("openid") or given.get("sub_openid")))
    return found


def _state_of(call: Call, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the permission of a user, or the state of a user without one."""
    checks.accepted(call)
    found = permissions.of_user(call.state, given)
    if found is not None:
        return permissions.shown(call.state, found)
    names = ("service_id", "appid", "sub_mchid", "sub_appid", "openid", "sub_openid")
    return {
        **{name: given[name] for name in names if given.get(name)},
        "mchid": call.state.mchid,
        "authorization_state": permissions.UNAVAILABLE,
    }


def _register(base: str) -> None:
    @operation("POST", base)
    def create(call: Call) -> dict[str, Any]:
        return {"apply_permissions_token": ask(call)["token"]}

    @operation("GET", f"{base}/authorization-code/{{authorization_code}}")
    def query(call: Call) -> dict[str, Any]:
        checks.accepted(call)
        return listed(call, permissions.shown(call.state, _by_code(call, call.query)))

    @operation("POST", f"{base}/authorization-code/{{authorization_code}}/terminate")
    def terminate(call: Call) -> None:
        checks.accepted(call)
        call.text("reason", 50)
        permissions.terminate(call.state, _by_code(call, call.data))


for _base in (DIRECT, PARTNER, BANK):
    _register(_base)


@operation("POST", f"{PARTNER}/apply-for-scene")
def ask_in_scene(call: Call) -> dict[str, Any]:
    """Request a permission during a payment."""
    permission = ask(call)
    scene = call.data["scene"]
    return {"scene": scene, "transaction_permissions_token": permission["token"]}


@operation("GET", f"{DIRECT}/openid/{{openid}}")
def of_user(call: Call) -> dict[str, Any]:
    """Return the permission of a user for a merchant's service."""
    return listed(call, _state_of(call, {**call.query, "openid": call.params["openid"]}))


@operation("GET", f"{PARTNER}/search")
def search(call: Call) -> dict[str, Any]:
    """Return the permission of a user for a sub-merchant's service."""
    return listed(call, _state_of(call, call.query))


@operation("POST", f"{DIRECT}/openid/{{openid}}/terminate")
@operation("POST", "v3/payscore/users/{openid}/permissions/{service_id}/terminate")
def terminate_of_user(call: Call) -> None:
    """Terminate the permission of a user for a merchant's service."""
    checks.accepted(call)
    call.text("reason", 50)
    permissions.terminate(call.state, _by_user(call, {**call.data, **call.params}))


@operation("POST", f"{PARTNER}/terminate")
def terminate_of_partner(call: Call) -> None:
    """Terminate the permission of a user for a sub-merchant's service."""
    checks.accepted(call)
    call.text("reason", 50)
    permissions.terminate(call.state, _by_user(call, call.data))


@operation("GET", "v3/payscore/user-service-state")
def service_state(call: Call) -> dict[str, Any]:
    """Return whether a user permits a service."""
    told = _state_of(call, call.query)
    state = told["authorization_state"]
    return {
        **{name: call.query.get(name, "") for name in ("appid", "service_id", "openid")},
        "use_service_state": state if state == permissions.AVAILABLE else permissions.UNAVAILABLE,
    }


@operation("POST", f"{DIRECT}/assess-user-risk-level")
@operation("POST", f"{PARTNER}/assess-user-risk-level")
def assess(call: Call) -> dict[str, Any]:
    """Return the risk level of a user and the state of the permission."""
    given = {**call.data, **call.query}
    if given.get("authorization_code"):
        checks.accepted(call)
        return permissions.shown(call.state, _by_code(call, given)) | RISK_LEVEL
    return _state_of(call, given) | RISK_LEVEL
