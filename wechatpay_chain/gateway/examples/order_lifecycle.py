"""One payment from its order to the bill, as a shop sees it: the end of the demo.

The shop is real as far as it goes: it listens on 127.0.0.1, and verifies what it is notified of.
"""

from __future__ import annotations

import hashlib
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from typing import Any, TextIO

from ... import Notification, Response, SignatureError, WeChatPay
from ..gateway import Gateway

__all__ = ["qr", "walk"]

NUMBER, TOTAL, REFUND = "demo-0001", 100, 30
PATIENCE = 20
"""Seconds that a notification may take."""
WIDTH = 100
"""Characters of a bill's line that are shown."""

Say = Callable[[str], None]
Arrived = queue.Queue[Notification | SignatureError]


def walk(gateway: Gateway, wxpay: WeChatPay, screen: TextIO, say: Say) -> int:
    """Order, pay, be notified, refund, query, get the bill; how much was not as it must be.

    Args:
        gateway: that runs.
        wxpay: a client of it.
        screen: where it is shown; a terminal gets a QR code.
        say: prints a line.
    """
    with _shop(wxpay) as (notify_url, arrived):
        steps = _Steps(gateway, wxpay, notify_url, arrived, say)
        steps.order(screen)
        steps.pay()
        steps.query()
        steps.refund()
        steps.bill()
    return steps.wrong


class _Steps:
    """The steps of a payment, each shown as it is taken."""

    def __init__(
        self, gateway: Gateway, wxpay: WeChatPay, notify_url: str, arrived: Arrived, say: Say
    ) -> None:
        self._gateway = gateway
        self._wxpay = wxpay
        self._notify_url = notify_url
        self._arrived = arrived
        self._say = say
        self.wrong = 0

    def order(self, screen: TextIO) -> None:
        """Make an order, and show its QR code."""
        self._say("\n1. The shop orders, and shows the customer a QR code")
        order = self._called(
            self._wxpay.v3.pay.transactions.native.post(
                json={
                    "appid": self._gateway.identity.appid,
                    "mchid": self._gateway.identity.mchid,
                    "description": "Image形象店-深圳腾大-QQ公仔",
                    "out_trade_no": NUMBER,
                    "notify_url": self._notify_url,
                    "amount": {"total": TOTAL, "currency": "CNY"},
                }
            )
        )
        self._say(f"   code_url  {order['code_url']}")
        for line in qr(order["code_url"], screen):
            self._say(f"   {line}")
        self._say(
            "   In a browser it is a page with buttons to pay, to fail, and to let it expire."
        )

    def pay(self) -> None:
        """Pay it, and be notified."""
        self._say("\n2. The customer pays")
        paid = self._gateway.pay(NUMBER)
        self._say(f"   {paid['total']} fen, transaction {paid['transaction_id']}")
        self._say("\n3. WeChat Pay notifies the shop")
        self._notified("TRANSACTION.SUCCESS")

    def query(self) -> None:
        """Ask for the order."""
        self._say("\n4. The shop asks for the order, as it should where no notification comes")
        self._expect("trade_state", self._order(), "SUCCESS")

    def refund(self) -> None:
        """Refund a part of it, and be notified."""
        self._say(f"\n5. The shop refunds {REFUND} of the {TOTAL} fen")
        refund = self._called(
            self._wxpay.v3.refund.domestic.refunds.post(
                json={
                    "out_trade_no": NUMBER,
                    "out_refund_no": f"R-{NUMBER}",
                    "notify_url": self._notify_url,
                    "amount": {"refund": REFUND, "total": TOTAL, "currency": "CNY"},
                }
            )
        )
        self._expect("status", refund, "PROCESSING")
        self._say("\n6. A minute of the gateway's time later, WeChat Pay notifies the shop")
        self._gateway.advance(minutes=1)
        self._notified("REFUND.SUCCESS")
        self._say("\n7. The shop asks for the refund")
        chain = self._wxpay.v3.refund.domestic.refunds._out_refund_no_
        self._expect("status", self._called(chain.get(out_refund_no=f"R-{NUMBER}")), "SUCCESS")

    def bill(self) -> None:
        """Get the bill of the day on which it was paid."""
        self._say("\n8. The shop gets the bill of the day")
        day = self._order()["success_time"][:10]
        told = self._called(self._wxpay.v3.bill.tradebill.get(query={"bill_date": day}))
        bill = self._wxpay[told["download_url"]].get()
        same = hashlib.sha1(bill.content, usedforsecurity=False).hexdigest() == told["hash_value"]
        self.wrong += not (same and NUMBER in bill.text)
        lines = bill.text.splitlines()
        self._say(f"   {len(lines)} lines, {'as hash_value says' if same else 'NOT as sent'}")
        for line in lines:
            self._say(f"   {line if len(line) <= WIDTH else f'{line[:WIDTH]}…'}")

    def _order(self) -> Any:
        chain = self._wxpay.v3.pay.transactions.outTradeNo._out_trade_no_
        mchid = self._gateway.identity.mchid
        return self._called(chain.get(out_trade_no=NUMBER, query={"mchid": mchid}))

    def _called(self, response: Response) -> Any:
        """What came back."""
        request = response.request
        asked = f"{request.method} {request.path}" if request is not None else ""
        verified = "verified" if response.verified else "NOT VERIFIED"
        self._say(f"   {asked}  {response.status_code}  {verified}")
        self.wrong += not response.verified
        return response.json()

    def _expect(self, name: str, members: Any, value: str) -> None:
        self._say(f"   {name}  {members[name]}")
        self.wrong += members[name] != value

    def _notified(self, event: str) -> None:
        try:
            notice = self._arrived.get(timeout=PATIENCE)
        except queue.Empty:
            self._say(f"   nothing came in {PATIENCE} s")
            self.wrong += 1
            return
        if isinstance(notice, SignatureError):
            self._say(f"   {notice}")
            self.wrong += 1
            return
        self._say(f"   {notice.event_type}  verified and decrypted")
        for name in ("transaction_id", "out_trade_no", "refund_id", "out_refund_no"):
            if name in notice.resource:
                self._say(f"   {name}  {notice.resource[name]}")
        self.wrong += notice.event_type != event


@contextmanager
def _shop(wxpay: WeChatPay) -> Iterator[tuple[str, Arrived]]:
    """An address of the shop's, and what was posted to it."""
    arrived: Arrived = queue.Queue()

    class Handler(BaseHTTPRequestHandler):
        """Takes notifications, as a shop's own server does."""

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            try:
                notice = wxpay.notify(self.headers, body)
            except SignatureError as error:
                self._answer(401, {}, b"")
                arrived.put(error)
                return
            reply = notice.success()
            self._answer(reply.status, reply.headers, reply.body)
            arrived.put(notice)

        def _answer(self, status: int, headers: Any, body: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Stay quiet: what came is shown."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/notify", arrived
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def qr(text: str, screen: TextIO) -> list[str]:
    """A QR code as lines of text; none where nobody could scan it from.

    Args:
        text: what it says.
        screen: where it is to be shown.
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
    # White on black, whatever colours the terminal has.
    return [f"\x1b[97;40m{line}\x1b[0m" for line in drawn.getvalue().splitlines()]
