"""The controls of transfers: what the receiver of one does, and those who authorize transfers."""

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
        """Store what became of a merchant's transfers in the meantime."""
        transfers.settle_due(state)

    @of_record(when=(transfers.WAITING,))
    def confirm(self, state: State, out_bill_no: str, authorize: bool = True) -> Record:
        """Confirm a transfer, as its receiver: the money arrives, and the merchant is notified.

        Args:
            out_bill_no: the merchant's number of it.
            authorize: whether the receiver also agrees to receive later transfers without
                confirmation, if the merchant asked for that.

        Raises:
            LookupError: there is no such transfer, or it does not wait any more.
        """
        return transfers.confirm(state, out_bill_no, authorize=authorize)

    @of_record(when=(transfers.WAITING, transfers.ACCEPTED))
    def fail(
        self, state: State, out_bill_no: str, reason: str = "PAYEE_ACCOUNT_ABNORMAL"
    ) -> Record:
        """Have a transfer fail: the money goes back, and the merchant is notified.

        Args:
            out_bill_no: the merchant's number of it.
            reason: `fail_reason` of the transfer.

        Raises:
            LookupError: there is no such transfer, or it does not wait any more.
        """
        return transfers.fail(state, out_bill_no, reason)


class TransferAuthorizations(Product):
    """Users' authorizations for transfers without confirmation."""

    label = Label("Transfer authorizations", "免确认收款授权")
    kind = authorizations.KIND

    def settle(self, state: State) -> None:
        """Store which authorizations nobody confirmed in time."""
        authorizations.settle_due(state)

    @of_record(when=(authorizations.WAITING,))
    def confirm(self, state: State, out_authorization_no: str) -> Record:
        """Agree to receive transfers without confirmation, as the user; the merchant is notified.

        Args:
            out_authorization_no: the merchant's number of the authorization.

        Raises:
            LookupError: there is no such authorization, or it does not wait any more.
        """
        return authorizations.confirm(state, out_authorization_no)

    @of_record(when=(authorizations.EFFECTIVE,))
    def close(self, state: State, out_authorization_no: str) -> Record:
        """Close an authorization, as the user who gave it; the merchant is notified.

        Args:
            out_authorization_no: the merchant's number of the authorization.

        Raises:
            LookupError: there is no such authorization, or it is not in effect.
        """
        return authorizations.close(state, out_authorization_no)


class SubMerchantAuthorizations(Product):
    """Sub-merchants' authorizations: their service provider may transfer their money."""

    label = Label("Sub-merchants' transfer authorizations", "子商户商家转账授权")
    kind = sub_merchants.KIND

    @of_record()
    def accept(self, state: State, sub_mchid: str) -> Record:
        """Accept the invitation of a service provider, as the sub-merchant.

        Args:
            sub_mchid: of the sub-merchant.

        Raises:
            LookupError: there is no invitation that waits.
        """
        return sub_merchants.accept(state, sub_mchid)

    @of_record()
    def decline(self, state: State, sub_mchid: str) -> Record:
        """Decline the invitation of a service provider, as the sub-merchant.

        Args:
            sub_mchid: of the sub-merchant.

        Raises:
            LookupError: there is no invitation that waits.
        """
        return sub_merchants.decline(state, sub_mchid)

    @of_record(when=(sub_merchants.AUTHORIZED,))
    def withdraw(self, state: State, sub_mchid: str) -> Record:
        """Withdraw the authorization of a service provider, as the sub-merchant.

        Args:
            sub_mchid: of the sub-merchant.

        Raises:
            LookupError: there is no authorization.
        """
        return sub_merchants.withdraw(state, sub_mchid)


class TransferBatches(Product):
    """Batches of transfers, brands' red packets and reserved transfers among them."""

    label, kind = Label("Transfer batches", "批量转账"), batches.KIND

    def settle(self, state: State) -> None:
        """Store what became of a merchant's batches in the meantime."""
        batches.settle_due(state)

    @of_record(when=(batches.ACCEPTED, batches.PROCESSING))
    def hold(self, state: State, out_batch_no: str) -> Record:
        """Have a batch wait for an employee, as one that needs a password does.

        Args:
            out_batch_no: the merchant's number of the batch.

        Raises:
            LookupError: there is no such batch, or it has ended.
        """
        return batches.hold(state, out_batch_no)

    @of_record(when=(batches.WAIT_PAY,))
    def approve(self, state: State, out_batch_no: str) -> Record:
        """Approve a batch that waits, as the merchant's employee; it is finished in a few seconds.

        Args:
            out_batch_no: the merchant's number of the batch.

        Raises:
            LookupError: there is no such batch, or it does not wait.
        """
        return batches.approve(state, out_batch_no)

    @of_record(when=(batches.WAIT_PAY,))
    def reject(self, state: State, out_batch_no: str) -> Record:
        """Reject a batch that waits, as the merchant's employee: all of its details fail.

        Args:
            out_batch_no: the merchant's number of the batch.

        Raises:
            LookupError: there is no such batch, or it does not wait.
        """
        return batches.reject(state, out_batch_no)

    @of_record(when=(batches.ACCEPTED, batches.PROCESSING))
    def finish(self, state: State, out_batch_no: str) -> Record:
        """Finish a batch at once: what has not failed arrives, and the merchant is notified.

        Args:
            out_batch_no: the merchant's number of the batch.

        Raises:
            LookupError: there is no such batch, or it has ended.
        """
        return batches.finish(state, out_batch_no)

    @of_record(when=batches.OPEN)
    def close(self, state: State, out_batch_no: str, reason: str = "OVERDUE_CLOSE") -> Record:
        """Close a batch: nothing of it arrives, and the merchant is notified.

        Args:
            out_batch_no: the merchant's number of the batch.
            reason: `close_reason` of the batch.

        Raises:
            LookupError: there is no such batch, or it has ended.
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
        """Have one detail of a batch fail: its money goes back, and the others go on.

        Args:
            out_batch_no: the merchant's number of the batch.
            out_detail_no: the merchant's number of the detail.
            reason: `fail_reason` of the detail.

        Raises:
            LookupError: there is no such detail, or it has ended.
        """
        return batches.fail_detail(state, out_batch_no, out_detail_no, reason)


class TransferReservations(Product):
    """Reservations of transfers."""

    label, kind = Label("Transfer reservations", "预约商家转账"), reservations.KIND

    def settle(self, state: State) -> None:
        """Store which reservations have ended in the meantime."""
        reservations.settle_due(state)

    @of_record(when=(reservations.ACCEPTED,))
    def confirm(self, state: State, out_reservation_no: str) -> Record:
        """Confirm a reservation, as the user.

        Args:
            out_reservation_no: the merchant's number of the reservation.

        Raises:
            LookupError: there is no such reservation, or it does not wait.
        """
        return reservations.confirm(state, out_reservation_no)

    @of_record(when=(reservations.ACCEPTED, reservations.CONFIRMED))
    def close(self, state: State, out_reservation_no: str) -> Record:
        """Close a reservation, as the user.

        Args:
            out_reservation_no: the merchant's number of the reservation.

        Raises:
            LookupError: there is no such reservation, or it has ended.
        """
        found = reservations.existing(state, out_reservation_no)
        return reservations.close(state, found, "USER_CLOSE")


class TransferReceipts(Product):
    """Receipts of transfers: `bill-T0001`, `batch-B0001` and `detail-B0001-D0001`."""

    label, kind = Label("Receipts", "电子回单"), receipts.KIND

    def settle(self, state: State) -> None:
        """Store which receipts have been made in the meantime."""
        receipts.settle_due(state)

    @of_record(when=(receipts.ACCEPTED,))
    def finish(self, state: State, key: str) -> Record:
        """Have a receipt made at once.

        Args:
            key: what it is of, such as `bill-T0001`.

        Raises:
            LookupError: nobody has applied for it, or it is made already.
        """
        return receipts.finish(state, key)

    @of_record(when=(receipts.ACCEPTED,))
    def fail(self, state: State, key: str, reason: str = "FAIL_REASON_UNKNOWN") -> Record:
        """Have a receipt not be made.

        Args:
            key: what it is of, such as `bill-T0001`.
            reason: `fail_reason` of the receipt.

        Raises:
            LookupError: nobody has applied for it, or it is made already.
        """
        return receipts.fail(state, key, reason)


class CharityBudgets(Product):
    """Budgets for donations."""

    label, kind = Label("Charity budgets", "公益捐赠预算"), charity.KIND

    @of_record(when=(charity.PENDING,))
    def confirm(self, state: State, out_budget_no: str) -> Record:
        """Confirm a budget, as its sponsor: the money is locked.

        Args:
            out_budget_no: the service provider's number of the budget.

        Raises:
            LookupError: there is no such budget, or it does not wait.
        """
        return charity.confirm(state, out_budget_no)

    @of_record(when=(charity.PENDING,))
    def close(self, state: State, out_budget_no: str) -> Record:
        """Decline a budget, as its sponsor.

        Args:
            out_budget_no: the service provider's number of the budget.

        Raises:
            LookupError: there is no such budget, or it does not wait.
        """
        return charity.close(state, out_budget_no)
