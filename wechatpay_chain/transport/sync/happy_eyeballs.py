"""Connects to a host with several addresses: Happy Eyeballs Version 2 (RFC 8305).

An unreachable address costs a quarter of a second instead of the whole timeout. IPv6 and IPv4
addresses alternate. If one has not connected within 250 milliseconds, the next one is tried in
parallel, and the first that connects is used. No threads are needed.
"""

from __future__ import annotations

import errno
import math
import os
import selectors
import socket
import time
from collections import deque
from collections.abc import Iterable
from contextlib import closing
from itertools import chain, zip_longest
from typing import Any, NamedTuple

from ...utils.translation import _, joined

__all__ = ["Address", "ConnectError", "ConnectTimeout", "connect", "interleaved", "race", "resolve"]

ATTEMPT_DELAY = 0.25
"""Seconds until the next address is tried in parallel (RFC 8305, section 5)."""
IN_PROGRESS = (errno.EINPROGRESS, getattr(errno, "WSAEWOULDBLOCK", errno.EINPROGRESS))
OPTIONS = (
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),  # RFC 9293, section 3.8.4
)


class ConnectError(OSError):
    """No address of a host is reachable; the message lists the error of each address."""


class ConnectTimeout(ConnectError, TimeoutError):
    """No address of a host is reachable within the time limit."""


class Address(NamedTuple):
    """An address of a host, as returned by `socket.getaddrinfo`."""

    family: int
    where: Any

    def __str__(self) -> str:
        host, port, *_ignored = self.where
        return f"[{host}]:{port}" if self.family == socket.AF_INET6 else f"{host}:{port}"


def connect(host: str, port: int, deadline: float | None) -> socket.socket:
    """Connect to a host.

    Args:
        host: a name or an address; an IPv6 address may be in brackets.
        port: 1 to 65535.
        deadline: when to give up, by `time.monotonic`, or None. It includes name resolution, which
            cannot be interrupted.

    Raises:
        ConnectTimeout: it took too long.
        ConnectError: the name has no address, or no address connects.
    """
    return race(host, interleaved(resolve(host, port)), deadline)


def resolve(host: str, port: int) -> list[Address]:
    """Return the addresses of a host, the best first (RFC 6724).

    Raises:
        ConnectError: there are none.
    """
    try:
        every = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConnectError(_("{host}: {reason}", host=host, reason=reason)) from error
    return list(dict.fromkeys(Address(found[0], found[4]) for found in every))


def interleaved(addresses: Iterable[Address]) -> list[Address]:
    """Return addresses with alternating families, beginning with the first one's (section 4)."""
    families: dict[int, list[Address]] = {}
    for address in addresses:
        families.setdefault(address.family, []).append(address)
    turns = chain.from_iterable(zip_longest(*families.values()))
    return [address for address in turns if address is not None]


def race(host: str, addresses: Iterable[Address], deadline: float | None) -> socket.socket:
    """Return the first connection that is made; the others are closed (section 5).

    Args:
        host: the host, for the error message.
        addresses: the addresses in the order in which they are tried.
        deadline: when to give up, by `time.monotonic`, or None.

    Raises:
        ConnectTimeout: it took too long.
        ConnectError: no address connects.
    """
    waiting = deque(addresses)
    with closing(_Attempts()) as attempts:
        while waiting or attempts.are_under_way:
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                raise ConnectTimeout(attempts.report(host, waiting)) from attempts.first_error
            if waiting and not attempts.begin(waiting.popleft()):
                continue
            pause = ATTEMPT_DELAY if waiting else math.inf
            connected = attempts.wait(min(pause, math.inf if left is None else left))
            if connected is not None:
                return connected
        raise ConnectError(attempts.report(host, ())) from attempts.first_error


class _Attempts:
    """Connection attempts in parallel, and the errors of failed ones."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._under_way: dict[socket.socket, Address] = {}
        self._failed: dict[Address, OSError] = {}

    @property
    def are_under_way(self) -> bool:
        return bool(self._under_way)

    @property
    def first_error(self) -> OSError | None:
        return next(iter(self._failed.values()), None)

    def begin(self, address: Address) -> bool:
        """Begin to connect; return False if it failed immediately."""
        try:
            sock = socket.socket(address.family, socket.SOCK_STREAM)
        except OSError as error:  # the system may lack an address family
            self._failed[address] = error
            return False
        self._under_way[sock] = address
        sock.setblocking(False)
        for option in OPTIONS:
            sock.setsockopt(*option)
        number = sock.connect_ex(address.where)
        if number not in (0, *IN_PROGRESS):
            self._fail(sock, number)
            return False
        self._selector.register(sock, selectors.EVENT_WRITE)
        return True

    def wait(self, seconds: float) -> socket.socket | None:
        """Wait at most some seconds for a connection; returns None if an attempt fails first."""
        for found in self._selector.select(None if seconds == math.inf else seconds):
            sock: Any = found[0].fileobj
            self._selector.unregister(sock)
            number = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if not number:
                del self._under_way[sock]
                connected: socket.socket = sock
                return connected
            self._fail(sock, number)
        return None

    def _fail(self, sock: socket.socket, number: int) -> None:
        self._failed[self._under_way.pop(sock)] = OSError(number, os.strerror(number))
        sock.close()

    def report(self, host: str, waiting: Iterable[Address]) -> str:
        """Return the error of each address."""
        met = {address: error.strerror or str(error) for address, error in self._failed.items()}
        met |= dict.fromkeys(self._under_way.values(), _("no reply in time"))
        met |= dict.fromkeys(waiting, _("not tried in time"))
        tried = (
            _("{address} {outcome}", address=address, outcome=what) for address, what in met.items()
        )
        return _("{host}: {tried}", host=host, tried=joined(_(", "), tried))

    def close(self) -> None:
        """Abandon the running attempts."""
        self._selector.close()
        for sock in self._under_way:
            sock.close()
