"""A host with several addresses: one that does not work costs a moment, not the call (RFC 8305)."""

from __future__ import annotations

import errno
import selectors
import socket
import time
from typing import Any

import pytest

from wechatpay_chain import TransportError, TransportTimeout
from wechatpay_chain.transport.sync import happy_eyeballs
from wechatpay_chain.transport.sync.happy_eyeballs import (
    Address,
    ConnectError,
    ConnectTimeout,
    interleaved,
    race,
    resolve,
)

PATH = "v3/certificates"
V4, V6 = socket.AF_INET, socket.AF_INET6
pytestmark = pytest.mark.usefixtures("nothing_left_open")


def addresses(text: str) -> list[Address]:
    """`6a 4b`: an address of each family, which only have names."""
    return [Address(V6 if each[0] == "6" else V4, (each[1:], 443)) for each in text.split()]


@pytest.mark.parametrize(
    ("found", "order"),
    [
        ("", ""),
        ("4a", "4a"),
        ("6a 6b 4a 4b", "6a 4a 6b 4b"),
        ("4a 4b 6a 6b", "4a 6a 4b 6b"),
        ("6a 6b 6c 4a", "6a 4a 6b 6c"),
        ("6a 4a 4b 4c", "6a 4a 4b 4c"),
        ("4a 4b 4c", "4a 4b 4c"),
        ("6a 4a 6b 4b", "6a 4a 6b 4b"),
    ],
)
def test_the_families_take_turns(found, order):
    assert interleaved(addresses(found)) == addresses(order)


@pytest.fixture
def hasty(monkeypatch):
    """The next address is tried soon."""
    monkeypatch.setattr(happy_eyeballs, "ATTEMPT_DELAY", 0.01)


@pytest.fixture(params=["default", "select"])
def selector(request, monkeypatch):
    """What the system has, and what Windows has."""
    if request.param == "select":
        monkeypatch.setattr(selectors, "DefaultSelector", selectors.SelectSelector)


@pytest.fixture
def listening():
    """A listener of each family, on ports of their own."""
    with socket.create_server(("127.0.0.1", 0)) as v4:
        try:
            v6 = socket.create_server(("::1", 0), family=V6)
        except OSError:
            pytest.skip("this system has no ::1")
        with v6:
            yield Address(V4, v4.getsockname()), Address(V6, v6.getsockname())


def closed(family: int) -> Address:
    """Where nobody listens."""
    try:
        host = "::1" if family == V6 else "127.0.0.1"
        with socket.create_server((host, 0), family=family) as listener:
            return Address(family, listener.getsockname())
    except OSError:
        pytest.skip("this system has no ::1")


def connected(*tried: Address, seconds: float = 10) -> Any:
    with race("pay.test", tried, time.monotonic() + seconds) as sock:
        return sock.getpeername()


@pytest.mark.usefixtures("selector")
def test_the_first_address_that_works_is_used(listening):
    v4, v6 = listening
    assert connected(v6, v4) == v6.where
    assert connected(v4, v6) == v4.where
    assert connected(closed(V6), v4) == v4.where
    assert connected(closed(V4), closed(V6), closed(V4), v6) == v6.where


@pytest.mark.usefixtures("selector", "hasty")
def test_an_address_that_drops_packets_is_passed_over(listening, black_hole):
    v4, v6 = listening
    dead = Address(V4, ("127.0.0.1", black_hole))
    assert connected(dead, v6) == v6.where
    assert connected(dead, dead, closed(V6), dead, v4) == v4.where


@pytest.mark.usefixtures("selector")
def test_an_address_that_fails_does_not_wait_for_the_next_ones_turn(
    listening, black_hole, monkeypatch
):
    monkeypatch.setattr(happy_eyeballs, "ATTEMPT_DELAY", 1000)
    v4, _ = listening
    assert connected(closed(V6), closed(V4), v4) == v4.where
    with pytest.raises(ConnectTimeout, match="not tried in time"):
        connected(Address(V4, ("127.0.0.1", black_hole)), v4, seconds=0.05)


@pytest.mark.usefixtures("hasty")
def test_the_connection_that_comes_second_is_closed(monkeypatch):
    class Slow(selectors.DefaultSelector):
        """Tells of connections only once there are two."""

        def select(self, timeout=None):
            return super().select(timeout) if len(self.get_map()) == 2 else []

    monkeypatch.setattr(selectors, "DefaultSelector", Slow)
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as other,
    ):
        tried = [Address(V4, each.getsockname()) for each in (one, other)]
        with race("pay.test", tried, None) as sock:
            won, lost = (one, other) if sock.getpeername() == tried[0].where else (other, one)
            ended, _ = lost.accept()
            with ended:
                ended.settimeout(10)
                assert ended.recv(1) == b""
            used, _ = won.accept()
            with used:
                sock.sendall(b"x")
                assert used.recv(1) == b"x"


@pytest.mark.usefixtures("selector")
def test_all_addresses_refuse():
    v6, v4 = closed(V6), closed(V4)
    with pytest.raises(ConnectError) as caught:
        connected(v6, v4)
    assert str(caught.value) == (
        f"pay.test: [::1]:{v6.where[1]} Connection refused, "
        f"127.0.0.1:{v4.where[1]} Connection refused"
    )
    assert isinstance(caught.value.__cause__, ConnectionRefusedError)
    assert not isinstance(caught.value, TimeoutError)


@pytest.mark.usefixtures("selector", "hasty")
def test_one_refuses_and_one_drops_packets(black_hole):
    v6 = closed(V6)
    with pytest.raises(ConnectTimeout) as caught:
        connected(v6, Address(V4, ("127.0.0.1", black_hole)), seconds=0.1)
    assert str(caught.value) == (
        f"pay.test: [::1]:{v6.where[1]} Connection refused, 127.0.0.1:{black_hole} no reply in time"
    )
    assert isinstance(caught.value.__cause__, ConnectionRefusedError)


def test_a_system_without_ipv6(listening, monkeypatch):
    v4, v6 = listening

    class IPv4Only(socket.socket):
        def __init__(self, family=V4, *arguments, **options):
            if family == V6:
                raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
            super().__init__(family, *arguments, **options)

    monkeypatch.setattr(socket, "socket", IPv4Only)
    assert connected(v6, v4) == v4.where
    with pytest.raises(ConnectError, match="Address family not supported"):
        connected(v6)


def test_connecting_that_is_interrupted_leaves_nothing_open(black_hole, monkeypatch):
    class Interrupted(selectors.DefaultSelector):
        def select(self, timeout=None):
            raise KeyboardInterrupt

    monkeypatch.setattr(selectors, "DefaultSelector", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        connected(Address(V4, ("127.0.0.1", black_hole)))


def test_a_name_that_resolves_twice_to_one_address(monkeypatch):
    one = (V4, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 443))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [one, one])
    assert resolve("pay.test", 443) == [Address(V4, ("192.0.2.1", 443))]


def test_a_literal_address_in_brackets():
    assert resolve("[::1]", 443) == [Address(V6, ("::1", 443, 0, 0))]


@pytest.fixture
def resolving(monkeypatch):
    """Has the name pay.test stand for some addresses, for both transports."""
    plain = socket.getaddrinfo

    def resolve_to(*found: Address) -> None:
        def getaddrinfo(host, *arguments, **options):
            if host != "pay.test":
                return plain(host, *arguments, **options)
            return [(each.family, socket.SOCK_STREAM, 6, "", each.where) for each in found]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    return resolve_to


def at(port: int) -> Address:
    return Address(V4, ("127.0.0.1", port))


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("is_proxied", [False, True])
def test_a_call_survives_dead_addresses(
    call, keys, server, signed, resolving, black_hole, is_proxied
):
    resolving(closed(V6), at(black_hole), at(server.port))
    server.respond(signed.json({"n": 1}))
    given = (
        {"proxy": f"http://pay.test:{server.port}", "base_uri": "http://gateway.invalid/"}
        if is_proxied
        else {"base_uri": f"http://pay.test:{server.port}/"}
    )
    assert call("get", PATH, client=keys.client(**given)).json() == {"n": 1}


def test_a_call_whose_addresses_all_refuse(call, raises, resolving, closed_port):
    resolving(closed(V6), at(closed_port))
    with raises(TransportError, "cannot connect", "pay.test", "Nothing was sent") as caught:
        call("post", PATH, base_uri="http://pay.test:81/", json={})
    assert caught.value.sent is False


@pytest.mark.parametrize("why", ["refused", "unknown"])
def test_the_first_error_is_the_cause(wxpay, resolving, closed_port, why):
    if why == "refused":
        resolving(closed(V6), at(closed_port))
    with pytest.raises(TransportError) as caught:
        wxpay.chain(PATH).get(base_uri="http://pay.test:81/", retry=None)
    expected = ConnectionRefusedError if why == "refused" else socket.gaierror
    assert isinstance(caught.value.__cause__, ConnectError)
    assert isinstance(caught.value.__cause__.__cause__, expected)


@pytest.mark.usefixtures("hasty")
def test_a_sync_call_names_what_each_address_met(wxpay, resolving, black_hole):
    v6 = closed(V6)
    resolving(v6, at(black_hole))
    with pytest.raises(TransportTimeout) as caught:
        wxpay.chain(PATH).post(
            base_uri="http://pay.test:81/", json={}, timeout=(0.1, 5), retry=None
        )
    for words in (f"[::1]:{v6.where[1]} Connection refused", f"127.0.0.1:{black_hole} no reply"):
        assert words in str(caught.value)
    assert caught.value.sent is False
