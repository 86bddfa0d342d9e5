"""The controls of contracts for deductions: the user signs one, or ends it."""

from __future__ import annotations

from ...simulation.papay import contracts
from ...state import State
from .product import Label, Product, Record, of_record

__all__ = ["Contracts"]


class Contracts(Product):
    """Contracts for deductions (委托代扣)."""

    label, kind = Label("Contracts", "委托代扣协议"), contracts.KIND

    @of_record(when=(contracts.UNSIGNED,))
    def sign(
        self, state: State, out_contract_code: str, openid: str = "", periodic: bool = False
    ) -> Record:
        """Sign a contract, as its user does in WeChat; the merchant is notified.

        Args:
            out_contract_code: the merchant's code of it.
            openid: of the user; empty keeps that of the request, or makes one.
            periodic: whether its plan is for periodic deductions, of which a user is told 24 hours
                ahead.

        Raises:
            LookupError: there is no such contract, or it does not wait for its user.
        """
        return contracts.sign(state, out_contract_code, openid, periodic=periodic)

    @of_record(when=(contracts.SIGNED,))
    def terminate(self, state: State, out_contract_code: str) -> Record:
        """End a contract, as its user does in WeChat; the merchant is notified.

        Args:
            out_contract_code: the merchant's code of it.

        Raises:
            LookupError: there is no such contract, or it is not in force.
        """
        contract = contracts.existing(state, out_contract_code)
        return contracts.terminate(state, contract, contracts.BY_USER)
