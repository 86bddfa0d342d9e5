"""Controls of transfers: the actions of receivers, sub-merchants, employees and sponsors."""

from __future__ import annotations

from ...simulation.transfers import authorizations, charity, reservations, sub_merchants
from ...simulation.transfers import records as transfers
from ...simulation.transfers.batches import records as batches
from ...simulation.transfers.receipts import records as receipts
from ...state import State
from .product import Label, Product, Record, of_record

__all__ = [
    "CharityBudgets",
    "SubMerchantAuthorizations",
    "TransferAuthorizations",
    "TransferBatches",
    "TransferReceipts",
    "TransferReservations",
    "Transfers",
]


class Transfers(Product):
    """Transfers to users."""

    label, kind = Label("Transfers", "商家转账"), "transfer"

    def settle(self, state: State) -> None:
        """Store the state changes that are due."""
        transfers.settle_due(state)

    @of_record(when=(transfers.WAITING,))
    def confirm(self, state: State, out_bill_no: str, authorize: bool = True) -> Record:
        """Confirm a transfer for its receiver: the money arrives, and the merchant is notified.

        Args:
            out_bill_no: the merchant's transfer number.
            authorize: True also agrees to later transfers without confirmation, if the merchant
                requested that.

        Raises:
            LookupError: the transfer does not exist, or is no longer waiting.
        """
        return transfers.confirm(state, out_bill_no, authorize=authorize)

    @of_record(when=(transfers.WAITING, transfers.ACCEPTED))
    def fail(
        self, state: State, out_bill_no: str, reason: str = "PAYEE_ACCOUNT_ABNORMAL"
    ) -> Record:
        """Make a transfer fail: the money is returned, and the merchant is notified.

        Args:
            out_bill_no: the merchant's transfer number.
            reason: `fail_reason` of the transfer.

        Raises:
            LookupError: the transfer does not exist, or is no longer waiting.
        """
        return transfers.fail(state, out_bill_no, reason)


class TransferAuthorizations(Product):
    """Users' authorizations for transfers without confirmation."""

    label = Label("Transfer authorizations", "免确认收款授权")
    kind = authorizations.KIND

    def settle(self, state: State) -> None:
        """Store the state changes that are due."""
        authorizations.settle_due(state)

    @of_record(when=(authorizations.WAITING,))
    def confirm(self, state: State, out_authorization_no: str) -> Record:
        """Agree to transfers without confirmation for the user; the merchant is notified.

        Args:
            out_authorization_no: the merchant's authorization number.

        Raises:
            LookupError: the authorization does not exist, or is no longer waiting.
        """
        return authorizations.confirm(state, out_authorization_no)

    @of_record(when=(authorizations.EFFECTIVE,))
    def close(self, state: State, out_authorization_no: str) -> Record:
        """Close an authorization for its user; the merchant is notified.

        Args:
            out_authorization_no: the merchant's authorization number.

        Raises:
            LookupError: the authorization does not exist, or is not in effect.
        """
        return authorizations.close(state, out_authorization_no)


class SubMerchantAuthorizations(Product):
    """Sub-merchants' authorizations for transfers by their service provider."""

    label = Label("Sub-merchants' transfer authorizations", "子商户商家转账授权")
    kind = sub_merchants.KIND

    @of_record()
    def accept(self, state: State, sub_mchid: str) -> Record:
        """Accept the invitation of a service provider for the sub-merchant.

        Args:
            sub_mchid: sub-merchant ID.

        Raises:
            LookupError: there is no pending invitation.
        """
        return sub_merchants.accept(state, sub_mchid)

    @of_record()
    def decline(self, state: State, sub_mchid: str) -> Record:
        """Decline the invitation of a service provider for the sub-merchant.

        Args:
            sub_mchid: sub-merchant ID.

        Raises:
            LookupError: there is no pending invitation.
        """
        return sub_merchants.decline(state, sub_mchid)

    @of_record(when=(sub_merchants.AUTHORIZED,))
    def withdraw(self, state: State, sub_mchid: str) -> Record:
        """Withdraw the authorization of a service provider for the sub-merchant.

        Args:
            sub_mchid: sub-merchant ID.

        Raises:
            LookupError: the authorization does not exist.
        """
        return sub_merchants.withdraw(state, sub_mchid)


class TransferBatches(Product):
    """Batches of transfers, including brands' red packets and reserved transfers."""

    label, kind = Label("Transfer batches", "批量转账"), batches.KIND

    def settle(self, state: State) -> None:
        """Store the state changes that are due."""
        batches.settle_due(state)

    @of_record(when=(batches.ACCEPTED, batches.PROCESSING))
    def hold(self, state: State, out_batch_no: str) -> Record:
        """Make a batch wait for the approval of an employee.

        Args:
            out_batch_no: the merchant's batch number.

        Raises:
            LookupError: the batch does not exist, or has ended.
        """
        return batches.hold(state, out_batch_no)

    @of_record(when=(batches.WAIT_PAY,))
    def approve(self, state: State, out_batch_no: str) -> Record:
        """Approve a waiting batch for the merchant's employee; it finishes in a few seconds.

        Args:
            out_batch_no: the merchant's batch number.

        Raises:
            LookupError: the batch does not exist, or is not waiting.
        """
        return batches.approve(state, out_batch_no)

    @of_record(when=(batches.WAIT_PAY,))
    def reject(self, state: State, out_batch_no: str) -> Record:
        """Reject a waiting batch for the merchant's employee: all of its details fail.

        Args:
            out_batch_no: the merchant's batch number.

        Raises:
            LookupError: the batch does not exist, or is not waiting.
        """
        return batches.reject(state, out_batch_no)

    @of_record(when=(batches.ACCEPTED, batches.PROCESSING))
    def finish(self, state: State, out_batch_no: str) -> Record:
        """Finish a batch immediately: its other details arrive, and the merchant is notified.

        Args:
            out_batch_no: the merchant's batch number.

        Raises:
            LookupError: the batch does not exist, or has ended.
        """
        return batches.finish(state, out_batch_no)

    @of_record(when=batches.OPEN)
    def close(self, state: State, out_batch_no: str, reason: str = "OVERDUE_CLOSE") -> Record:
        """Close a batch: no money arrives, and the merchant is notified.

        Args:
            out_batch_no: the merchant's batch number.
            reason: `close_reason` of the batch.

        Raises:
            LookupError: the batch does not exist, or has ended.
        """
        return batches.close(state, out_batch_no, reason)

    @of_record(when=batches.OPEN)
    def fail_detail(
        self,
        state: State,
        out_batch_no: str,
        out_detail_no: str,
        reason: str = "REAL_NAME_CHECK_FAIL",
    ) -> Record:
        """Make one detail of a batch fail: its money is returned, and the others continue.

        Args:
            out_batch_no: the merchant's batch number.
            out_detail_no: the merchant's detail number.
            reason: `fail_reason` of the detail.

        Raises:
            LookupError: the detail does not exist, or has ended.
        """
        return batches.fail_detail(state, out_batch_no, out_detail_no, reason)


class TransferReservations(Product):
    """Reservations of transfers."""

    label, kind = Label("Transfer reservations", "预约商家转账"), reservations.KIND

    def settle(self, state: State) -> None:
        """Store the state changes that are due."""
        reservations.settle_due(state)

    @of_record(when=(reservations.ACCEPTED,))
    def confirm(self, state: State, out_reservation_no: str) -> Record:
        """Confirm a reservation for the user.

        Args:
            out_reservation_no: the merchant's reservation number.

        Raises:
            LookupError: the reservation does not exist, or is not waiting.
        """
        return reservations.confirm(state, out_reservation_no)

    @of_record(when=(reservations.ACCEPTED, reservations.CONFIRMED))
    def close(self, state: State, out_reservation_no: str) -> Record:
        """Close a reservation for the user.

        Args:
            out_reservation_no: the merchant's reservation number.

        Raises:
            LookupError: the reservation does not exist, or has ended.
        """
        found = reservations.existing(state, out_reservation_no)
        return reservations.close(state, found, "USER_CLOSE")


class TransferReceipts(Product):
    """Receipts of transfers, such as `bill-T0001`, `batch-B0001` and `detail-B0001-D0001`."""

    label, kind = Label("Receipts", "电子回单"), receipts.KIND

    def settle(self, state: State) -> None:
        """Store the state changes that are due."""
        receipts.settle_due(state)

    @of_record(when=(receipts.ACCEPTED,))
    def finish(self, state: State, key: str) -> Record:
        """Generate a receipt immediately.

        Args:
            key: key of the receipt, such as `bill-T0001`.

        Raises:
            LookupError: the receipt does not exist, or has already been generated.
        """
        return receipts.finish(state, key)

    @of_record(when=(receipts.ACCEPTED,))
    def fail(self, state: State, key: str, reason: str = "FAIL_REASON_UNKNOWN") -> Record:
        """Make the generation of a receipt fail.

        Args:
            key: key of the receipt, such as `bill-T0001`.
            reason: `fail_reason` of the receipt.

        Raises:
            LookupError: the receipt does not exist, or has already been generated.
        """
        return receipts.fail(state, key, reason)


class CharityBudgets(Product):
    """Budgets for donations."""

    label, kind = Label("Charity budgets", "公益捐赠预算"), charity.KIND

    @of_record(when=(charity.PENDING,))
    def confirm(self, state: State, out_budget_no: str) -> Record:
        """Confirm a budget for its sponsor: the money is locked.

        Args:
            out_budget_no: the service provider's budget number.

        Raises:
            LookupError: the budget does not exist, or is not waiting.
        """
        return charity.confirm(state, out_budget_no)

    @of_record(when=(charity.PENDING,))
    def close(self, state: State, out_budget_no: str) -> Record:
        """Decline a budget for its sponsor.

        Args:
            out_budget_no: the service provider's budget number.

        Raises:
            LookupError: the budget does not exist, or is not waiting.
        """
        return charity.close(state, out_budget_no)
