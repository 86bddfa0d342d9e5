"""Controls of 平台收付通: withdrawals, recharges, compensations, payees, closings, sharing."""

from __future__ import annotations

from ...simulation.accounts import recharges, withdrawals
from ...simulation.ecommerce import cancellations, closings, compensation, payees
from ...simulation.sharing import ratios
from ...state import State
from .product import Label, Product, Record, of_merchant, of_record

__all__ = [
    "Cancellations",
    "Closings",
    "Compensations",
    "Payees",
    "ProfitSharing",
    "Recharges",
    "Withdrawals",
]


class Withdrawals(Product):
    """Withdrawals of merchants and sub-merchants to their bank accounts."""

    label, kind = Label("Withdrawals", "提现"), "withdrawal"

    def settle(self, state: State) -> None:
        """Store the state changes that are due."""
        withdrawals.settle_due(state)

    @of_record(when=(withdrawals.PROCESSING,))
    def succeed(self, state: State, withdraw_id: str) -> Record:
        """Make a withdrawal arrive immediately; the merchant is notified.

        Args:
            withdraw_id: WeChat Pay's withdrawal number.

        Raises:
            LookupError: the withdrawal does not exist, or is no longer in progress.
        """
        return withdrawals.succeed(state, withdraw_id)

    @of_record(when=(withdrawals.PROCESSING,))
    def fail(self, state: State, withdraw_id: str, reason: str = "卡号错误") -> Record:
        """Make a withdrawal fail: the money is returned, and the merchant is notified.

        Args:
            withdraw_id: WeChat Pay's withdrawal number.
            reason: `reason` of the withdrawal.

        Raises:
            LookupError: the withdrawal does not exist, or is no longer in progress.
        """
        return withdrawals.fail(state, withdraw_id, reason)

    @of_record(when=(withdrawals.SUCCESS,))
    def refund(self, state: State, withdraw_id: str, reason: str = "银行退票") -> Record:
        """Return an arrived withdrawal from the bank; the merchant is notified.

        Args:
            withdraw_id: WeChat Pay's withdrawal number.
            reason: `reason` of the withdrawal.

        Raises:
            LookupError: the withdrawal does not exist, or has not arrived.
        """
        return withdrawals.return_(state, withdraw_id, reason)


class Recharges(Product):
    """Recharges of merchants and sub-merchants."""

    label, kind = Label("Recharges", "充值"), "recharge"

    def settle(self, state: State) -> None:
        """Store the state changes that are due."""
        recharges.settle_due(state)

    @of_record(when=(recharges.RECHARGING,))
    def pay(self, state: State, out_recharge_no: str, channel: str = "BANK_TRANSFER") -> Record:
        """Pay a recharge: the account is credited, and the merchant is notified.

        Args:
            out_recharge_no: the merchant's recharge number.
            channel: `BANK_TRANSFER`, `QR_RECHARGE` or `ONLINE_BANK`.

        Raises:
            LookupError: the recharge does not exist, or does not wait for this channel.
        """
        return recharges.pay(state, out_recharge_no, channel)

    @of_record(when=(recharges.RECHARGING,))
    def close(self, state: State, out_recharge_no: str) -> Record:
        """Close a recharge as overdue; the merchant is notified.

        Args:
            out_recharge_no: the merchant's recharge number.

        Raises:
            LookupError: the recharge does not exist, or is paid.
        """
        return recharges.close(state, out_recharge_no)


class Compensations(Product):
    """Compensations that platforms and their sub-merchants pay."""

    label, kind = Label("Compensations", "赔付"), "compensation"

    def settle(self, state: State) -> None:
        """Store the state changes that are due."""
        compensation.settle_due(state)

    @of_record(when=(compensation.WAITING,))
    def confirm(self, state: State, out_bill_no: str) -> Record:
        """Confirm a compensation for the customer: the money arrives.

        Args:
            out_bill_no: the merchant's transfer number.

        Raises:
            LookupError: the compensation does not exist, or is no longer waiting.
        """
        return compensation.confirm(state, out_bill_no)

    @of_record(when=(compensation.ACCEPTED, compensation.WAITING))
    def fail(self, state: State, out_bill_no: str, reason: str = "收款方账户异常") -> Record:
        """Close a compensation: the money is returned.

        Args:
            out_bill_no: the merchant's transfer number.
            reason: `close_reason` of the compensation.

        Raises:
            LookupError: the compensation does not exist, or has ended.
        """
        return compensation.fail(state, out_bill_no, reason)


class Payees(Product):
    """Contracts of persons who receive payments through a platform."""

    label, kind = Label("Payees", "个人收款方"), "payee-contract"

    @of_record(when=(payees.PENDING,))
    def sign(self, state: State, out_contract_code: str, openid: str = "") -> Record:
        """Sign a contract for the payee.

        Args:
            out_contract_code: the platform's application number.
            openid: openid of the person; empty keeps the application's openid, or generates one.

        Raises:
            LookupError: the application does not exist, or has already been signed.
        """
        return payees.sign(state, out_contract_code, openid)

    @of_record(when=(payees.SIGNED,))
    def revoke(self, state: State, out_contract_code: str) -> Record:
        """End a contract for the payee.

        Args:
            out_contract_code: the platform's application number.

        Raises:
            LookupError: the contract does not exist, or has not been signed.
        """
        return payees.revoke(state, out_contract_code)


class Cancellations(Product):
    """Applications to close a sub-merchant and to withdraw its money."""

    label, kind = Label("Closings with withdrawal", "注销提现"), "cancellation"

    def settle(self, state: State) -> None:
        """Store the state changes that are due."""
        cancellations.settle_due(state)

    @of_record(when=(cancellations.REVIEWING, cancellations.ACCEPTED))
    def approve(self, state: State, out_request_no: str) -> Record:
        """Approve the application: it awaits the confirmation of the sub-merchant.

        Args:
            out_request_no: the platform's application number.

        Raises:
            LookupError: the application does not exist, or has been decided.
        """
        return cancellations.approve(state, out_request_no)

    @of_record(when=(cancellations.REVIEWING, cancellations.ACCEPTED))
    def reject(self, state: State, out_request_no: str, reason: str) -> Record:
        """Reject the application: the sub-merchant stays open.

        Args:
            out_request_no: the platform's application number.
            reason: the reason as text.

        Raises:
            LookupError: the application does not exist, or has been decided.
        """
        return cancellations.reject(state, out_request_no, reason)

    @of_record(when=(cancellations.CONFIRMABLE,))
    def confirm(self, state: State, out_request_no: str) -> Record:
        """Confirm the closing as the sub-merchant.

        Args:
            out_request_no: the platform's application number.

        Raises:
            LookupError: the application does not exist, or does not await a confirmation.
        """
        return cancellations.confirm(state, out_request_no)

    @of_record(when=(cancellations.PROCESSING, cancellations.FUND_PROCESSING))
    def succeed(self, state: State, out_request_no: str) -> Record:
        """Complete a confirmed application immediately.

        Args:
            out_request_no: the platform's application number.

        Raises:
            LookupError: the application does not exist, or has not been confirmed.
        """
        return cancellations.succeed(state, out_request_no)

    @of_record(when=(cancellations.FINISHED,))
    def refund(self, state: State, out_request_no: str) -> Record:
        """Return the arrived money from the bank to the accounts of the sub-merchant.

        Args:
            out_request_no: the platform's application number.

        Raises:
            LookupError: the application does not exist, or its money has not arrived.
        """
        return cancellations.return_(state, out_request_no)


class Closings(Product):
    """Applications to close a sub-merchant."""

    label, kind = Label("Closed sub-merchants", "商户注销"), "closing"

    @of_record(when=(closings.REVIEWING,))
    def approve(self, state: State, out_apply_no: str) -> Record:
        """Approve the application: the sub-merchant is closed and can no longer use any product.

        Args:
            out_apply_no: the platform's application number.

        Raises:
            LookupError: the application does not exist, or has been decided.
        """
        return closings.approve(state, out_apply_no)

    @of_record(when=(closings.REVIEWING,))
    def reject(self, state: State, out_apply_no: str, reason: str) -> Record:
        """Reject the application: the sub-merchant stays open.

        Args:
            out_apply_no: the platform's application number.
            reason: the reason as text.

        Raises:
            LookupError: the application does not exist, or has been decided.
        """
        return closings.reject(state, out_apply_no, reason)


class ProfitSharing(Product):
    """Profit sharing of orders."""

    label, kind = Label("Profit sharing", "分账"), "sharing"

    @of_merchant
    def set_max_ratio(
        self, state: State, max_ratio: int, sub_mchid: str = "", brand_mchid: str = ""
    ) -> Record:
        """Set the maximum share of an order that a sub-merchant or a brand permits.

        Args:
            max_ratio: ratio in units of 1/10000: 3000 is 30 %. Initially, there is no limit.
            sub_mchid: sub-merchant ID; empty for a brand, or for the merchant itself.
            brand_mchid: number of the brand.

        Raises:
            LookupError: the value is not a share from 0 to 1.
        """
        holder = ratios.of_brand(brand_mchid) if brand_mchid else sub_mchid
        return ratios.set_ratio(state, holder, max_ratio)
