"""Controls of APIv2's payments to users: red packets and payouts."""

from __future__ import annotations

from ...simulation.payouts import records
from ...simulation.red_packets import records as red_packets
from ...state import State
from .product import Label, Product, Record, of_merchant, of_record

__all__ = ["Payouts", "RedPackets"]


class Payouts(Product):
    """Payouts to users and bank accounts."""

    label, kind = Label("Payouts of APIv2", "企业付款"), "payout"

    def settle(self, state: State) -> None:
        """Store the state changes that are due."""
        records.settle_due(state)

    @of_record(when=(records.PROCESSING,))
    def fail(self, state: State, partner_trade_no: str, reason: str = "账户异常") -> Record:
        """Make a payment to a bank account fail: the money and the fee are returned.

        Args:
            partner_trade_no: the merchant's payment number.
            reason: the reason that the query returns.

        Raises:
            LookupError: the payment does not exist, or is no longer in progress.
        """
        return records.fail(state, partner_trade_no, reason)

    @of_record(when=(records.PROCESSING, records.SUCCESS))
    def return_by_bank(
        self, state: State, partner_trade_no: str, reason: str = "收款银行退票"
    ) -> Record:
        """Return a payment from the bank, even an arrived one, with its fee.

        Args:
            partner_trade_no: the merchant's payment number.
            reason: the reason that the query returns.

        Raises:
            LookupError: the payment to a bank account does not exist, or has already failed.
        """
        return records.fail(state, partner_trade_no, reason, by_bank=True)

    @of_merchant
    def refuse(self, state: State, openid: str, code: str = "NAME_MISMATCH") -> Record:
        """Reject later payments to a user.

        Args:
            openid: openid of the user.
            code: error code, such as `NAME_MISMATCH` or `V2_ACCOUNT_SIMPLE_BAN`.
        """
        return records.refuse(state, openid, code)

    @of_merchant
    def accept(self, state: State, openid: str) -> Record:
        """Accept payments to a user again.

        Args:
            openid: openid of the user.
        """
        return records.accept(state, openid)


class RedPackets(Product):
    """Red packets to users."""

    label, kind = Label("Red packets", "现金红包"), "red-packet"

    def settle(self, state: State) -> None:
        """Store the state changes that are due."""
        red_packets.settle_due(state)

    @of_record(when=(red_packets.SENDING, red_packets.SENT))
    def receive(self, state: State, mch_billno: str, openid: str = "") -> Record:
        """Receive a red packet for a user, or one part of a group red packet.

        Args:
            mch_billno: the merchant's red packet number.
            openid: openid of the user. The default is the user from the request, or a generated
                openid for the other parts of a group red packet.

        Raises:
            LookupError: the red packet does not exist, or this user cannot receive it.
        """
        return red_packets.receive(state, mch_billno, openid)

    @of_record(when=(red_packets.SENDING,))
    def fail(self, state: State, mch_billno: str, reason: str = "用户账号异常") -> Record:
        """Make the sending of a red packet fail: its money is returned.

        Args:
            mch_billno: the merchant's red packet number.
            reason: the reason that the query returns.

        Raises:
            LookupError: the red packet does not exist, or has already been sent.
        """
        return red_packets.fail(state, mch_billno, reason)
