"""Controls of complaints: the actions of the customer and of WeChat Pay's staff."""

from __future__ import annotations

from ...simulation.complaints import customers, records
from ...state import State
from .product import Label, Product, Record, of_record

__all__ = ["Complaints"]

OPEN = (records.PENDING, records.PROCESSING)
NONE: list[str] = []
"""The default of `images`."""


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
        """File a complaint about a paid order for its customer; the merchant is notified.

        Args:
            out_trade_no: the merchant's order number.
            text: text from the customer.
            phone: phone number of the customer.
            problem: `REFUND`, `SERVICE_NOT_WORK` or `OTHERS`.
            images: images from the customer, each in base64.
            immediate: True if the customer needs immediate service.

        Raises:
            LookupError: the order does not exist, or is not paid.
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
        """Add a message from the customer; the merchant is notified.

        Args:
            complaint_id: id of the complaint.
            text: text from the customer.
            images: images from the customer, each in base64.

        Raises:
            LookupError: the complaint does not exist.
        """
        return customers.say(state, complaint_id, text, images)

    @of_record(when=(records.PROCESSED,))
    def complain_again(self, state: State, complaint_id: str, text: str) -> Record:
        """Reopen a processed complaint for the customer; it becomes pending again.

        Args:
            complaint_id: id of the complaint.
            text: text from the customer.

        Raises:
            LookupError: the complaint does not exist, or has not been processed.
        """
        return customers.complain_again(state, complaint_id, text)

    @of_record(when=OPEN)
    def withdraw(self, state: State, complaint_id: str) -> Record:
        """Withdraw a complaint for the customer: it becomes processed.

        Args:
            complaint_id: id of the complaint.

        Raises:
            LookupError: the complaint does not exist, or has already been processed.
        """
        return customers.withdraw(state, complaint_id)

    @of_record()
    def escalate(self, state: State, complaint_id: str, reason: str = "商户未解决问题") -> Record:
        """Request help from WeChat Pay's staff for the customer; the merchant is notified.

        Args:
            complaint_id: id of the complaint.
            reason: the reason for the request.

        Raises:
            LookupError: the complaint does not exist, or the staff is already helping.
        """
        return customers.escalate(state, complaint_id, reason)

    @of_record()
    def cancel_help(self, state: State, complaint_id: str) -> Record:
        """Cancel the request for help for the customer; the merchant is notified.

        Args:
            complaint_id: id of the complaint.

        Raises:
            LookupError: the complaint does not exist, or the staff is not helping.
        """
        return customers.cancel_help(state, complaint_id)

    @of_record()
    def finish_help(self, state: State, complaint_id: str) -> Record:
        """End the help of WeChat Pay's staff; the merchant is notified.

        Args:
            complaint_id: id of the complaint.

        Raises:
            LookupError: the complaint does not exist, or the staff is not helping.
        """
        return customers.finish_help(state, complaint_id)

    @of_record()
    def platform_says(self, state: State, complaint_id: str, text: str) -> Record:
        """Add a message from WeChat Pay's staff; the merchant is notified.

        Args:
            complaint_id: id of the complaint.
            text: text from the staff.

        Raises:
            LookupError: the complaint does not exist.
        """
        return customers.platform_says(state, complaint_id, text)
