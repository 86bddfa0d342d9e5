"""WeChat Pay's side of the storm: the gateway, and what it has at the end."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from multiprocessing.managers import BaseManager
from typing import Any

from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway.store.identity import Identity, pem

MOVES = {"payment": "out_trade_no", "refund": "out_refund_no", "transfer": "out_bill_no"}
"""How the merchant's number is called in each kind of movement of money."""


def merchant(gateway: Gateway) -> dict[str, Any]:
    """The arguments of a client, which pickle; it fetches the platform certificates."""
    identity = gateway.identity
    return {
        "mchid": identity.mchid,
        "serial": identity.serial,
        "private_key": pem(identity.merchant_key),
        "apiv3_key": identity.apiv3_key,
        "base_uri": gateway.base_uri,
    }


def rotate(gateway: Gateway) -> Identity:
    """Replace both keys that a gateway signs with: the new one, and the last one that it keeps."""
    gateway.rotate_keys()
    return gateway.rotate_keys()


def count_fetches(gateway: Gateway) -> list[int]:
    """The statuses of all responses to requests for certificates from now on, in order."""
    fetches: list[int] = []

    def listen(kind: str, entry: dict[str, Any]) -> None:
        if kind == "request" and entry["target"] == "/v3/certificates":
            fetches.append(entry["status"])

    gateway.state.log.listeners.add(listen)
    return fetches


class Platform:
    """A gateway that a storm uses, in this process or in one of its own (`Elsewhere`)."""

    def __init__(self) -> None:
        self._running = ExitStack()
        self._gateway = self._running.enter_context(Gateway(signs_with="certificate"))
        self._fetches = count_fetches(self._gateway)

    def merchant(self) -> dict[str, Any]:
        return merchant(self._gateway)

    def appid(self) -> str:
        return self._gateway.identity.appid

    def fault(self, match: str, fault: str, **options: Any) -> None:
        """Let the next request to a path go wrong."""
        self._gateway.faults.add(match, fault, 1, **options)

    def rotate(self) -> None:
        rotate(self._gateway)

    def pay(self, number: str) -> None:
        self._gateway.pay(number)

    def end(self) -> tuple[dict[str, Counter[str]], list[int]]:
        """Stop; how often each number moved money, by kind, and the fetches of certificates."""
        with self._running:
            ledger = self._gateway.state.ledger
            ledger.check()
            moves: dict[str, Counter[str]] = {kind: Counter() for kind in (*MOVES, "order")}
            for entry in ledger.entries():
                if entry["kind"] in MOVES:
                    moves[entry["kind"]][entry[MOVES[entry["kind"]]]] += 1
            orders = self._gateway.state.store.all("order")
            moves["order"].update(each["out_trade_no"] for each in orders)
            return moves, self._fetches


class Elsewhere(BaseManager):
    """Runs a `Platform` in a process of its own, so that this one's memory is the client's."""

    Platform: type[Platform]


Elsewhere.register("Platform", Platform)
