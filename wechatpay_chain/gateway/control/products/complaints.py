"""The controls of complaints: what the customer does, and WeChat Pay's staff."""

from __future__ import annotations

from ...simulation.complaints import customers, records
from ...state import State
from .product import Label, Product, Record, of_record

__all__ = ["Complaints"]

OPEN = (records.PENDING, records.PROCESSING)
NONE: list[str] = []
"""No images."""


class Complaints(Product):
    """Complaints of customers."""

    label, kind, state_name = Label("Complaints", "投诉"), records.KIND, "complaint_state"

    @of_record("order", when=("SUCCESS", "REFUND"))
    def complain(
        self,
        state: State,
        out_trade_no: str,
        text: str,
        phone: str = "13800000000",
        problem: str = "OTHERS",
        images: list[str] = NONE,
        immediate: bool = False,
    ) -> Record:
        """Complain about a paid order, as its customer would; the merchant is notified.

        Args:
            out_trade_no: the merchant's number of the order.
            text: what the customer writes.
            phone: of the customer.
            problem: `REFUND`, `SERVICE_NOT_WORK` or `OTHERS`.
            images: of the customer, each as base64.
            immediate: whether the customer needs service at once.

        Raises:
            LookupError: there is no such order, or it is not paid.
        """
        return customers.complain(
            state,
            out_trade_no,
            text,
            phone=phone,
            problem=problem,
            images=images,
            immediate=immediate,
        )

    @of_record()
    def say(
        self,
        state: State,
        complaint_id: str,
        text: str,
        images: list[str] = NONE,
    ) -> Record:
        """Write something more, as the customer who complained; the merchant is notified.

        Args:
            complaint_id: of the complaint.
            text: what the customer writes.
            images: of the customer, each as base64.

        Raises:
            LookupError: there is no such complaint.
        """
        return customers.say(state, complaint_id, text, images)

    @of_record(when=(records.PROCESSED,))
    def complain_again(self, state: State, complaint_id: str, text: str) -> Record:
        """Go on with a complaint that is processed, as the customer; it waits again.

        Args:
            complaint_id: of the complaint.
            text: what the customer writes.

        Raises:
            LookupError: there is no such complaint, or it is not processed.
        """
        return customers.complain_again(state, complaint_id, text)

    @of_record(when=OPEN)
    def withdraw(self, state: State, complaint_id: str) -> Record:
        """Withdraw a complaint, as the customer: it is processed.

        Args:
            complaint_id: of the complaint.

        Raises:
            LookupError: there is no such complaint, or it is processed already.
        """
        return customers.withdraw(state, complaint_id)

    @of_record()
    def escalate(self, state: State, complaint_id: str, reason: str = "商户未解决问题") -> Record:
        """Ask WeChat Pay's staff for help, as the customer; the merchant is notified.

        Args:
            complaint_id: of the complaint.
            reason: why the customer asks for help.

        Raises:
            LookupError: there is no such complaint, or the staff helps already.
        """
        return customers.escalate(state, complaint_id, reason)

    @of_record()
    def cancel_help(self, state: State, complaint_id: str) -> Record:
        """Ask no longer for help, as the customer; the merchant is notified.

        Args:
            complaint_id: of the complaint.

        Raises:
            LookupError: there is no such complaint, or the staff does not help.
        """
        return customers.cancel_help(state, complaint_id)

    @of_record()
    def finish_help(self, state: State, complaint_id: str) -> Record:
        """Have WeChat Pay's staff end its help; the merchant is notified.

        Args:
            complaint_id: of the complaint.

        Raises:
            LookupError: there is no such complaint, or the staff does not help.
        """
        return customers.finish_help(state, complaint_id)

    @of_record()
    def platform_says(self, state: State, complaint_id: str, text: str) -> Record:
        """Have WeChat Pay's staff write something; the merchant is notified.

        Args:
            complaint_id: of the complaint.
            text: what the staff writes.

        Raises:
            LookupError: there is no such complaint.
        """
        return customers.platform_says(state, complaint_id, text)
