"""The controls of APIv2's payments to users: red packets, and what a company pays."""

from __future__ import annotations

from ...simulation.payouts import records
from ...simulation.red_packets import records as red_packets
from ...state import State
from .product import Label, Product, Record, of_merchant, of_record

__all__ = ["Payouts", "RedPackets"]


class Payouts(Product):
    """Payments of companies to users and bank accounts."""

    label, kind = Label("Payouts of APIv2", "企业付款"), "payout"

    def settle(self, state: State) -> None:
        """Store which payments have arrived."""
        records.settle_due(state)

    @of_record(when=(records.PROCESSING,))
    def fail(self, state: State, partner_trade_no: str, reason: str = "账户异常") -> Record:
        """Have a payment to a bank account fail: the money and the fee go back.

        Args:
            partner_trade_no: the merchant's number of it.
            reason: what the query shows.

        Raises:
            LookupError: there is no such payment, or it is not processed any more.
        """
        return records.fail(state, partner_trade_no, reason)

    @of_record(when=(records.PROCESSING, records.SUCCESS))
    def return_by_bank(
        self, state: State, partner_trade_no: str, reason: str = "收款银行退票"
    ) -> Record:
        """Have the bank return a payment, also one that has arrived: the money and the fee go back.

        Args:
            partner_trade_no: the merchant's number of it.
            reason: what the query shows.

        Raises:
            LookupError: there is no such payment to a bank account, or it has failed already.
        """
        return records.fail(state, partner_trade_no, reason, by_bank=True)

    @of_merchant
    def refuse(self, state: State, openid: str, code: str = "NAME_MISMATCH") -> Record:
        """Have payments to a user be rejected from now on.

        Args:
            openid: of the user.
            code: of the rejection, such as `NAME_MISMATCH` or `V2_ACCOUNT_SIMPLE_BAN`.
        """
        return records.refuse(state, openid, code)

    @of_merchant
    def accept(self, state: State, openid: str) -> Record:
        """Have payments to a user be accepted again.

        Args:
            openid: of the user.
        """
        return records.accept(state, openid)


class RedPackets(Product):
    """Red packets to users."""

    label, kind = Label("Red packets", "现金红包"), "red-packet"

    def settle(self, state: State) -> None:
        """Store which red packets are sent or have expired."""
        red_packets.settle_due(state)

    @of_record(when=(red_packets.SENDING, red_packets.SENT))
    def receive(self, state: State, mch_billno: str, openid: str = "") -> Record:
        """Have a user receive a red packet, or a share of one for a group.

        Args:
            mch_billno: the merchant's number of it.
            openid: of the user; by default the one whom the merchant named, and a generated one for
                the further shares of a group.

        Raises:
            LookupError: there is no such red packet, or it cannot be received by this user.
        """
        return red_packets.receive(state, mch_billno, openid)

    @of_record(when=(red_packets.SENDING,))
    def fail(self, state: State, mch_billno: str, reason: str = "用户账号异常") -> Record:
        """Have sending a red packet fail: its money goes back.

        Args:
            mch_billno: the merchant's number of it.
            reason: what the query shows.

        Raises:
            LookupError: there is no such red packet, or it is sent already.
        """
        return red_packets.fail(state, mch_billno, reason)
