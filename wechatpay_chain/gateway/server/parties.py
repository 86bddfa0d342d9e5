"""Checks that a merchant may act for the parties in its request.

A request may contain the merchant, its sub-merchants and their apps, and must be permitted by the
kind and the permissions of the merchant. Numbers of other merchants are rejected here, before an
operation reads any record. A merchant without sub-merchants may use an unassigned number, so the
first merchant of a gateway works without any set-up.

Sources: https://pay.weixin.qq.com/doc/v3/partner/4012085801 and the lists of errors in the
catalogue (`NO_AUTH`, `MCH_NOT_EXISTS`, `APPID_MCHID_NOT_MATCH`),
https://pay.weixin.qq.com/doc/v2/partner/4011935214 (APIv2)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...catalogue import Operation
from ..call import Call
from ..messages.exchange import Rejection
from ..simulation.validation import json_of
from ..state import State
from .permissions import permission_of

__all__ = ["assert_parties"]

OWN = ("mchid", "mch_id", "sp_mchid", "sp_mch_id", "combine_mchid", "combine_mch_id")
SUBS = ("sub_mchid", "sub_mch_id")
APPS = ("appid", "sp_appid", "combine_appid", "wxappid", "mch_appid")
COMPLAINED = "complainted_mchid"
NAMES = frozenset((*OWN, *SUBS, *APPS, "sub_appid", COMPLAINED))
"""The members that identify a merchant or an app, at any place in a request."""

ECOMMERCE = ("v3/ecommerce/", "v3/platsolution/ecommerce/")
"""The operations of 收付通."""
DIRECT = ("v3/pay/transactions/", "v3/transactions/")
"""The operations with which a merchant sells for itself."""
NAMING_V2 = (
    *("v2/pay/unifiedorder", "v2/pay/micropay", "v2/pay/orderquery", "v2/pay/closeorder"),
    *("v2/pay/refundquery", "v2/secapi/pay/refund", "v2/secapi/pay/reverse"),
)
"""The operations of APIv2 in which a service provider must identify the sub-merchant."""
COMBINED = (
    *(
        f"v3/combine-transactions/{kind}"
        for kind in ("jsapi", "miniprogram", "app", "h5", "native")
    ),
    "v3/combine-transactions/out-trade-no/{combine_out_trade_no}/close",
    *("v2/pay/combinedorder", "v2/pay/closecombinedorder"),
)
"""The operations with requests that can contain other direct merchants, each with its own order."""
IN_V2 = {"NO_AUTH": "NOAUTH", "MCH_NOT_EXISTS": "MCHID_NOT_EXIST"}

STATUSES = {"NO_AUTH": 403}
"""HTTP statuses of error codes; 400 for others."""

Named = tuple[str, str, str, Mapping[str, Any]]
"""Name, value, location, and the members of the same object."""


def assert_parties(call: Call, operation: Operation) -> None:
    """Reject a call that contains parties of another merchant, or lacks the permission.

    Raises:
        Rejection: `NO_AUTH`, `MCH_NOT_EXISTS`, `APPID_MCHID_NOT_MATCH` or `PARAM_ERROR`.
    """
    state = call.state
    if state.is_alone:
        return
    _assert_permitted(state, operation)
    named = list(_named(call, operation))
    for name, value, location, beside in named:
        if name in SUBS:
            _assert_sub_merchant(state, operation, name, value)
        elif name in APPS:
            _assert_app(state, operation, value, location, beside)
        elif name == "sub_appid":
            _assert_sub_app(state, operation, value, beside)
        elif _is_foreign(state, value) and not _takes_part(call, operation, value, beside):
            if name == COMPLAINED:
                raise _rejection(operation, "NO_AUTH", "您暂无权限操作该投诉单")
            raise Rejection.parameter(
                name, value, "is not the merchant that signed the request", location
            )
    if state.profile.kind in ("partner", "ecommerce"):
        _assert_names_a_sub_merchant(operation, named)


def _named(call: Call, operation: Operation) -> Iterator[Named]:
    yield from _inside(call.params, "path")
    yield from _inside(call.query, "query")
    yield from _inside(call.data, "body")
    for member in operation.body if operation.protocol == "v2" else ():
        value = call.data.get(member.name)
        if member.members and isinstance(value, str):
            yield from _inside({"": json_of(value)}, "body")  # APIv2 contains JSON in XML


def _inside(members: Mapping[str, Any], location: str) -> Iterator[Named]:
    for name, value in members.items():
        if isinstance(value, str):
            if value and name in NAMES:
                yield name, value, location, members
        elif isinstance(value, dict):
            yield from _inside(value, location)
        elif isinstance(value, list):
            for each in value:
                if isinstance(each, dict):
                    yield from _inside(each, location)


def _assert_permitted(state: State, operation: Operation) -> None:
    profile, path = state.profile, operation.path
    _assert_permission(state.mchid, profile.permissions, operation)
    if path.startswith(ECOMMERCE) and profile.kind in ("direct", "partner"):
        raise _rejection(operation, "NO_AUTH", f"商户号 {state.mchid} 不是平台商户，无此接口权限")


def _assert_permission(
    mchid: str, permissions: frozenset[str] | None, operation: Operation
) -> None:
    needed = permission_of(operation.path)
    if permissions is not None and needed and needed not in permissions:
        raise _rejection(operation, "NO_AUTH", f"商户号 {mchid} 未开通该产品权限: {needed}")


def _is_foreign(state: State, value: str) -> bool:
    """Return True if a number or an appid belongs to another merchant."""
    return state.holder(value) not in ("", state.mchid)


def _takes_part(call: Call, operation: Operation, value: str, beside: Mapping[str, Any]) -> bool:
    """Return True for another merchant that one order of a combined order names."""
    return (
        operation.path in COMBINED
        and beside is not call.data
        and call.state.profile.kind in ("any", "direct")
        and call.state.participant(value) is not None
    )


def _assert_sub_merchant(state: State, operation: Operation, name: str, value: str) -> None:
    profile = state.profile
    sub = profile.sub_merchants.get(value)
    if sub is not None:
        _assert_permission(value, sub.permissions, operation)
        return
    if value == state.mchid:
        return  # the operation rejects a service provider as its own sub-merchant
    if not profile.is_partner:
        message = f"商户号 {state.mchid} 不是服务商，不能代 {name} {value[:32]} 发起请求"
        raise _rejection(operation, "NO_AUTH", message, "MCH_NOT_EXISTS")
    if _is_foreign(state, value):
        message = f"{name} {value[:32]} 与服务商 {state.mchid} 没有受理关系"
        raise _rejection(operation, "NO_AUTH", message, "MCH_NOT_EXISTS")
    if profile.sub_merchants:
        message = f"{name} 不存在: {value[:32]}"
        raise _rejection(operation, "MCH_NOT_EXISTS", message, "NO_AUTH")


def _assert_app(
    state: State, operation: Operation, value: str, location: str, beside: Mapping[str, Any]
) -> None:
    profile = state.profile
    if value in profile.apps or (profile.kind == "any" and not state.holder(value)):
        return
    if operation.path in COMBINED and _is_foreign(state, str(beside.get("mch_id") or "")):
        return  # the app of another merchant's order, which the operation checks
    sub = profile.sub_merchants.get(_sub_of(beside))
    if sub is not None and value in sub.apps:
        return
    if location == "body" and not beside.keys() & {*OWN, *SUBS, "openid", "out_trade_no"}:
        return  # an app in another role, such as in a menu
    raise _rejection(operation, "APPID_MCHID_NOT_MATCH", _unbound(value, state.mchid))


def _assert_sub_app(
    state: State, operation: Operation, value: str, beside: Mapping[str, Any]
) -> None:
    number, subs = _sub_of(beside), state.profile.sub_merchants
    sub = subs.get(number)
    if sub is not None and value in sub.apps:
        return
    others = any(value in each.apps for each in subs.values())
    if (sub is not None and sub.apps) or others or _is_foreign(state, value):
        raise _rejection(operation, "APPID_MCHID_NOT_MATCH", _unbound(value, number))


def _sub_of(members: Mapping[str, Any]) -> str:
    return next((str(members[name]) for name in SUBS if members.get(name)), "")


def _unbound(appid: str, mchid: str) -> str:
    return f"appid和mch_id不匹配: {appid[:32]}, {mchid[:32]}"


def _assert_names_a_sub_merchant(operation: Operation, named: list[Named]) -> None:
    """Reject a service provider's request to sell itself."""
    if any(name in SUBS for name, *_ in named):
        return
    if operation.path.startswith(DIRECT):
        raise Rejection(400, "PARAM_ERROR", "受理机构必须传入sub_mchid")
    if operation.path in NAMING_V2:
        raise Rejection(200, "PARAM_ERROR", "受理机构必须传入sub_mch_id")


def _rejection(operation: Operation, code: str, message: str, *others: str) -> Rejection:
    """Return a rejection with the first of these codes that the operation documents."""
    if operation.protocol == "v2":
        return Rejection(200, IN_V2.get(code, code), message)
    listed = {each.code: each.status for each in operation.errors}
    chosen = next((each for each in (code, *others) if each in listed), code)
    return Rejection(listed.get(chosen, STATUSES.get(chosen, 400)), chosen, message)
