"""A payment from its order to the bill, from the shop's point of view.

The shop has a server on 127.0.0.1 that receives and verifies notifications.
"""

from __future__ import annotations

import hashlib
import queue
from collections.abc import Callable
from io import StringIO
from typing import Any, TextIO

from ... import Notification, Response, SignatureError, WeChatPay
from ...notifications.notification import Reply
from ..gateway import Gateway
from .receiver import TIMEOUT, receiver

__all__ = ["qr_code", "run_order_lifecycle"]

OUT_TRADE_NO, TOTAL, REFUND = "shop-0001", 100, 30
WIDTH = 100
"""Maximum number of characters of a bill's line."""

Show = Callable[[str], None]
Notifications = queue.Queue[Notification | SignatureError]


def run_order_lifecycle(gateway: Gateway, wxpay: WeChatPay, screen: TextIO, show: Show) -> int:
    """Run an order from its creation to the bill; return the number of failed steps.

    Args:
        gateway: the running gateway.
        wxpay: a client of the gateway.
        screen: the output; a terminal gets a QR code.
        show: prints a line.
    """

    def receive(headers: Any, body: bytes) -> tuple[Reply, Notification | SignatureError]:
        try:
            notice = wxpay.notify(headers, body)
        except SignatureError as error:
            return Reply(401, {}, b""), error
        return notice.success(), notice

    with receiver(receive) as (notify_url, notifications):
        steps = _Steps(gateway, wxpay, notify_url, notifications, show)
        steps.order(screen)
        steps.pay()
        steps.query()
        steps.refund()
        steps.bill()
    return steps.failures


class _Steps:
    """The steps of a payment; each prints its results."""

    def __init__(
        self,
        gateway: Gateway,
        wxpay: WeChatPay,
        notify_url: str,
        notifications: Notifications,
        show: Show,
    ) -> None:
        self._gateway = gateway
        self._wxpay = wxpay
        self._notify_url = notify_url
        self._notifications = notifications
        self._show = show
        self.failures = 0

    def order(self, screen: TextIO) -> None:
        """Create an order, and show its QR code."""
        self._show("\n1. The shop orders, and shows the customer a QR code")
        order = self._called(
            self._wxpay.v3.pay.transactions.native.post(
                json={
                    "appid": self._gateway.identity.appid,
                    "mchid": self._gateway.identity.mchid,
                    "description": "QQ 公仔",
                    "out_trade_no": OUT_TRADE_NO,
                    "notify_url": self._notify_url,
                    "amount": {"total": TOTAL, "currency": "CNY"},
                }
            )
        )
        self._show(f"   code_url  {order['code_url']}")
        for line in qr_code(order["code_url"], screen):
            self._show(f"   {line}")
        self._show(
            "   In a browser it is a page with buttons to pay, to fail, and to let it expire."
        )

    def pay(self) -> None:
        """Pay the order, and receive the notification."""
        self._show("\n2. The customer pays")
        paid = self._gateway.pay(OUT_TRADE_NO)
        self._show(f"   {paid['total']} fen, transaction {paid['transaction_id']}")
        self._show("\n3. WeChat Pay notifies the shop")
        self._notified("TRANSACTION.SUCCESS")

    def query(self) -> None:
        """Query the order."""
        self._show("\n4. The shop queries the order, as it should when it receives no notification")
        self._expect("trade_state", self._order(), "SUCCESS")

    def refund(self) -> None:
        """Refund a part of the order, and receive the notification."""
        self._show(f"\n5. The shop refunds {REFUND} of the {TOTAL} fen")
        refund = self._called(
            self._wxpay.v3.refund.domestic.refunds.post(
                json={
                    "out_trade_no": OUT_TRADE_NO,
                    "out_refund_no": f"R-{OUT_TRADE_NO}",
                    "notify_url": self._notify_url,
                    "amount": {"refund": REFUND, "total": TOTAL, "currency": "CNY"},
                }
            )
        )
        self._expect("status", refund, "PROCESSING")
        self._show("\n6. A minute of the gateway's time later, WeChat Pay notifies the shop")
        self._gateway.advance(minutes=1)
        self._notified("REFUND.SUCCESS")
        self._show("\n7. The shop queries the refund")
        chain = self._wxpay.v3.refund.domestic.refunds._out_refund_no_
        self._expect(
            "status", self._called(chain.get(out_refund_no=f"R-{OUT_TRADE_NO}")), "SUCCESS"
        )

    def bill(self) -> None:
        """Download the bill of the payment's day."""
        self._show("\n8. The shop gets the bill of the day")
        day = self._order()["success_time"][:10]
        bill_url = self._called(self._wxpay.v3.bill.tradebill.get(query={"bill_date": day}))
        bill = self._wxpay[bill_url["download_url"]].get()
        same = (
            hashlib.sha1(bill.content, usedforsecurity=False).hexdigest() == bill_url["hash_value"]
        )
        self.failures += not (same and OUT_TRADE_NO in bill.text)
        lines = bill.text.splitlines()
        self._show(f"   {len(lines)} lines, {'as in hash_value' if same else 'NOT as sent'}")
        for line in lines:
            self._show(f"   {line if len(line) <= WIDTH else f'{line[:WIDTH]}…'}")

    def _order(self) -> Any:
        chain = self._wxpay.v3.pay.transactions.outTradeNo._out_trade_no_
        mchid = self._gateway.identity.mchid
        return self._called(chain.get(out_trade_no=OUT_TRADE_NO, query={"mchid": mchid}))

    def _called(self, response: Response) -> Any:
        """Return the JSON of a response."""
        request = response.request
        sent = f"{request.method} {request.path}" if request is not None else ""
        verified = "verified" if response.verified else "NOT VERIFIED"
        self._show(f"   {sent}  {response.status_code}  {verified}")
        self.failures += not response.verified
        return response.json()

    def _expect(self, name: str, members: Any, value: str) -> None:
        self._show(f"   {name}  {members[name]}")
        self.failures += members[name] != value

    def _notified(self, event: str) -> None:
        try:
            notice = self._notifications.get(timeout=TIMEOUT)
        except queue.Empty:
            self._show(f"   received nothing in {TIMEOUT} s")
            self.failures += 1
            return
        if isinstance(notice, SignatureError):
            self._show(f"   {notice}")
            self.failures += 1
            return
        self._show(f"   {notice.event_type}  verified and decrypted")
        for name in ("transaction_id", "out_trade_no", "refund_id", "out_refund_no"):
            if name in notice.resource:
                self._show(f"   {name}  {notice.resource[name]}")
        self.failures += notice.event_type != event


def qr_code(text: str, screen: TextIO) -> list[str]:
    """Return a QR code as lines of text; none if the screen is not a terminal.

    Args:
        text: the text.
        screen: the output.
    """
    if not screen.isatty():
        return []
    try:
        import segno
    except ImportError:
        return ['(pip install "wechatpay-chain[gateway]" draws it as a QR code)']
    drawn = StringIO()
    segno.make(text, error="m", micro=False).terminal(drawn, border=2, compact=True)
    try:
        drawn.getvalue().encode(screen.encoding or "ascii")
    except UnicodeEncodeError:
        return []
    # White on black, regardless of the terminal's colours.
    return [f"\x1b[97;40m{line}\x1b[0m" for line in drawn.getvalue().splitlines()]
