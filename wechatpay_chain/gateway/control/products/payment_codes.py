"""Controls of payment codes: the customer shows one, enters the password, or cancels."""

from __future__ import annotations

from ...simulation.payments import codes
from ...simulation.payments import records as payments
from ...state import State
from .product import Label, Product, Record, of_merchant, of_record

__all__ = ["PaymentCodes"]

NONE: list[str] = []


class PaymentCodes(Product):
    """Payment codes that customers show."""

    label, kind = Label("Payment codes", "付款码"), "payment-code"

    def settle(self, state: State) -> None:
        """Store the state changes that are due."""
        codes.settle_due(state)

    @of_merchant
    def show(
        self,
        state: State,
        outcome: str = "paid",
        openid: str = "",
        coupons: list[str] = NONE,
    ) -> Record:
        """Show a code for a customer; it is valid once, for one minute.

        Args:
            outcome: result of the payment: `paid`, `password`, `password_then_paid`,
                `password_then_cancelled`, `no_money`, `expired`, `card_not_supported`,
                `bank_error`, `system_error` or `reversed_at_second_request`.
            openid: openid of the customer; empty is the owner of the coupons, or a new customer.
            coupons: numbers of the customer's coupons to use for the payment. A coupon that the
                order does not allow stays unused.

        Raises:
            LookupError: the outcome or a coupon does not exist.
        """
        return codes.show(state, outcome, openid, coupons)

    @of_record("order", when=(payments.USERPAYING,))
    def enter_password(self, state: State, out_trade_no: str) -> Record:
        """Enter the password for the customer: the order is paid.

        Args:
            out_trade_no: the merchant's order number.

        Raises:
            LookupError: the order does not exist, or does not wait for the customer's password.
        """
        return codes.confirm(state, out_trade_no)

    @of_record("order", when=(payments.USERPAYING,))
    def cancel(self, state: State, out_trade_no: str) -> Record:
        """Cancel the payment for the customer: the payment fails.

        Args:
            out_trade_no: the merchant's order number.

        Raises:
            LookupError: the order does not exist, or does not wait for the customer's password.
        """
        return codes.cancel(state, out_trade_no)
