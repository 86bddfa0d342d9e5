"""The controls of refunds: how one that is being processed ends."""

from __future__ import annotations

from ...simulation.refunds import records as refunds
from ...state import State
from .product import Label, Product, Record, of_record

__all__ = ["Refunds"]


class Refunds(Product):
    """Refunds of orders."""

    label, kind = Label("Refunds", "退款"), "refund"

    def settle(self, state: State) -> None:
        """Store which refunds have arrived."""
        refunds.settle_due(state)

    @of_record(when=(refunds.PROCESSING,))
    def succeed(self, state: State, out_refund_no: str) -> Record:
        """Have a refund arrive now; the merchant is notified.

        Args:
            out_refund_no: the merchant's number of it.

        Raises:
            LookupError: there is no such refund, or it is not processed any more.
        """
        return refunds.succeed(state, out_refund_no)

    @of_record(when=(refunds.PROCESSING,))
    def fail(self, state: State, out_refund_no: str) -> Record:
        """Have a refund become abnormal: the money does not arrive, and the merchant is notified.

        Args:
            out_refund_no: the merchant's number of it.

        Raises:
            LookupError: there is no such refund, or it is not processed any more.
        """
        return refunds.fail(state, out_refund_no)

    @of_record(when=(refunds.PROCESSING,))
    def close(self, state: State, out_refund_no: str) -> Record:
        """Have a refund be closed: the money goes back to the merchant, who is notified.

        Args:
            out_refund_no: the merchant's number of it.

        Raises:
            LookupError: there is no such refund, or it is not processed any more.
        """
        return refunds.close(state, out_refund_no)
