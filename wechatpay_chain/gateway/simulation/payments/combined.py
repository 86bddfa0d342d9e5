"""Combined orders: several orders that one payer pays at once.

Source: https://pay.weixin.qq.com/doc/v3/partner/4012729714
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ....messages import canonical
from ...call import Call
from ...messages.exchange import Rejection
from ...state import State
from .. import checks, funds
from ..coupons import amounts, promotions
from ..registry import operation
from ..tokens import random_token
from . import parties, receiving
from . import records as payments
from .limits import hold
from .records import Order

__all__ = ["SubOrder", "assert_its_own", "create", "existing", "paid", "participant", "shown"]

BASE = "v3/combine-transactions"
PROTOCOL = "combined"
TYPES = {"jsapi": "JSAPI", "miniprogram": "JSAPI", "app": "APP", "h5": "MWEB", "native": "NATIVE"}
OPTIONAL = ("sub_mchid", "combine_payer_info", "openid", "sub_openid", "device_id")
"""Members that only some forms of the request need, although the catalogue requires them."""
NEEDED = ("payments", "combined")
"""The permissions of every merchant of a combined order."""
PARTNERS = ("partner", "ecommerce")
Combined = dict[str, Any]


class SubOrder(NamedTuple):
    """A new order of a combined order.

    Attributes:
        payee: state of the merchant that is paid.
        number: `out_trade_no`.
        content: the content of the request.
        about: the `about` argument of `records.create`.
    """

    payee: State
    number: str
    content: dict[str, Any]
    about: dict[str, Any]


def _create(call: Call, kind: str) -> dict[str, Any]:
    call.require("combine_appid", "combine_mchid", "combine_out_trade_no", "sub_orders")
    call.require("notify_url")
    hold(call, optional=OPTIONAL)
    parties.assert_bound(call, "combine_appid")
    payer = parties.payer_of(call.data.get("combine_payer_info"))
    if TYPES[kind] == "JSAPI" and not payer:
        raise Rejection.parameter(
            "/combine_payer_info/openid",
            None,
            "is required and empty",
            number=payments.NO_OPENID,
        )
    checks.callback(call.data["notify_url"], "/notify_url")
    data, state = call.data, call.state
    if data["combine_mchid"] != state.identity.mchid:
        issue = "is not the merchant that signed the request"
        raise Rejection.parameter("combine_mchid", data["combine_mchid"], issue)
    number, inner = data["combine_out_trade_no"], data["sub_orders"]
    if not isinstance(number, str):
        raise Rejection.parameter("combine_out_trade_no", number, "must be a string")
    if not isinstance(inner, list) or not 1 <= len(inner) <= 50:
        raise Rejection.parameter("sub_orders", inner, "must be an array of 1 to 50 orders")
    head = {
        "combine_appid": data["combine_appid"],
        "combine_mchid": data["combine_mchid"],
        "combine_out_trade_no": number,
        "content": data,
        "notify_url": data["notify_url"],
        "protocol": PROTOCOL,
    }
    known = create(state, head, lambda: _sub_orders(call, kind, inner))
    page = f"{state.address}_gateway/pay/{known['token']}"
    return {
        "NATIVE": {"code_url": page},
        "MWEB": {"h5_url": page},
    }.get(TYPES[kind], {"prepay_id": known["prepay_id"]})


def create(state: State, head: Combined, sub_orders: Callable[[], list[SubOrder]]) -> Combined:
    """Create a combined order, or return the existing one for the same content.

    Args:
        state: the state of the merchant.
        head: `combine_appid`, `combine_mchid`, `combine_out_trade_no`, `notify_url`, `protocol`,
            and `content`, which identifies a repetition.
        sub_orders: creates the orders if the combined order is new.

    Raises:
        Rejection: a number was used for another order, or an order is paid or closed.
    """
    number = head["combine_out_trade_no"]
    known = state.store.get("combined", number)
    if known is not None:
        if known["content"] != head["content"]:
            raise Rejection(403, "OUT_TRADE_NO_USED", f"合单商户订单号重复: {number}")
        for payee, each in payments.members(state, known):
            order = payments.existing(payee, each)
            payments.create(payee, each, order["content"], {})  # rejects what is paid or closed
        return known
    orders = sub_orders()
    for made in orders:
        if payments.find(made.payee, made.number) is not None:
            raise Rejection(403, "OUT_TRADE_NO_USED", f"商户订单号重复: {made.number}")
        combiner = {} if made.payee is state else {"combiner": state.mchid}
        payments.create(made.payee, made.number, made.content, made.about | combiner)
    combined = {
        **head,
        "numbers": [each.number for each in orders],
        "mchids": [each.payee.mchid for each in orders],
        "prepay_id": f"wx{state.clock.compact()}{canonical.nonce(18).lower()}",
        "token": random_token(12),
    }
    state.store.put("combined", number, combined)
    first = orders[0]
    first.payee.store.put("token", combined["token"], {"out_trade_no": first.number})
    return combined


def participant(state: State, mchid: str, appid: str, given: Mapping[str, Any]) -> State:
    """Return the state of the merchant that one order of a combined order pays.

    The order can pay another direct merchant of the gateway. Both merchants need the permissions
    for payments and for combined orders, and the app must be bound to both of them.

    Args:
        state: the state of the merchant that makes the combined order.
        mchid: the merchant ID of the order.
        appid: the appid of the order; in APIv3, that of the combined order.
        given: the order.

    Raises:
        Rejection: `MCH_NOT_EXISTS`, `NO_AUTH` or `APPID_MCHID_NOT_MATCH`.
    """
    payee = state.participant(mchid)
    if payee is None:
        if state.is_alone:
            return state  # so that the first merchant works without set-up
        raise Rejection(400, "MCH_NOT_EXISTS", f"子单商户号不存在: {mchid[:32]}")
    for each in dict.fromkeys((state, payee)):
        permissions = each.profile.permissions
        missing = [] if permissions is None else [n for n in NEEDED if n not in permissions]
        if missing:
            message = f"商户号 {each.mchid} 未开通该产品权限: {missing[0]}"
            raise Rejection(403, "NO_AUTH", message)
    if payee is state:
        return state
    partners = [each.mchid for each in (state, payee) if each.profile.kind in PARTNERS]
    if partners or funds.sub_merchant({"parties": given}):
        message = f"子单商户号 {mchid} 不是合单商户号时，双方须是普通商户，且子单不能有二级商户号"
        raise Rejection(403, "NO_AUTH", message)
    if appid not in payee.profile.apps:
        about = f"{parties.NOT_BOUND}: {appid[:32]}, {mchid}"
        raise Rejection(400, "APPID_MCHID_NOT_MATCH", about)
    return payee


def _sub_orders(call: Call, kind: str, inner: list[Any]) -> list[SubOrder]:
    about = {}
    if call.data.get("time_expire"):
        about["expires"] = payments.expiry(call.state, call.data["time_expire"], "/time_expire")
    return [
        _sub_order(call, kind, f"/sub_orders/{index}", each, about)
        for index, each in enumerate(inner)
    ]


def _sub_order(call: Call, kind: str, pointer: str, given: Any, about: dict[str, Any]) -> SubOrder:
    if not isinstance(given, dict):
        raise Rejection.parameter(pointer, given, "must be an object")
    for name in ("mchid", "out_trade_no", "description", "amount"):
        if given.get(name) in (None, ""):
            raise Rejection.parameter(f"{pointer}/{name}", given.get(name), "is required and empty")
    number, amount = str(given["out_trade_no"]), given["amount"]
    payer = parties.payer_of(call.data.get("combine_payer_info"))
    total = amount.get("total_amount")
    settle = given.get("settle_info")
    return SubOrder(
        participant(call.state, str(given["mchid"]), call.data["combine_appid"], given),
        number,
        given,
        {
            "protocol": PROTOCOL,
            "trade_type": TYPES[kind],
            "parties": {
                name: given[name] for name in ("mchid", "sub_mchid", "sub_appid") if given.get(name)
            },
            "total": payments.whole_fen(total, f"{pointer}/amount/total_amount"),
            "currency": checks.chinese(amount.get("currency"), f"{pointer}/amount/currency"),
            "description": given["description"],
            "attach": given.get("attach"),
            "notify_url": call.data["notify_url"],
            "combine_out_trade_no": call.data["combine_out_trade_no"],
            "profit_sharing": isinstance(settle, dict) and settle.get("profit_sharing") is True,
            **({"payer": payer, "openid": next(iter(payer.values()))} if payer else {}),
            **about,
        },
    )


for _kind in TYPES:

    def _serve(call: Call, kind: str = _kind) -> dict[str, Any]:
        return _create(call, kind)

    operation("POST", f"{BASE}/{_kind}")(_serve)


@operation("GET", f"{BASE}/out-trade-no/{{combine_out_trade_no}}")
def query(call: Call) -> dict[str, Any]:
    """Return a combined order with its orders."""
    return _queried(call.state, _own(call.state, call.params["combine_out_trade_no"]))


@operation("GET", f"{BASE}/id/{{combine_transaction_id}}")
def query_by_id(call: Call) -> dict[str, Any]:
    """Return a paid combined order by WeChat Pay's number."""
    number = call.params["combine_transaction_id"]
    pointer = call.state.store.get("combine-transaction", number)
    if pointer is None:
        raise _absent(number)
    return _queried(call.state, _own(call.state, pointer["combine_out_trade_no"]))


def _queried(state: State, combined: Combined) -> dict[str, Any]:
    view, content = shown(state, combined), combined["content"]
    known = {
        "combine_transaction_id": combined.get("combine_transaction_id"),
        "trade_scenario": content.get("trade_scenario"),
    }
    return view | {name: value for name, value in known.items() if value}


@operation("POST", f"{BASE}/out-trade-no/{{combine_out_trade_no}}/close")
def close(call: Call) -> None:
    """Close all orders of a combined order."""
    checks.accepted(call, OPTIONAL)
    combined = _own(call.state, call.params["combine_out_trade_no"])
    assert_its_own(call, combined)
    for payee, number in payments.members(call.state, combined):
        payments.close(payee, number)


def assert_its_own(call: Call, combined: Combined) -> None:
    """Reject a request that names orders which the combined one does not have, or another's.

    Args:
        call: the request.
        combined: the combined order.

    Raises:
        Rejection: `INVALID_REQUEST`.
    """
    members = payments.members(call.state, combined)
    given = call.data.get("sub_orders")
    if isinstance(given, list) and len(given) != len(members):
        raise Rejection(400, "INVALID_REQUEST", f"子单与合单不一致: 合单有 {len(members)} 笔子单")
    for index, each in enumerate(given if isinstance(given, list) else ()):
        named = each if isinstance(each, dict) else {}
        payee = call.state.participant(str(named.get("mchid"))) or call.state
        number = named.get("out_trade_no")
        order = payments.find(payee, str(number)) if (payee, number) in members else None
        if order is None or (each.get("sub_mchid") or "") != funds.sub_merchant(order):
            message = f"子单与合单不一致: /sub_orders/{index}"
            raise Rejection(400, "INVALID_REQUEST", message)


def existing(state: State, number: str) -> Combined:
    """Return a combined order by its merchant-assigned number.

    Raises:
        Rejection: there is no such combined order.
    """
    combined = state.store.get("combined", number)
    if combined is None:
        raise _absent(number)
    return combined


def _own(state: State, number: str) -> Combined:
    """Return a combined order that was created by APIv3."""
    combined = existing(state, number)
    if combined.get("protocol", PROTOCOL) != PROTOCOL:
        raise _absent(number)
    return combined


def _absent(number: str) -> Rejection:
    return Rejection(404, "ORDER_NOT_EXIST", f"合单订单不存在: {number}")


def shown(state: State, combined: Combined) -> dict[str, Any]:
    """Return a combined order as in a query and in the notification."""
    orders = [
        payments.existing(payee, number) for payee, number in payments.members(state, combined)
    ]
    view = {name: combined[name] for name in ("combine_appid", "combine_mchid")}
    view["combine_out_trade_no"] = combined["combine_out_trade_no"]
    if orders[0]["transaction_id"]:
        view["combine_payer_info"] = orders[0].get("payer") or {"openid": orders[0]["openid"]}
    return {**view, "sub_orders": [_shown_inner(state, order) for order in orders]}


def _shown_inner(state: State, order: Order) -> dict[str, Any]:
    view = {
        **order["parties"],
        "out_trade_no": order["out_trade_no"],
        "trade_type": order["trade_type"],
        "trade_state": order["state"],
        "attach": order.get("attach") or "",
        "amount": {"total_amount": order["total"], "currency": order["currency"]},
    }
    names = ("individual_auth_id", "individual_name")
    view |= {name: order["content"][name] for name in names if order["content"].get(name)}
    if order["transaction_id"]:
        view |= {
            "transaction_id": order["transaction_id"],
            "bank_type": order["bank_type"],
            "success_time": state.clock.rfc3339(order["paid"]),
        }
        paid = amounts.payer_total(order)
        view["amount"] |= {"payer_amount": paid, "payer_currency": order["currency"]}
        if amounts.coupons(order):
            view["promotion_detail"] = promotions.order_promotions(order)
    return view


@payments.on_paid(PROTOCOL)
def tell(state: State, order: Order) -> None:
    """Send `TRANSACTION.SUCCESS` once for all orders."""
    combined = paid(state, order["combine_out_trade_no"])
    state.outbox.post(
        combined["notify_url"], "TRANSACTION.SUCCESS", shown(state, combined), summary="支付成功"
    )


def paid(state: State, number: str) -> Combined:
    """Assign WeChat Pay's number to a paid combined order.

    Args:
        state: the state of the gateway.
        number: `combine_out_trade_no`.
    """
    combined = existing(state, number)
    combined["combine_transaction_id"] = receiving.new_transaction_id(state)
    state.store.put("combined", number, combined)
    pointer = {"combine_out_trade_no": number}
    state.store.put("combine-transaction", combined["combine_transaction_id"], pointer)
    return combined
