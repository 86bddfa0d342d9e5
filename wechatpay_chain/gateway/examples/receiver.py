"""The shop's server on 127.0.0.1, which receives notifications."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar

from ...notifications.notification import Reply

__all__ = ["TIMEOUT", "receiver"]

T = TypeVar("T")

TIMEOUT = 20
"""Seconds to wait for a notification."""


@contextmanager
def receiver(
    receive: Callable[[Any, bytes], tuple[Reply, T]],
) -> Iterator[tuple[str, queue.Queue[T]]]:
    """Receive notifications until the block ends.

    Args:
        receive: called with headers and body; returns the reply, and the result of the
            notification.

    Yields:
        The URL, and a queue with the results of notifications, filled after each reply.
    """
    received: queue.Queue[T] = queue.Queue()

    class Handler(BaseHTTPRequestHandler):
        """Receives notifications, as a shop's own server does."""

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            reply, outcome = receive(self.headers, body)
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)
            received.put(outcome)

        def log_message(self, *_: Any) -> None:
            """Log nothing, because the examples print the notifications."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/notify", received
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
