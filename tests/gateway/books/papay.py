"""Deductions by contracts: successful, failed and delayed."""

from __future__ import annotations

import contextlib

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.gateway.books.machine import FEN, IDENTITY, Machine
from tests.gateway.support import NOBODY, new_number

__all__ = ["PapayRules"]


class PapayRules(Machine):
    """A merchant with a contract, and deductions by it."""

    @rule(
        fen=FEN,
        partner=st.booleans(),
        periodic=st.booleans(),
        ending=st.sampled_from(["", "pay", "fail", "wait", "terminate"]),
    )
    def deduct(self, fen: int, partner: bool, periodic: bool, ending: str) -> None:
        part = "partner/" if partner else ""
        whose = {"appid": IDENTITY.appid}
        if partner:
            whose = {"sp_appid": IDENTITY.appid, "sub_mchid": self.sub}
        contract = {
            **whose,
            "plan_id": 1,
            "out_contract_code": new_number("C"),
            "contract_display_account": "x",
            "contract_notify_url": NOBODY,
        }
        sign = f"v3/papay/scheduled-deduct-sign/{part}contracts/pre-entrust-sign/h5"
        if self.ask("POST", sign, json=contract):
            return
        code = contract["out_contract_code"]
        signed = self.gateway.contracts.sign(code, periodic=periodic)
        number = new_number("D")
        made = {
            **whose,
            "out_trade_no": number,
            "description": "x",
            "transaction_notify_url": NOBODY,
            "contract_id": signed["contract_id"],
            "amount": {"total": fen},
        }
        rejected = self.ask("POST", f"v3/papay/pay/{part}transactions/apply", json=made)
        if ending == "wait":
            self.gateway.advance(10)
            states = {each["out_trade_no"]: each["state"] for each in self.gateway.orders()}
            assert rejected or states[number] == "SUCCESS"
        elif ending == "terminate":
            self.gateway.contracts.terminate(code)
        elif ending:
            with contextlib.suppress(LookupError) if rejected else contextlib.nullcontext():
                getattr(self.gateway, ending)(number)
