"""Profit sharing: receivers, sharing an order's money among them, what is left, unfreezing.

Money of an order that is to be shared is frozen when it is paid. Each request is accepted as being
processed and done at once: a query afterwards shows it finished. Returns are in `sharing_returns`.

Sources: https://pay.weixin.qq.com/doc/v3/merchant/4012524936 (share),
https://pay.weixin.qq.com/doc/v3/merchant/4012526374 (unfreeze),
https://pay.weixin.qq.com/doc/v3/merchant/4012457939 (what is left),
https://pay.weixin.qq.com/doc/v3/merchant/4014547102 (rules, and why one is rejected)
"""

from __future__ import annotations

import secrets
from typing import Any

from ....crypto import rsa
from ...call import Call
from ...messages.exchange import Rejection
from ...state import State
from .. import checks, funds
from ..payments import records as payments
from ..payments.records import Order
from ..registry import operation

__all__ = ["Sharing", "find", "notify", "record_number", "send_notices_to"]

BASE = "v3/profitsharing"
TYPES = ("MERCHANT_ID", "PERSONAL_OPENID", "PERSONAL_SUB_OPENID")
TIMES = RECEIVERS = 50
"""Requests for one order, and receivers in one request."""
NOT_YET = "1970-01-01T08:00:00+08:00"
"""How WeChat Pay writes the time of what did not happen so far."""

Sharing = dict[str, Any]


@operation("POST", f"{BASE}/receivers/add")
def add_receiver(call: Call) -> dict[str, Any]:
    """Add a receiver; one that is there stays, with the relation that was given last."""
    checks.accepted(call)
    receiver = _receiver(call)
    data, names = call.data, ("relation_type", "custom_relation")
    if data["relation_type"] == "CUSTOM" and not data.get("custom_relation"):
        raise Rejection.parameter("custom_relation", None, "is required for CUSTOM")
    receiver |= {name: data[name] for name in names if data.get(name)}
    call.state.store.put("receiver", _receiver_key(receiver), receiver)
    if data.get("name"):
        name = str.__str__(data["name"])
        receiver = receiver | {"name": rsa.encrypt(name, call.state.identity.merchant_certificate)}
    return receiver


@operation("POST", f"{BASE}/receivers/delete")
def delete_receiver(call: Call) -> dict[str, Any]:
    """Delete a receiver; one that is not there is gone as well."""
    checks.accepted(call)
    receiver = _receiver(call)
    call.state.store.delete("receiver", _receiver_key(receiver))
    return receiver


def _receiver(call: Call) -> dict[str, Any]:
    data = call.data
    if data["type"] not in TYPES:
        raise Rejection.parameter("type", data["type"], f"must be one of {', '.join(TYPES)}")
    if data["type"] == TYPES[2]:
        call.require("sub_mchid", "sub_appid")
    account = checks.text(data["account"], "/account", 64)
    partner = {"sub_mchid": data["sub_mchid"]} if data.get("sub_mchid") else {}
    return {**partner, "type": data["type"], "account": account}


def _receiver_key(receiver: dict[str, Any]) -> str:
    return "/".join((receiver.get("sub_mchid", ""), receiver["type"], receiver["account"]))


@operation("POST", f"{BASE}/orders")
def share(call: Call) -> dict[str, Any]:
    """Share some of an order's money, and unfreeze the rest if that was asked for."""
    content, state = checks.accepted(call), call.state
    number = checks.number(call.data["out_order_no"], "/out_order_no")
    known = _known(state, number, content)
    if known is not None:
        return shown(state, known)
    order = _shareable(call)
    last = call.data["unfreeze_unsplit"]
    receivers = _receivers(call, order, last=last)
    wanted, unsplit = sum(each["amount"] for each in receivers), funds.unsplit(state, order)
    if wanted > unsplit:
        raise Rejection(403, "NOT_ENOUGH", f"分账金额不足: {wanted} > {unsplit}")
    sharing = _new(state, number, order, content)
    for each in receivers:
        _pay(state, sharing, order, each)
    if last:
        _unfreeze(state, sharing, order, "解冻给分账方")
    return _accepted(state, sharing, order)


@operation("POST", f"{BASE}/orders/unfreeze")
def unfreeze(call: Call) -> dict[str, Any]:
    """Give the merchant what was not shared; the order cannot be shared any more."""
    content, state = checks.accepted(call), call.state
    number = checks.number(call.data["out_order_no"], "/out_order_no")
    description = checks.text(call.data["description"], "/description", 80)
    known = _known(state, number, content)
    if known is not None:
        return shown(state, known)
    order = _shareable(call)
    if funds.unsplit(state, order) == 0:
        raise Rejection(403, "NOT_ENOUGH", "分账金额不足: 没有剩余待分金额")
    sharing = _new(state, number, order, content)
    _unfreeze(state, sharing, order, description)
    return _accepted(state, sharing, order)


def _known(state: State, number: str, content: str) -> Sharing | None:
    known = state.store.get("sharing", number)
    if known is not None and known["content"] != content:
        raise Rejection(400, "INVALID_REQUEST", f"商户分账单号已用于其他内容: {number}")
    return known


def _shareable(call: Call) -> Order:
    """The order of a request; it must have been made to be shared, and be paid."""
    data, state = call.data, call.state
    order = payments.find(state, transaction_id=data["transaction_id"])
    if order is None or not order.get("profit_sharing"):
        raise Rejection(400, "INVALID_REQUEST", "非分账订单不支持分账")
    if (data.get("sub_mchid") or "") != funds.sub_merchant(order):
        raise Rejection(400, "INVALID_REQUEST", "请求参数与订单信息不一致: sub_mchid")
    if order["state"] == payments.REVOKED:
        raise Rejection(400, "INVALID_REQUEST", "订单已撤销")
    if len(order.get("sharings", ())) >= TIMES:
        raise Rejection(403, "RULE_LIMIT", f"同一订单最多分账 {TIMES} 次")
    return order


def _receivers(call: Call, order: Order, *, last: bool) -> list[dict[str, Any]]:
    """Who receives how much; each was added before, or is the merchant itself."""
    given = call.data.get("receivers")
    if not given or len(given) > RECEIVERS:
        raise Rejection.parameter("receivers", given, f"must be an array of 1 to {RECEIVERS}")
    receivers = []
    for index, each in enumerate(given):
        here, own = f"/receivers/{index}", _is_own(call.state, order, each)
        amount = payments.whole_fen(each["amount"], f"{here}/amount")
        description = checks.text(each["description"], f"{here}/description", 80)
        if own and last:
            raise Rejection.parameter(f"{here}/account", each["account"], "gets the rest anyway")
        key = _receiver_key(each | {"sub_mchid": funds.sub_merchant(order)})
        if not own and call.state.store.get("receiver", key) is None:
            raise Rejection.parameter(
                here, each["account"], "is no receiver (分账接收方关系不存在)"
            )
        receivers.append(
            {
                "type": each["type"],
                "account": each["account"],
                "amount": amount,
                "description": description,
            }
        )
    return receivers


def _is_own(state: State, order: Order, receiver: dict[str, Any]) -> bool:
    """Whether a receiver is who is paid for the order anyway."""
    own = funds.sub_merchant(order) or state.identity.mchid
    return bool(receiver["type"] == TYPES[0] and receiver["account"] == own)


def _new(state: State, number: str, order: Order, content: str) -> Sharing:
    sharing = {
        "out_order_no": number,
        "order_id": record_number(state, "3000"),
        "transaction_id": order["transaction_id"],
        "out_trade_no": order["out_trade_no"],
        "sub_mchid": funds.sub_merchant(order),
        "content": content,
        "receivers": [],
        "returns": [],
    }
    order["sharings"] = [*order.get("sharings", ()), number]
    state.store.put("sharing-id", sharing["order_id"], {"out_order_no": number})
    return sharing


def record_number(state: State, kind: str) -> str:
    """A number as WeChat Pay gives them: what it is of, the day, and digits."""
    day = state.clock.compact()[:8]
    return f"{kind}{secrets.randbelow(10**8):08}{day}{secrets.randbelow(10**8):08}"


def _pay(state: State, sharing: Sharing, order: Order, receiver: dict[str, Any]) -> None:
    own = _is_own(state, order, receiver)
    order["frozen"] -= receiver["amount"]
    state.ledger.move(
        "unfreeze" if own else "share",
        receiver["amount"],
        funds.account("frozen", order),
        funds.account("merchant", order) if own else "receiver",
        **_numbers(sharing),
    )
    _write_down(state, sharing, receiver)
    if not own:
        notify(state, order, sharing["order_id"], sharing["out_order_no"], receiver)


def _unfreeze(state: State, sharing: Sharing, order: Order, description: str) -> None:
    """Give the merchant the rest: the last of the receivers."""
    rest = funds.release(state, order)
    if rest:
        own = sharing["sub_mchid"] or state.identity.mchid
        receiver = {"type": TYPES[0], "account": own, "amount": rest, "description": description}
        _write_down(state, sharing, receiver)


def _write_down(state: State, sharing: Sharing, receiver: dict[str, Any]) -> None:
    detail = {"detail_id": record_number(state, "3600"), "time": state.clock.now(), "returned": 0}
    sharing["receivers"].append(receiver | detail)


def _numbers(sharing: Sharing) -> dict[str, Any]:
    names = ("out_trade_no", "transaction_id", "out_order_no", "order_id")
    return {name: sharing[name] for name in names}


def _accepted(state: State, sharing: Sharing, order: Order) -> dict[str, Any]:
    """Store a finished sharing; the response says that it is being processed."""
    state.store.put("sharing", sharing["out_order_no"], sharing)
    payments.save(state, order)
    return shown(state, sharing, finished=False)


def shown(state: State, sharing: Sharing, *, finished: bool = True) -> dict[str, Any]:
    """A sharing as a response shows it."""
    partner = {"sub_mchid": sharing["sub_mchid"]} if sharing["sub_mchid"] else {}
    return {
        **partner,
        "transaction_id": sharing["transaction_id"],
        "out_order_no": sharing["out_order_no"],
        "order_id": sharing["order_id"],
        "state": "FINISHED" if finished else "PROCESSING",
        "receivers": [
            {
                **{name: each[name] for name in ("amount", "description", "type", "account")},
                "result": "SUCCESS" if finished else "PENDING",
                "detail_id": each["detail_id"],
                "create_time": state.clock.rfc3339(each["time"]),
                "finish_time": state.clock.rfc3339(each["time"]) if finished else NOT_YET,
            }
            for each in sharing["receivers"]
        ],
    }


@operation("GET", f"{BASE}/orders/{{out_order_no}}")
def query(call: Call) -> dict[str, Any]:
    """What became of a request to share or to unfreeze."""
    sharing = find(call.state, call.params["out_order_no"])
    transaction, sub = (call.query.get(name, "") for name in ("transaction_id", "sub_mchid"))
    if not transaction:
        raise Rejection.parameter("transaction_id", transaction, "is required", "query")
    if sharing is None or (sharing["transaction_id"], sharing["sub_mchid"]) != (transaction, sub):
        raise Rejection(404, "RESOURCE_NOT_EXISTS", "分账单不存在")
    return shown(call.state, sharing)


@operation("GET", f"{BASE}/transactions/{{transaction_id}}/amounts")
def amounts(call: Call) -> dict[str, Any]:
    """How much of an order can still be shared."""
    transaction = call.params["transaction_id"]
    order = payments.find(call.state, transaction_id=transaction)
    if order is None:
        raise Rejection(404, "RESOURCE_NOT_EXISTS", f"订单不存在: {transaction}")
    if not order.get("profit_sharing"):
        raise Rejection(400, "INVALID_REQUEST", "非分账订单不支持分账")
    return {"transaction_id": transaction, "unsplit_amount": funds.unsplit(call.state, order)}


def find(state: State, number: str = "", order_id: str = "") -> Sharing | None:
    """A sharing by either of its numbers; None if there is none."""
    if not number:
        pointer = state.store.get("sharing-id", order_id)
        number = "" if pointer is None else pointer["out_order_no"]
    return state.store.get("sharing", number)


def send_notices_to(state: State, notify_url: str) -> str:
    """Where notifications of sharing go from now on; empty is the address of each order.

    A receiver sets that in the merchant platform; no request says it.

    Raises:
        Rejection: it is no address.
    """
    address = checks.address(notify_url, "/notify_url")
    state.store.put("setting", "sharing", {"notify_url": address})
    return address


def notify(
    state: State,
    order: Order,
    order_id: str,
    number: str,
    receiver: dict[str, Any],
    event: str = "PROFITSHARING.SUCCESS",
) -> None:
    """Tell a receiver that money moved."""
    setting = state.store.get("setting", "sharing") or {}
    url, sub = setting.get("notify_url") or order["notify_url"], funds.sub_merchant(order)
    if not url:
        return
    mchid = state.identity.mchid
    content = {
        **({"sp_mchid": mchid, "sub_mchid": sub} if sub else {"mchid": mchid}),
        "transaction_id": order["transaction_id"],
        "order_id": order_id,
        "out_order_no": number,
        "receiver": {name: receiver[name] for name in ("type", "account", "amount", "description")},
        "success_time": state.clock.rfc3339(),
    }
    summary = "分账" if event == "PROFITSHARING.SUCCESS" else "分账回退"
    state.outbox.post(url, event, content, summary=summary, original_type="profitsharing")
