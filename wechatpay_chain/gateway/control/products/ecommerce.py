"""The controls of 平台收付通: withdrawals, recharges, compensations, payees, closings; sharing."""

from __future__ import annotations

from ...simulation.accounts import recharges, withdrawals
from ...simulation.ecommerce import closings, compensation, payees
from ...simulation.sharing import ratios
from ...state import State
from .product import Label, Product, Record, of_merchant, of_record

__all__ = ["Closings", "Compensations", "Payees", "ProfitSharing", "Recharges", "Withdrawals"]


class Withdrawals(Product):
    """Withdrawals of merchants and sub-merchants to their banks."""

    label, kind = Label("Withdrawals", "提现"), "withdrawal"

    def settle(self, state: State) -> None:
        """Store which withdrawals have arrived."""
        withdrawals.settle_due(state)

    @of_record(when=(withdrawals.PROCESSING,))
    def succeed(self, state: State, withdraw_id: str) -> Record:
        """Have a withdrawal arrive at the bank now; the merchant is notified.

        Args:
            withdraw_id: WeChat Pay's number of it.

        Raises:
            LookupError: there is no such withdrawal, or it is not processed any more.
        """
        return withdrawals.succeed(state, withdraw_id)

    @of_record(when=(withdrawals.PROCESSING,))
    def fail(self, state: State, withdraw_id: str, reason: str = "卡号错误") -> Record:
        """Have a withdrawal fail: the money goes back, and the merchant is notified.

        Args:
            withdraw_id: WeChat Pay's number of it.
            reason: `reason` of the withdrawal.

        Raises:
            LookupError: there is no such withdrawal, or it is not processed any more.
        """
        return withdrawals.fail(state, withdraw_id, reason)

    @of_record(when=(withdrawals.SUCCESS,))
    def refund(self, state: State, withdraw_id: str, reason: str = "银行退票") -> Record:
        """Have the bank send the money back after it arrived; the merchant is notified.

        Args:
            withdraw_id: WeChat Pay's number of it.
            reason: `reason` of the withdrawal.

        Raises:
            LookupError: there is no such withdrawal, or it has not arrived.
        """
        return withdrawals.return_(state, withdraw_id, reason)


class Recharges(Product):
    """Money that merchants and sub-merchants bring in."""

    label, kind = Label("Recharges", "充值"), "recharge"

    def settle(self, state: State) -> None:
        """Store which recharges nobody has paid in time."""
        recharges.settle_due(state)

    @of_record(when=(recharges.RECHARGING,))
    def pay(self, state: State, out_recharge_no: str, channel: str = "BANK_TRANSFER") -> Record:
        """Pay a recharge: the money is on the account, and the merchant is notified.

        Args:
            out_recharge_no: the merchant's number of it.
            channel: `BANK_TRANSFER`, `QR_RECHARGE` or `ONLINE_BANK`.

        Raises:
            LookupError: there is no such recharge, or it does not wait for this channel.
        """
        return recharges.pay(state, out_recharge_no, channel)

    @of_record(when=(recharges.RECHARGING,))
    def close(self, state: State, out_recharge_no: str) -> Record:
        """Close a recharge as if it had waited too long; the merchant is notified.

        Args:
            out_recharge_no: the merchant's number of it.

        Raises:
            LookupError: there is no such recharge, or it is paid.
        """
        return recharges.close(state, out_recharge_no)


class Compensations(Product):
    """Compensations that platforms and their sub-merchants pay."""

    label, kind = Label("Compensations", "赔付"), "compensation"

    def settle(self, state: State) -> None:
        """Store which compensations have arrived, or have waited too long."""
        compensation.settle_due(state)

    @of_record(when=(compensation.WAITING,))
    def confirm(self, state: State, out_bill_no: str) -> Record:
        """Have the customer confirm a compensation: the money arrives.

        Args:
            out_bill_no: the merchant's number of it.

        Raises:
            LookupError: there is no such compensation, or it does not wait any more.
        """
        return compensation.confirm(state, out_bill_no)

    @of_record(when=(compensation.ACCEPTED, compensation.WAITING))
    def fail(self, state: State, out_bill_no: str, reason: str = "收款方账户异常") -> Record:
        """Have a compensation be closed: the money goes back.

        Args:
            out_bill_no: the merchant's number of it.
            reason: `close_reason` of the compensation.

        Raises:
            LookupError: there is no such compensation, or it has ended.
        """
        return compensation.fail(state, out_bill_no, reason)


class Payees(Product):
    """Contracts of persons who are paid through a platform."""

    label, kind = Label("Payees", "个人收款方"), "payee-contract"

    @of_record(when=(payees.PENDING,))
    def sign(self, state: State, out_contract_code: str, openid: str = "") -> Record:
        """Sign a contract, as the person who is to be paid.

        Args:
            out_contract_code: the platform's number of the application.
            openid: of the person; by default the one of the application, or a generated one.

        Raises:
            LookupError: there is no such application, or it was signed before.
        """
        return payees.sign(state, out_contract_code, openid)

    @of_record(when=(payees.SIGNED,))
    def revoke(self, state: State, out_contract_code: str) -> Record:
        """End a contract, as the person who is paid.

        Args:
            out_contract_code: the platform's number of the application.

        Raises:
            LookupError: there is no such contract, or it is not signed.
        """
        return payees.revoke(state, out_contract_code)


class Closings(Product):
    """Applications to close a sub-merchant."""

    label, kind = Label("Closed sub-merchants", "商户注销"), "closing"

    @of_record(when=(closings.REVIEWING,))
    def approve(self, state: State, out_apply_no: str) -> Record:
        """Approve the application: the sub-merchant is closed, and can use no product any more.

        Args:
            out_apply_no: the platform's number of the application.

        Raises:
            LookupError: there is no such application, or it was decided.
        """
        return closings.approve(state, out_apply_no)

    @of_record(when=(closings.REVIEWING,))
    def reject(self, state: State, out_apply_no: str, reason: str) -> Record:
        """Reject the application: the sub-merchant goes on.

        Args:
            out_apply_no: the platform's number of the application.
            reason: in words.

        Raises:
            LookupError: there is no such application, or it was decided.
        """
        return closings.reject(state, out_apply_no, reason)


class ProfitSharing(Product):
    """Requests to share the money of orders."""

    label, kind = Label("Profit sharing", "分账"), "sharing"

    @of_merchant
    def set_max_ratio(
        self, state: State, max_ratio: int, sub_mchid: str = "", brand_mchid: str = ""
    ) -> Record:
        """Set the highest share of an order, as a sub-merchant or a brand agrees to it.

        Args:
            max_ratio: in units of 1/10000: 3000 is 30 %; at first there is no limit.
            sub_mchid: of the sub-merchant; empty for a brand, or for the merchant itself.
            brand_mchid: of the brand.

        Raises:
            LookupError: it is no share.
        """
        holder = ratios.of_brand(brand_mchid) if brand_mchid else sub_mchid
        return ratios.set_ratio(state, holder, max_ratio)
