"""A loopback server that answers with exactly the bytes it is told, and keeps what it was sent."""

from __future__ import annotations

import contextlib
import enum
import itertools
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

TIMEOUT = 10.0
"""Seconds after which a script that nobody wakes gives up, so that no run hangs."""


class Do(enum.Enum):
    """What a script may do besides sending bytes."""

    CLOSE = "end the connection, as a server that has said all"
    RESET = "end it with a TCP reset"
    STALL = "say nothing more until the client hangs up"


@dataclass(frozen=True)
class Received:
    """One request, to the byte."""

    head: bytes
    body: bytes
    connection: int
    peer: dict[str, Any] | None = None

    @property
    def method(self) -> str:
        return self.line[0]

    @property
    def target(self) -> str:
        return self.line[1]

    @property
    def line(self) -> list[str]:
        return self.head.split(b"\r\n", 1)[0].decode("ascii").split(" ")

    @cached_property
    def headers(self) -> dict[str, str]:
        lines = self.head.decode("latin-1").split("\r\n")[1:]
        return {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines if line)
        }


Step = bytes | Do | threading.Event | Callable[[socket.socket], object]
Script = Iterable[Step]


class Server:
    """Listens on a free port of 127.0.0.1 while its `with` block lasts.

    A script is bytes to send, things to `Do`, events to wait for, and functions of the socket. At
    its end the connection waits for the next request.
    """

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.requests: list[Received] = []
        self.connections = 0
        self.rejected: list[str] = []  # what went wrong in TLS handshakes
        self.greeting: Script = ()  # said before anybody asks
        self._context = context
        self._script: Callable[[Received], Script] = lambda _: [Do.CLOSE]
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, daemon=True)

    @property
    def url(self) -> str:
        return f"http{'s' if self._context else ''}://127.0.0.1:{self.port}/"

    def respond(self, *steps: Step) -> None:
        """Answer every request from now on with these steps."""
        self._script = lambda _: steps

    def in_turn(self, *scripts: Script) -> None:
        """Answer the next requests with one script each."""
        scripts_left = iter(scripts)
        self._script = lambda _: next(scripts_left)

    def each(self, script: Callable[[Received], Script]) -> None:
        """Answer every request with what a function makes of it."""
        self._script = script

    def __enter__(self) -> Self:
        self._acceptor.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), 1).close()  # wakes accept()
        self._acceptor.join(TIMEOUT)
        self._listener.close()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(TIMEOUT)
            assert not thread.is_alive(), "a connection of the test server did not end"

    def _accept(self) -> None:
        for number in itertools.count(1):
            try:
                raw, _ = self._listener.accept()
            except OSError:
                return
            if self._stopping.is_set():
                raw.close()
                return
            self.connections = number
            thread = threading.Thread(target=self._serve, args=(raw, number), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, raw: socket.socket, number: int) -> None:
        connection = raw
        try:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._context is not None:
                connection = self._handshake(raw)
            with self._lock:
                self._open.add(connection)
            going = all(self._perform(step, connection) for step in self.greeting)
            while going and not self._stopping.is_set():
                going = self._exchange(connection, number)
        except OSError:
            pass  # the client has gone, as clients in these tests do
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()
            raw.close()

    def _handshake(self, raw: socket.socket) -> ssl.SSLSocket:
        assert self._context is not None
        try:
            raw.settimeout(TIMEOUT)
            connection = self._context.wrap_socket(raw, server_side=True)
        except OSError as error:
            self.rejected.append(str(error))
            raise
        connection.settimeout(None)
        return connection

    def _exchange(self, connection: socket.socket, number: int) -> bool:
        received = self._receive(connection, number)
        if received is None:
            return False
        self.requests.append(received)
        return all(self._perform(step, connection) for step in self._script(received))

    def _receive(self, connection: socket.socket, number: int) -> Received | None:
        data = b""
        while b"\r\n\r\n" not in data:
            chunk = connection.recv(65536)
            if not chunk:
                return None
            data += chunk
        head, _, body = data.partition(b"\r\n\r\n")
        peer = connection.getpeercert() if isinstance(connection, ssl.SSLSocket) else None
        received = Received(head, body, number, peer)
        length = int(received.headers.get("content-length", "0"))
        while len(body) < length:
            chunk = connection.recv(65536)
            if not chunk:
                return None
            body += chunk
        return Received(head, body, number, peer)

    def _perform(self, step: Step, connection: socket.socket) -> bool:
        """Whether the connection goes on."""
        if isinstance(step, bytes):
            connection.sendall(step)
        elif isinstance(step, threading.Event):
            step.wait(TIMEOUT)
        elif step is Do.STALL:
            while connection.recv(65536):
                pass
            return False
        elif step is Do.RESET:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        elif step is Do.CLOSE:
            return False
        else:
            step(connection)
        return True
