"""A server of a shop, which notifications are sent to."""

from __future__ import annotations

import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from wechatpay_chain.gateway import Gateway

ACKNOWLEDGED_V2 = b"<xml><return_code>SUCCESS</return_code></xml>"
ACKNOWLEDGED_V3 = b'{"code":"SUCCESS"}'

Response = tuple[int, bytes]
Delivery = tuple[dict[str, str], bytes]


class NotificationServer:
    """Responds to every notification as a test wants, and keeps what arrived.

    Attributes:
        response: status and body of every response; None acknowledges.
        arrived: headers and body of each notification, oldest first.
        url: where notifications are posted to.

    Args:
        response: as above.
        keeps_rejected: whether `arrived` gets also what is responded to with an error.
    """

    def __init__(self, response: Response | None = None, *, keeps_rejected: bool = True) -> None:
        self.response = response
        self.arrived: queue.Queue[Delivery] = queue.Queue()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                acknowledged = ACKNOWLEDGED_V2 if body.startswith(b"<") else ACKNOWLEDGED_V3
                status, content = server.response or (200, acknowledged)
                if status < 400 or keeps_rejected:
                    server.arrived.put((dict(self.headers), body))
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content[:9])  # in two pieces, as a slow shop's response comes
                self.wfile.flush()
                self.wfile.write(content[9:])

            def log_message(self, *_: Any) -> None:
                """Stay quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.01])
        self.url = f"http://127.0.0.1:{self._server.server_port}/notify"

    def take(self) -> Delivery:
        """The next notification as it arrived: headers and body."""
        return self.arrived.get(timeout=10)

    @property
    def empty(self) -> bool:
        """Whether every notification that arrived has been taken."""
        return self.arrived.empty()

    def reset(self) -> None:
        """Acknowledge from now on, and forget what arrived."""
        self.response, self.arrived = None, queue.Queue()

    def __enter__(self) -> NotificationServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class VerifyingServer(NotificationServer):
    """Hands over notifications verified and decrypted by a gateway's client."""

    def __init__(self, gateway: Gateway) -> None:
        super().__init__()
        self._client = gateway.client()

    def next(self) -> Any:
        """The next notification, verified and decrypted."""
        headers, body = self.take()
        if body.startswith(b"<"):
            return self._client.notify_v2(body)
        return self._client.notify(headers, body)

    def __enter__(self) -> VerifyingServer:
        super().__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        super().__exit__(*exc)
        self._client.close()
