"""Controls of refunds: the result of a refund in progress."""

from __future__ import annotations

from ...simulation.refunds import records as refunds
from ...state import State
from .product import Label, Product, Record, of_record

__all__ = ["Refunds"]


class Refunds(Product):
    """Refunds of orders."""

    label, kind = Label("Refunds", "退款"), "refund"

    def settle(self, state: State) -> None:
        """Store the state changes that are due."""
        refunds.settle_due(state)

    @of_record(when=(refunds.PROCESSING,))
    def succeed(self, state: State, out_refund_no: str) -> Record:
        """Make a refund arrive immediately; the merchant is notified.

        Args:
            out_refund_no: the merchant's refund number.

        Raises:
            LookupError: the refund does not exist, or is no longer in progress.
        """
        return refunds.succeed(state, out_refund_no)

    @of_record(when=(refunds.PROCESSING,))
    def fail(self, state: State, out_refund_no: str) -> Record:
        """Make a refund abnormal: the money does not arrive, and the merchant is notified.

        Args:
            out_refund_no: the merchant's refund number.

        Raises:
            LookupError: the refund does not exist, or is no longer in progress.
        """
        return refunds.fail(state, out_refund_no)

    @of_record(when=(refunds.PROCESSING,))
    def close(self, state: State, out_refund_no: str) -> Record:
        """Close a refund: the money returns to the merchant, and the merchant is notified.

        Args:
            out_refund_no: the merchant's refund number.

        Raises:
            LookupError: the refund does not exist, or is no longer in progress.
        """
        return refunds.close(state, out_refund_no)
