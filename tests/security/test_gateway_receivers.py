"""A receiver of notifications that is slow, endless or hostile delays and costs nobody else."""

from __future__ import annotations

import gzip
import queue
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest

from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway.notifications import sender as sender
from wechatpay_chain.gateway.notifications.outbox import Outbox, queue_of
from wechatpay_chain.gateway.store.identity import Identity

EVENT = "TRANSACTION.SUCCESS"
SMALL = gzip.compress(bytes(30_000_000))
"""Bytes that unpack to a thousand times as many."""


class Receiver:
    """Answers each request with the same bytes, or, without any, never."""

    def __init__(self, answer: bytes = b"") -> None:
        self._answer = answer
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/notify"
        self.arrived: queue.Queue[bytes] = queue.Queue()
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._open.append(connection)
                thread = threading.Thread(target=self._serve, args=(connection,))
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError):
            while head := connection.recv(65536):
                if head.startswith(b"POST"):
                    self.arrived.put(head)
                    connection.sendall(self._answer)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        for connection in self._open:
            connection.close()


@pytest.fixture
def gateway(wechatpay_identity: Identity) -> Iterator[Gateway]:
    with Gateway(identity=wechatpay_identity, time_scale=0.001) as gateway:
        yield gateway


@pytest.fixture
def receivers() -> Iterator[list[Receiver]]:
    made: list[Receiver] = []
    yield made
    for receiver in made:
        receiver.close()


def receiver(receivers: list[Receiver], answer: bytes = b"") -> Receiver:
    receivers.append(Receiver(answer))
    return receivers[-1]


GOOD = b"HTTP/1.1 204 No Content\r\n\r\n"


def test_a_slow_receiver_delays_nobody_else(gateway: Gateway, receivers: list[Receiver]) -> None:
    slow, quick = receiver(receivers), receiver(receivers, GOOD)
    for _ in range(3 * sender.MAX_ATTEMPTS):
        gateway.trigger(EVENT, slow.url)
    for _ in range(sender.MAX_PER_RECEIVER):
        slow.arrived.get(timeout=20)  # as many as it gets at once
    for _ in range(20):
        gateway.trigger(EVENT, quick.url)
        quick.arrived.get(timeout=5)  # it would be 10 s, until an attempt is given up
    assert slow.arrived.empty()


def test_several_slow_receivers_delay_nobody_else(
    gateway: Gateway, receivers: list[Receiver]
) -> None:
    many = [receiver(receivers) for _ in range(sender.MAX_ATTEMPTS // sender.MAX_PER_RECEIVER - 1)]
    for slow in many:
        for _ in range(2 * sender.MAX_PER_RECEIVER):
            gateway.trigger(EVENT, slow.url)
    for slow in many:
        for _ in range(sender.MAX_PER_RECEIVER):
            slow.arrived.get(timeout=20)
    quick = receiver(receivers, GOOD)
    gateway.trigger(EVENT, quick.url)
    quick.arrived.get(timeout=5)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n" + b"x" * 10_000_000,
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (len(SMALL), SMALL),
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 100_000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nA: " + b"b" * 1_000_000 + b"\r\n\r\n",
        b"\x1b[2J\r\n" * 1000,
        b"HTTP/1.1 200 \x1b]0;x\x07\xc2\x9b\r\nX\r\n\r\n",
    ],
    ids=["long", "gzip", "fields", "field", "no HTTP", "escapes"],
)
def test_an_answer_costs_little_and_is_shown_escaped(
    gateway: Gateway, receivers: list[Receiver], answer: bytes
) -> None:
    written: queue.Queue[dict] = queue.Queue()
    gateway.state.log.listeners.add(lambda kind, what: written.put(what))
    gateway.trigger(EVENT, receiver(receivers, answer).url)
    (attempt,) = written.get(timeout=20)["attempts"]
    assert len(attempt["answer"]) <= 4096
    assert len(attempt["error"]) <= 300
    assert attempt["error"].isprintable()


def test_a_queue_is_forgotten_when_it_is_empty(gateway: Gateway, receivers: list[Receiver]) -> None:
    quick = receiver(receivers, GOOD)
    written: queue.Queue[dict] = queue.Queue()
    gateway.state.log.listeners.add(lambda kind, what: written.put(what))
    for _ in range(5):
        gateway.trigger(EVENT, quick.url)
        assert written.get(timeout=20)["state"] == "DELIVERED"
    store = gateway.state.store
    assert (store.count("queue"), store.count("pending")) == (0, 0)
    assert store.count(f"due {queue_of(quick.url)}") == 0


def test_what_an_older_version_left_is_delivered(
    wechatpay_identity: Identity, receivers: list[Receiver]
) -> None:
    quick = receiver(receivers, GOOD)
    gateway = Gateway(identity=wechatpay_identity)
    outbox, store = gateway.state.outbox, gateway.state.store
    number = outbox.post(quick.url, EVENT, {})
    pending = store.get("pending", number)
    assert pending is not None
    (due,) = store.first(f"due {pending['queue']}", 1)
    store.delete(f"due {pending['queue']}", pending["due"])
    store.delete("queue", pending["queue"])
    store.put("pending", number, {"id": number, "due": pending["due"]})
    store.put("due", pending["due"], due)
    written: queue.Queue[dict] = queue.Queue()
    gateway.state.log.listeners.add(lambda kind, what: written.put(what))
    with gateway:
        assert written.get(timeout=20)["state"] == "DELIVERED"
        assert isinstance(outbox, Outbox)
        assert (store.count("due"), store.count("pending")) == (0, 0)


@pytest.mark.parametrize(
    "url", ["http://[x", "http://a:99999999/", "x", "", "http://", "\ud800", 5]
)
def test_any_address_has_a_queue(url: object) -> None:
    assert isinstance(queue_of(url), str)
