"""Profit sharing of all APIs: receivers, sharing, release of the rest, unshared amounts.

The shareable money of an order is frozen at the payment. A request is executed at once. The
arguments of each call contain the differences between the products: the list of a receiver, the
names of members in a request, and the shape of the response. Returns are in `returns`.

Sources: https://pay.weixin.qq.com/doc/v3/merchant/4014547102 (rules, and why one is rejected),
https://pay.weixin.qq.com/doc/v3/merchant/4012524936 (share),
https://pay.weixin.qq.com/doc/v3/merchant/4012526374 (unfreeze)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ...messages.exchange import Rejection
from ...state import Counterparty, State
from .. import checks, funds, tokens
from ..payments import records as payments
from ..payments.records import Order
from . import ratios
from .notices import notify

__all__ = [
    "MERCHANT",
    "NOT_YET",
    "TYPES",
    "Request",
    "Sharing",
    "account_of",
    "counterparty_of",
    "add_receiver",
    "delete_receiver",
    "existing",
    "find",
    "known",
    "receiver_of",
    "receivers_of",
    "record_number",
    "requested",
    "share",
    "shareable",
    "unfreeze",
    "unsplit",
]

TYPES = MERCHANT, OPENID, SUB_OPENID = ("MERCHANT_ID", "PERSONAL_OPENID", "PERSONAL_SUB_OPENID")
TIMES = RECEIVERS = 50
"""Maximum number of requests for an order, and of receivers in a request."""
NOT_YET = "1970-01-01T08:00:00+08:00"
"""WeChat Pay's value for the time of an event that has not happened yet."""

Sharing = dict[str, Any]
Receiver = dict[str, Any]


class Request(NamedTuple):
    """The identifiers of a request to share or to unfreeze.

    Attributes:
        number: `out_order_no`.
        content: the fingerprint of the request.
        transaction_id: the transaction ID of the order.
        sub_mchid: the paid sub-merchant; empty if the merchant itself is paid.
    """

    number: str
    content: str
    transaction_id: Any
    sub_mchid: str = ""


# --- receivers -----------------------------------------------------------------------------------


def receiver_of(data: Mapping[str, Any], account: str = "account") -> Receiver:
    """Return the type and the account of a receiver.

    Args:
        data: the request, or a part of it.
        account: the name of the member that contains the account.

    Raises:
        Rejection: the type or the account is invalid.
    """
    return {
        "type": checks.one_of(data["type"], "type", TYPES),
        "account": checks.text(data[account], f"/{account}", 64),
    }


def add_receiver(state: State, holder: str, receiver: Receiver) -> None:
    """Add a receiver; a repetition replaces the relation.

    Args:
        state: the state of the merchant.
        holder: the owner of the list: a sub-merchant, a brand, or empty for the merchant itself.
        receiver: `type`, `account` and the relation.
    """
    state.store.put("receiver", _receiver_key(holder, receiver), receiver)


def delete_receiver(state: State, holder: str, receiver: Receiver) -> None:
    """Delete a receiver from a list; a repetition has no effect."""
    state.store.delete("receiver", _receiver_key(holder, receiver))


def _receiver_key(holder: str, receiver: Mapping[str, Any]) -> str:
    return "/".join((holder, receiver["type"], receiver["account"]))


def receivers_of(
    state: State,
    order: Order,
    given: Any,
    *,
    last: bool,
    holder: str,
    account: str = "account",
) -> list[Receiver]:
    """Return the receivers and their amounts; each is on the list or is the paid merchant.

    Args:
        state: the state of the merchant.
        order: the order to share.
        given: the receivers of a request.
        last: whether the rest is unfrozen.
        holder: the owner of the list.
        account: the name of the member that contains the account.

    Raises:
        Rejection: the request has no receivers, too many, or an invalid one.
    """
    if not given or len(given) > RECEIVERS:
        raise Rejection.parameter("receivers", given, f"must be an array of 1 to {RECEIVERS}")
    receivers = []
    for index, each in enumerate(given):
        here = f"/receivers/{index}"
        receiver = {"type": each["type"], "account": each[account]}
        amount = payments.whole_fen(each["amount"], f"{here}/amount")
        description = checks.text(each["description"], f"{here}/description", 80)
        own = _is_own(state, order, receiver)
        if own and last:
            raise Rejection.parameter(
                f"{here}/{account}", each[account], "receives the rest anyway"
            )
        if not own and state.store.get("receiver", _receiver_key(holder, receiver)) is None:
            raise Rejection.parameter(
                here, each[account], "is not a receiver (分账接收方关系不存在)"
            )
        receivers.append({**receiver, "amount": amount, "description": description})
    wanted = [each for each in receivers if not _is_own(state, order, each)]
    ratios.assert_within(state, order, holder, sum(each["amount"] for each in wanted))
    return receivers


def _is_own(state: State, order: Order, receiver: Receiver) -> bool:
    """Return whether a receiver is the merchant that is paid for the order."""
    own = funds.sub_merchant(order) or state.identity.mchid
    return bool(receiver["type"] == MERCHANT and receiver["account"] == own)


# --- sharing and unfreezing ----------------------------------------------------------------------


def requested(data: Mapping[str, Any], content: str, sub_mchid: str = "") -> Request:
    """Return the identifiers of a request.

    Raises:
        Rejection: the number is invalid.
    """
    number = checks.number(data["out_order_no"], "/out_order_no")
    return Request(number, content, data["transaction_id"], sub_mchid)


def known(state: State, request: Request) -> Sharing | None:
    """Return the sharing of an identical earlier request; None if the request is new.

    Raises:
        Rejection: the number was used with other content.
    """
    found = state.store.get("sharing", request.number)
    if found is not None and found["content"] != request.content:
        raise Rejection(400, "INVALID_REQUEST", f"商户分账单号已用于其他内容: {request.number}")
    return found


def shareable(state: State, request: Request) -> Order:
    """Return the order of a request, which must be paid and created for profit sharing.

    Raises:
        Rejection: the order cannot be shared, or has the maximum number of sharings.
    """
    order = payments.find(state, transaction_id=request.transaction_id)
    if order is None or not order.get("profit_sharing"):
        raise Rejection(400, "INVALID_REQUEST", "非分账订单不支持分账")
    if request.sub_mchid != funds.sub_merchant(order):
        raise Rejection(400, "INVALID_REQUEST", "请求参数与订单信息不一致: sub_mchid")
    if order["state"] == payments.REVOKED:
        raise Rejection(400, "INVALID_REQUEST", "订单已撤销")
    if len(order.get("sharings", ())) >= TIMES:
        raise Rejection(403, "RULE_LIMIT", f"同一订单最多分账 {TIMES} 次")
    return order


def share(
    state: State, request: Request, order: Order, receivers: Iterable[Receiver], *, last: bool
) -> Sharing:
    """Share money of an order.

    Args:
        state: the state of the merchant.
        request: a new request.
        order: from `shareable`.
        receivers: from `receivers_of`.
        last: whether the rest is unfrozen.

    Raises:
        Rejection: the unshared amount is too small.
    """
    receivers = list(receivers)
    wanted, unsplit = sum(each["amount"] for each in receivers), funds.unsplit(state, order)
    if wanted > unsplit:
        raise Rejection(403, "NOT_ENOUGH", f"分账金额不足: {wanted} > {unsplit}")
    sharing = _new(state, request, order)
    for each in receivers:
        _pay(state, sharing, order, each)
    if last:
        _unfreeze(state, sharing, order, "解冻给分账方")
    return _saved(state, sharing, order)


def unfreeze(state: State, request: Request, order: Order, description: str) -> Sharing:
    """Release the unshared money to the merchant; the order cannot be shared any more.

    Args:
        state: the state of the merchant.
        request: a new request.
        order: from `shareable`.
        description: the description of the money.

    Raises:
        Rejection: no unshared money is left.
    """
    if funds.unsplit(state, order) == 0:
        raise Rejection(403, "NOT_ENOUGH", "分账金额不足: 没有剩余待分金额")
    sharing = _new(state, request, order)
    sharing["finish"] = {"amount": order["frozen"], "description": description}
    _unfreeze(state, sharing, order, description)
    return _saved(state, sharing, order)


def _new(state: State, request: Request, order: Order) -> Sharing:
    sharing = {
        "out_order_no": request.number,
        "order_id": record_number(state, "3000"),
        "transaction_id": order["transaction_id"],
        "out_trade_no": order["out_trade_no"],
        "sub_mchid": funds.sub_merchant(order),
        "content": request.content,
        "created": state.clock.now(),
        "receivers": [],
        "returns": [],
    }
    order["sharings"] = [*order.get("sharings", ()), request.number]
    state.store.put("sharing-id", sharing["order_id"], {"out_order_no": request.number})
    return sharing


def record_number(state: State, kind: str) -> str:
    """Return a number in WeChat Pay's format: the kind of the record, the day, and digits."""
    return tokens.record_number(kind, state.clock.compact()[:8])


def account_of(state: State, receiver: Receiver) -> str:
    """Return a receiver's account in the ledger: one of the merchant's, or an external one."""
    if receiver["type"] == MERCHANT:
        if receiver["account"] == state.mchid:
            return "merchant"
        if receiver["account"] in state.profile.sub_merchants:
            return funds.account_of("merchant", receiver["account"])
    return "receiver"


def counterparty_of(state: State, receiver: Receiver) -> Counterparty | None:
    """Return a receiver's account if it is another merchant of the gateway; otherwise None."""
    return state.counterparty(receiver["account"]) if receiver["type"] == MERCHANT else None


def _pay(state: State, sharing: Sharing, order: Order, receiver: Receiver) -> None:
    own = _is_own(state, order, receiver)
    order["frozen"] -= receiver["amount"]
    state.ledger.move(
        "unfreeze" if own else "share",
        receiver["amount"],
        funds.account("frozen", order),
        funds.account("merchant", order) if own else account_of(state, receiver),
        **_numbers(sharing),
    )
    other = None if own else counterparty_of(state, receiver)
    if other is not None:
        other.take("share", receiver["amount"], **_numbers(sharing))
    _write_down(state, sharing, receiver)
    if not own:
        notify(state, order, sharing["order_id"], sharing["out_order_no"], receiver)


def _unfreeze(state: State, sharing: Sharing, order: Order, description: str) -> None:
    """Release the rest to the merchant, as the last receiver."""
    rest = funds.release(state, order)
    if rest:
        own = sharing["sub_mchid"] or state.identity.mchid
        receiver = {"type": MERCHANT, "account": own, "amount": rest, "description": description}
        _write_down(state, sharing, receiver)


def _write_down(state: State, sharing: Sharing, receiver: Receiver) -> None:
    detail = {"detail_id": record_number(state, "3600"), "time": state.clock.now(), "returned": 0}
    sharing["receivers"].append(receiver | detail)


def _numbers(sharing: Sharing) -> dict[str, Any]:
    names = ("out_trade_no", "transaction_id", "out_order_no", "order_id")
    return {name: sharing[name] for name in names}


def _saved(state: State, sharing: Sharing, order: Order) -> Sharing:
    state.store.put("sharing", sharing["out_order_no"], sharing)
    payments.save(state, order)
    return sharing


def unsplit(state: State, transaction_id: str, sub_mchid: str | None = None) -> int:
    """Return the amount of an order that can still be shared, in fen.

    Args:
        state: the state of the merchant.
        transaction_id: the transaction ID of the order.
        sub_mchid: the required paid merchant; None accepts any.

    Raises:
        Rejection: there is no such order, or it was not created for profit sharing.
    """
    order = payments.find(state, transaction_id=transaction_id)
    if order is None or sub_mchid not in (None, funds.sub_merchant(order)):
        raise Rejection(404, "RESOURCE_NOT_EXISTS", f"订单不存在: {transaction_id}")
    if not order.get("profit_sharing"):
        raise Rejection(400, "INVALID_REQUEST", "非分账订单不支持分账")
    return funds.unsplit(state, order)


def find(state: State, number: str = "", order_id: str = "") -> Sharing | None:
    """Return a sharing by either of its numbers; None if there is none."""
    if not number:
        pointer = state.store.get("sharing-id", order_id)
        number = "" if pointer is None else pointer["out_order_no"]
    return state.store.get("sharing", number)


def existing(state: State, number: str, transaction_id: str, sub_mchid: str) -> Sharing:
    """Return a sharing by its merchant-assigned number, its order and its sub-merchant.

    Raises:
        Rejection: there is no such sharing.
    """
    sharing = find(state, number)
    if sharing is None or (sharing["transaction_id"], sharing["sub_mchid"]) != (
        transaction_id,
        sub_mchid,
    ):
        raise Rejection(404, "RESOURCE_NOT_EXISTS", "分账单不存在")
    return sharing
