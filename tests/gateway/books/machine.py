"""Shared rules of all products: a gateway with two merchants, calls, faults and time."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from tests.gateway.support import NOBODY, new_number
from wechatpay_chain import APIError, SignatureError, TransportError
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway.store.identity import Identity
from wechatpay_chain.testing.fault_names import OF_REQUESTS

__all__ = ["FEN", "ORDERS", "Machine"]

FEN = st.integers(1, 300)
ORDERS = Bundle("orders")
"""The numbers of paid orders, with their sub-merchants; empty for the merchant itself."""

IDENTITY = Identity.new()
SLOW = {"delay"}
"""Faults that only delay."""


class Machine(RuleBasedStateMachine):
    """A service provider with a sub-merchant, with faults for its requests.

    Attributes:
        merchant: the gateway's first merchant, which may do everything.
        sub: a sub-merchant of it.
        last: the members of the last response; empty where a fault has spoiled it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.gateway = Gateway(identity=IDENTITY, time_scale=0.001).start()
        self.merchant = self.gateway.merchants[IDENTITY.mchid]
        self.sub = self.gateway.add_sub_merchant(IDENTITY.mchid).mchid
        self.wxpay = self.gateway.client(retry=None)
        self.last: dict[str, Any] = {}

    def teardown(self) -> None:
        self.wxpay.close()
        self.gateway.stop()

    def ask(self, method: str, path: str, **options: Any) -> str:
        """Return the code of a rejection; empty if the request succeeds.

        `fault` is the code where the response did not arrive as it was sent: the request may have
        been carried out. `last` has the members of the response.
        """
        self.last = {}
        call = getattr(self.wxpay.chain(path), method.lower())
        try:
            response = call(**options)
        except (TransportError, SignatureError):
            return "fault"
        except APIError as error:
            return error.code or "fault"
        protocol = path.removeprefix("/")[:2]
        if protocol == "v2":
            self.last = response.xml()
        elif response.content:
            self.last = json.loads(response.content)
        return ""

    @rule(target=ORDERS, fen=FEN, shared=st.booleans(), partner=st.booleans())
    def pay(self, fen: int, shared: bool, partner: bool) -> Any:
        """Pay an order on behalf of a customer."""
        number = new_number()
        order = {
            "description": "x",
            "out_trade_no": number,
            "notify_url": NOBODY,
            "amount": {"total": fen},
            "settle_info": {"profit_sharing": shared},
        }
        path, parties = "v3/pay/transactions/native", {"appid": IDENTITY.appid}
        if partner:
            path = "v3/pay/partner/transactions/native"
            parties = {"sp_appid": IDENTITY.appid, "sp_mchid": IDENTITY.mchid}
            parties["sub_mchid"] = self.sub
        else:
            parties["mchid"] = IDENTITY.mchid
        code = self.ask("POST", path, json={**order, **parties})
        with contextlib.suppress(LookupError) if code else contextlib.nullcontext():
            self.gateway.pay(number)  # the order can exist although its response was spoiled
        return number, self.sub if partner else ""

    @rule(seconds=st.sampled_from([1, 10, 3600, 86400, 31 * 86400]))
    def wait(self, seconds: int) -> None:
        """Advance the time, so that due changes happen."""
        self.gateway.advance(seconds)

    @rule(fault=st.sampled_from(sorted(set(OF_REQUESTS) - SLOW)))
    def spoil(self, fault: str) -> None:
        """Add a fault for the next request."""
        self.gateway.faults.add("*", fault, times=1)

    @invariant()
    def the_books_balance(self) -> None:
        for merchant in self.gateway.merchants.values():
            merchant.state.ledger.check()
