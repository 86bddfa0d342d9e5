"""What a test does with a gateway besides calling it: pay, let time pass, see what was sent.

All of it may be done from any thread, while the gateway runs, before, or after.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeVar

from ..messages.exchange import Rejection
from ..server.faults import Faults
from ..simulation.complaints import v3 as complaints
from ..simulation.face import v3 as face
from ..simulation.payments import records as payments
from ..state import State
from ..store.identity import Identity
from .triggers import trigger

__all__ = ["Controls"]

Result = TypeVar("Result")


class Controls:
    """A gateway's controls.

    Attributes:
        state: what the gateway knows.
        base_uri: its address; empty until it listens.
        tls_base_uri: its address over TLS.
    """

    state: State
    base_uri: str
    tls_base_uri: str

    @property
    def identity(self) -> Identity:
        """Who takes part, with all keys."""
        return self.state.identity

    def rotate_keys(self) -> Identity:
        """Give the platform a new key, which signs from now on; the last one stays known."""
        return self.state.rotate_keys()

    def pay(self, out_trade_no: str, openid: str = "") -> dict[str, Any]:
        """Pay an order, as its customer would; the order as the gateway has it now.

        Args:
            out_trade_no: the merchant's number of it.
            openid: of the customer.

        Raises:
            LookupError: there is no such order, or it cannot be paid any more.
        """
        return self._control(lambda: payments.pay(self.state, out_trade_no, openid))

    def fail(self, out_trade_no: str) -> dict[str, Any]:
        """Let a payment fail, as it does when the card has no money; the order.

        It can be paid again until it expires.

        Args:
            out_trade_no: the merchant's number of it.

        Raises:
            LookupError: there is no such order, or it is not open.
        """
        return self._control(lambda: payments.fail(self.state, out_trade_no))

    def complain(
        self,
        out_trade_no: str,
        text: str,
        *,
        phone: str = "13800000000",
        problem: str = "OTHERS",
    ) -> dict[str, Any]:
        """Complain about a paid order, as its customer would; the merchant is told.

        Args:
            out_trade_no: the merchant's number of the order.
            text: what the customer writes.
            phone: of the customer.
            problem: `REFUND`, `SERVICE_NOT_WORK` or `OTHERS`.

        Raises:
            LookupError: there is no such order, or it is not paid.
        """
        return self._control(
            lambda: complaints.complain(
                self.state, out_trade_no, text, phone=phone, problem=problem
            )
        )

    def sign_contract(self, presign_token: str) -> dict[str, Any]:
        """Sign a contract for face payment, as a user does in WeChat; the contract.

        Args:
            presign_token: of `v3/offlineface/contracts/presign`.

        Raises:
            LookupError: there is no such token, or it was used.
        """
        return self._control(lambda: face.sign_contract(self.state, presign_token))

    def advance(self, seconds: float = 0, *, minutes: float = 0, hours: float = 0) -> None:
        """Move the gateway's time on: orders expire, notifications are repeated."""
        self.state.advance(seconds + 60 * minutes + 3600 * hours)

    def orders(self) -> list[dict[str, Any]]:
        """All orders as the gateway has them now, the oldest first."""

        def found() -> list[dict[str, Any]]:
            numbers = [order["out_trade_no"] for order in self.state.store.all("order")]
            return [payments.existing(self.state, number) for number in numbers]

        return self._control(found)

    def notifications(self) -> list[dict[str, Any]]:
        """All notifications with their attempts, the newest first."""
        now = self.state.clock.now()
        notices = self.state.outbox.all(limit=-1)
        # Those of what will happen, when a refund has arrived say, are in the outbox already.
        return [notice for notice in notices if notice["created"] <= now]

    def trigger(
        self,
        event: str,
        to: str,
        resource: Mapping[str, Any] | None = None,
        *,
        protocol: Literal["v2", "v3"] = "v3",
        variant: str = "",
    ) -> dict[str, Any]:
        """Send a notification of any type of the catalogue; as `notifications` has it.

        Args:
            event: its type, `TRANSACTION.SUCCESS` say.
            to: the address it is posted to.
            resource: members that replace the generated ones.
            protocol: `v3`, or `v2`.
            variant: the form of a type that several products share, such as `partner` or `combine`;
                by default that of a merchant of its own.

        Raises:
            LookupError: there is no such type or form, or the address is none.
        """

        def sent() -> dict[str, Any]:
            number = trigger(self.state, event, to, resource, protocol, variant)
            notice = self.state.outbox.get(number)
            if notice is None:
                raise KeyError(number)
            return notice

        return self._control(sent)

    @property
    def faults(self) -> Faults:
        """What is set to go wrong: `faults.add("v3/pay/*", "delay", times=3)`, `faults.clear()`."""
        return self.state.faults

    def _control(self, action: Callable[[], Result]) -> Result:
        """What an action gives; all that it changes is committed, or none of it."""
        with self.state.store.transaction():
            try:
                return action()
            except Rejection as rejection:
                raise LookupError(str(rejection)) from None
