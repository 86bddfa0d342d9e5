"""Controls of contracts for deductions: the user signs or terminates one."""

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
        """Sign a contract for its user; the merchant is notified.

        Args:
            out_contract_code: the merchant's contract code.
            openid: openid of the user; empty keeps the request's openid, or generates one.
            periodic: True for a plan with periodic deductions, which are announced to the user 24
                hours ahead.

        Raises:
            LookupError: the contract does not exist, or does not wait for its user.
        """
        return contracts.sign(state, out_contract_code, openid, periodic=periodic)

    @of_record(when=(contracts.SIGNED,))
    def terminate(self, state: State, out_contract_code: str) -> Record:
        """Terminate a contract for its user; the merchant is notified.

        Args:
            out_contract_code: the merchant's contract code.

        Raises:
            LookupError: the contract does not exist, or is not in force.
        """
        contract = contracts.existing(state, out_contract_code)
        return contracts.terminate(state, contract, contracts.BY_USER)
