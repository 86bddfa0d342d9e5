"""The actions in a scenario, as operations of a merchant and controls of its customers.

A scenario can therefore create only records that calls can create, and a rejection is an error.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from ...utils.translation import _
from ..control.merchant_controls import MerchantControls
from ..control.products import perform
from ..simulation.bills import filled
from ..state import State
from .calls import call
from .documents import Document, Place

__all__ = ["Action", "actions_of", "moment_of"]

NOBODY = "http://127.0.0.1:9/notify"
"""The default notification URL: the port of the discard protocol."""
TYPES = {"NATIVE": "native", "JSAPI": "jsapi", "APP": "app", "MWEB": "h5"}
REFUNDS, TRANSFERS = "v3/refund/domestic/refunds", "v3/fund-app/mch-transfer/transfer-bills"
REFUNDED = {"SUCCESS": "succeed", "ABNORMAL": "fail", "CLOSED": "close"}
"""The states of refunds, with the controls that lead to them."""
REPORT = [{"info_type": "活动名称", "info_content": "新会员有礼"}]
PLAIN = ("description", "attach", "notify_url", "time_expire")
PAID = {"SUCCESS": "pay", "PAYERROR": "fail"}
METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")

Given = Mapping[str, Any]


class Action(NamedTuple):
    """An action at a moment of the gateway's time.

    Attributes:
        moment: in seconds since 1970; None means the end of the scenario.
        place: the place of the scenario, for errors.
        act: performs the action.
    """

    moment: float | None
    place: Place
    act: Callable[[], object]


def moment_of(text: str | None) -> float | None:
    """Return a time of a scenario in seconds since 1970.

    Raises:
        ValueError: the day or the time does not exist.
    """
    return None if text is None else datetime.datetime.fromisoformat(text).timestamp()


def actions_of(document: Document, state: State, content: Given, place: Place) -> Iterator[Action]:
    """Yield all actions of one merchant.

    Args:
        document: the scenario.
        state: the state of the merchant.
        content: the content of the merchant in the scenario.
        place: the place of the content.
    """
    merchant = _Merchant(document, state)
    for name, actions in (
        ("fill", merchant.fill),
        ("orders", merchant.orders),
        ("transfers", merchant.transfers),
        ("steps", merchant.steps),
    ):
        for index, each in enumerate(content.get(name, ())):
            yield from actions(each, (*place, name, index))


class _Merchant:
    """Creates the actions of one merchant."""

    def __init__(self, document: Document, state: State) -> None:
        self._document = document
        self._state = state
        self._scope = MerchantControls()
        self._scope.state = state

    def _at(self, given: Given, place: Place) -> float | None:
        try:
            return moment_of(given.get("at"))
        except ValueError as error:
            raise self._document.error((*place, "at"), str(error)) from None

    def _control(self, name: str, **arguments: Any) -> Callable[[], object]:
        return lambda: perform(self._scope, name, arguments)

    def _call(self, path: str, **members: Any) -> Callable[[], object]:
        return lambda: call(self._state, "POST", path, members)

    def fill(self, given: Given, place: Place) -> Iterator[Action]:
        """Fill a day."""
        options = {name: value for name, value in given.items() if name not in ("orders", "date")}
        orders, date = given["orders"], given.get("date", "")
        yield Action(None, place, lambda: filled.fill(self._state, orders, date, options))

    def orders(self, given: Given, place: Place) -> Iterator[Action]:
        """Create an order, or several, and apply their outcome."""
        if "count" not in given:
            yield from self._order(given, place, "")
        for number in range(1, given.get("count", 0) + 1):
            yield from self._order(given, place, f"-{number}")

    def _order(self, given: Given, place: Place, ending: str) -> Iterator[Action]:
        number, moment = f"{given['out_trade_no']}{ending}", self._at(given, place)
        sub_mchid, outcome = given.get("sub_mchid"), given.get("trade_state", "NOTPAY")
        base = "v3/pay/partner/transactions" if sub_mchid else "v3/pay/transactions"
        path = f"{base}/{TYPES[given.get('trade_type', 'NATIVE')]}"
        yield Action(moment, place, self._call(path, **self._members(given, number)))
        if outcome in PAID:
            pay, openid = getattr(self._scope, PAID[outcome]), given.get("openid", "")
            who = (openid,) if outcome == "SUCCESS" else ()
            yield Action(moment, place, lambda: pay(number, *who))
        elif outcome == "CLOSED":
            whose = {"sub_mchid": sub_mchid} if sub_mchid else {}
            yield Action(moment, place, self._call(f"{base}/out-trade-no/{number}/close", **whose))
        for index, each in enumerate(given.get("refunds", ())):
            yield from self._refund(given, each, (*place, "refunds", index), number, ending)
        for index, each in enumerate(given.get("complaints", ())):
            here = (*place, "complaints", index)
            about = {name: each[name] for name in ("text", "problem", "phone") if name in each}
            act = self._control("complaints.complain", out_trade_no=number, **about)
            yield Action(self._at(each, here), here, act)

    def _members(self, given: Given, number: str) -> dict[str, Any]:
        members = {
            "out_trade_no": number,
            "description": "商品",
            "notify_url": NOBODY,
            "amount": {"total": given["total"], "currency": "CNY"},
            **{name: given[name] for name in PLAIN if name in given},
        }
        sub_mchid = given.get("sub_mchid")
        if "appid" in given:
            members["sp_appid" if sub_mchid else "appid"] = given["appid"]
        members |= {name: given[name] for name in ("sub_mchid", "sub_appid") if name in given}
        if given.get("trade_type") == "JSAPI":
            openid = given.get("openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o")
            members["payer"] = {"sp_openid" if sub_mchid else "openid": openid}
        if given.get("trade_type") == "MWEB":
            members["scene_info"] = {"payer_client_ip": "127.0.0.1", "h5_info": {"type": "Wap"}}
        if "profit_sharing" in given:
            members["settle_info"] = {"profit_sharing": given["profit_sharing"]}
        return members

    def _refund(
        self, order: Given, given: Given, place: Place, out_trade_no: str, ending: str
    ) -> Iterator[Action]:
        number, moment = f"{given['out_refund_no']}{ending}", self._at(given, place)
        amount = {"refund": given["refund"], "total": order["total"], "currency": "CNY"}
        about = {name: given[name] for name in ("reason", "notify_url") if name in given}
        whose = {"sub_mchid": order["sub_mchid"]} if "sub_mchid" in order else {}
        numbers = {"out_trade_no": out_trade_no, "out_refund_no": number}
        yield Action(moment, place, self._call(REFUNDS, **numbers, amount=amount, **about, **whose))
        status = given.get("status", "PROCESSING")
        if status in REFUNDED:
            act = self._control(f"refunds.{REFUNDED[status]}", out_refund_no=number)
            yield Action(moment, place, act)

    def transfers(self, given: Given, place: Place) -> Iterator[Action]:
        """Create a transfer, and apply its outcome."""
        number, moment = given["out_bill_no"], self._at(given, place)
        ours = {"state", "fail_reason", "at"}
        members = {
            "transfer_scene_id": "1000",
            "transfer_remark": "转账",
            "transfer_scene_report_infos": REPORT,
            **{name: value for name, value in given.items() if name not in ours},
        }
        yield Action(moment, place, self._call(TRANSFERS, **members))
        outcome = given.get("state", "WAIT_USER_CONFIRM")
        if outcome == "SUCCESS":
            yield Action(moment, place, self._control("transfers.confirm", out_bill_no=number))
        elif outcome == "FAIL":
            why = {"reason": given["fail_reason"]} if "fail_reason" in given else {}
            act = self._control("transfers.fail", out_bill_no=number, **why)
            yield Action(moment, place, act)
        elif outcome == "CANCELLED":
            act = self._call(f"{TRANSFERS}/out-bill-no/{number}/cancel")
            yield Action(moment, place, act)

    def steps(self, given: Given, place: Place) -> Iterator[Action]:
        """Run a control by its name, or an operation by its method and path."""
        names = [name for name in given if name != "at"]
        if len(names) != 1:
            raise self._document.error(
                place,
                _(
                    "expected one control such as transfers.confirm, or one operation such as "
                    "POST v3/…, next to at"
                ),
            )
        name, arguments, here = names[0], given[names[0]] or {}, (*place, names[0])
        if not isinstance(arguments, dict):
            raise self._document.error(here, _("expected an object of arguments"))
        yield Action(self._at(given, place), here, self._step(name, arguments))

    def _step(self, name: str, arguments: Given) -> Callable[[], object]:
        method, _ignored, path = name.partition(" ")
        if method in METHODS:
            return lambda: call(self._state, method, path, arguments)
        if name in ("pay", "fail"):
            return lambda: getattr(self._scope, name)(**arguments)
        return lambda: perform(self._scope, name, arguments)
