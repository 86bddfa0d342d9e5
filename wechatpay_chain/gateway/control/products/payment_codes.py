"""The controls of payment codes: a customer shows one, and enters the password or cancels."""

from __future__ import annotations

from ...simulation.payments import codes
from ...simulation.payments import records as payments
from ...state import State
from .product import Label, Product, Record, of_merchant, of_record

__all__ = ["PaymentCodes"]


class PaymentCodes(Product):
    """Payment codes that customers show."""

    label, kind = Label("Payment codes", "付款码"), "payment-code"

    def settle(self, state: State) -> None:
        """Store which codes have expired."""
        codes.settle_due(state)

    @of_merchant
    def show(self, state: State, outcome: str = "paid", openid: str = "") -> Record:
        """Have a customer show a code, which is valid once and for a minute.

        Args:
            outcome: how the payment turns out: `paid`, `password`, `password_then_paid`,
                `password_then_cancelled`, `no_money`, `expired`, `card_not_supported`,
                `bank_error`, `system_error` or `reversed_at_second_request`.
            openid: of the customer; empty generates one.

        Raises:
            LookupError: there is no such outcome.
        """
        return codes.show(state, outcome, openid)

    @of_record("order", when=(payments.USERPAYING,))
    def enter_password(self, state: State, out_trade_no: str) -> Record:
        """Have the customer enter the password: the order is paid.

        Args:
            out_trade_no: the merchant's number of the order.

        Raises:
            LookupError: there is no such order, or its customer is not asked for the password.
        """
        return codes.confirm(state, out_trade_no)

    @of_record("order", when=(payments.USERPAYING,))
    def cancel(self, state: State, out_trade_no: str) -> Record:
        """Have the customer cancel instead of entering the password: the payment fails.

        Args:
            out_trade_no: the merchant's number of the order.

        Raises:
            LookupError: there is no such order, or its customer is not asked for the password.
        """
        return codes.cancel(state, out_trade_no)
