"""Gateways in a test suite start and stop quickly, in parallel, and without leaks."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiohttp import web

from tests.gateway.support import NOBODY, order
from tests.servers import VerifyingServer
from wechatpay_chain import ClientError, RateLimited
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway.addresses import Addresses
from wechatpay_chain.gateway.gateway import ListenError
from wechatpay_chain.gateway.store.clock import Clock
from wechatpay_chain.gateway.store.identity import Identity

NATIVE = "v3/pay/transactions/native"
DESCRIPTORS = Path("/proc/self/fd")


def test_two_at_once_know_nothing_of_each_other(identity: Identity) -> None:
    with Gateway() as one, Gateway() as other, one.client() as wxpay:
        wxpay[NATIVE].post(json=order(one))
        assert (len(one.orders()), len(other.orders())) == (1, 0)
        with one.client(base_uri=other.base_uri) as stranger, pytest.raises(ClientError) as caught:
            stranger.v3.certificates.get()
        assert caught.value.code == "SIGN_ERROR"
    with Gateway(identity=identity) as one, Gateway(identity=identity) as other:
        assert one.base_uri != other.base_uri


def test_stopping_is_all_right_at_any_time(identity: Identity, tmp_path: Path) -> None:
    gateway = Gateway(identity=identity, data=tmp_path)
    gateway.stop()
    gateway.stop()
    assert not gateway.running
    with gateway:
        assert gateway.running
        gateway.stop()
        gateway.stop()
        assert not gateway.running


@pytest.mark.parametrize("kept", [False, True], ids=["memory", "directory"])
def test_a_stopped_gateway_can_be_started_again(
    identity: Identity, tmp_path: Path, kept: bool
) -> None:
    gateway = Gateway(identity=identity, data=tmp_path if kept else None)
    with gateway, gateway.client() as wxpay:
        wxpay[NATIVE].post(json=order(gateway, out_trade_no="order-1"))
    with gateway, gateway.client() as wxpay:
        wxpay[NATIVE].post(json=order(gateway, out_trade_no="order-2"))
        assert [each["out_trade_no"] for each in gateway.orders()] == ["order-1", "order-2"]


def test_what_is_in_memory_can_be_looked_at_afterwards(identity: Identity) -> None:
    with Gateway(identity=identity) as gateway, gateway.client() as wxpay:
        wxpay[NATIVE].post(json=order(gateway))
    assert len(gateway.orders()) == 1
    gateway.state.ledger.check()


def test_a_running_gateway_is_not_started_again(identity: Identity) -> None:
    with Gateway(identity=identity) as gateway:
        with pytest.raises(RuntimeError, match="this gateway is already running"):
            gateway.start()
        assert gateway.running


def test_a_taken_port_takes_nothing_along(identity: Identity, tmp_path: Path) -> None:
    with Gateway(identity=identity) as first:
        port = urlsplit(first.base_uri).port
        for ports in ({"port": port}, {"tls_port": port}):
            gateway = Gateway(identity=identity, data=tmp_path, **ports)
            with pytest.raises(ListenError, match=f"port {port}: .*in use") as caught:
                gateway.start()
            assert caught.value.port == port
            assert not gateway.running
    with Gateway(identity=identity, data=tmp_path, port=port) as gateway:
        assert urlsplit(gateway.base_uri).port == port


def test_a_host_that_is_none(identity: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ListenError, match="not a valid host name"):
        Gateway("x" * 64, identity=identity).start()

    async def unknown(_: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(web.TCPSite, "start", unknown)
    with pytest.raises(ListenError, match="shop.example, port 0: Name or service not known"):
        Gateway("shop.example", identity=identity).start()


def test_a_host_that_has_several_addresses(identity: Identity) -> None:
    with Gateway("localhost", identity=identity) as gateway:
        for tls in (False, True):
            with gateway.client(tls=tls) as wxpay:
                assert wxpay.v3.certificates.get().verified


@pytest.mark.skipif(not socket.has_ipv6, reason="there is no IPv6")
def test_ipv6(identity: Identity) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("there is no IPv6 here")
    with Gateway("::1", identity=identity) as gateway:
        assert gateway.base_uri.startswith("http://[::1]:")
        for tls in (False, True):
            with gateway.client(tls=tls) as wxpay:
                assert wxpay.v3.certificates.get().verified


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("localhost", "localhost"),
        ("0.0.0.0", "127.0.0.1"),
        ("", "127.0.0.1"),
        ("::", "[::1]"),
        ("fe80::1", "[fe80::1]"),
    ],
)
def test_how_a_host_is_written(host: str, shown: str) -> None:
    assert Addresses(host).host == shown


def test_time_passes_forwards() -> None:
    for scale in (0, -1, float("inf"), float("nan")):
        with pytest.raises(ValueError, match="above 0"):
            Clock(scale)


def use(identity: Identity) -> None:
    with Gateway(identity=identity) as gateway, gateway.client() as wxpay:
        wxpay[NATIVE].post(json=order(gateway))


def test_many_leave_nothing_behind(identity: Identity) -> None:
    for _ in range(3):  # loads everything that is loaded once
        use(identity)
    gc.collect()
    threads, files, kept = threading.active_count(), open_files(), gateways()
    objects = len(gc.get_objects())
    for _ in range(20):
        use(identity)
    gc.collect()
    assert threading.active_count() == threads
    assert open_files() <= files
    assert gateways() == kept
    assert len(gc.get_objects()) - objects < 20 * 20  # fewer than twenty for each


def open_files() -> int:
    return len(list(DESCRIPTORS.iterdir())) if DESCRIPTORS.exists() else 0


def gateways() -> int:
    return sum(type(each) is Gateway for each in gc.get_objects())  # proxies stay asleep


def test_one_that_is_started_again_and_again_leaves_nothing_behind(identity: Identity) -> None:
    gateway = Gateway(identity=identity)
    with gateway:
        pass
    gc.collect()
    threads, files = threading.active_count(), open_files()
    for _ in range(10):
        with gateway:
            pass
    gc.collect()
    assert threading.active_count() == threads
    assert open_files() <= files


def test_one_that_is_forgotten_gives_its_directory_back(identity: Identity, tmp_path: Path) -> None:
    Gateway(identity=identity, data=tmp_path)
    gc.collect()
    Gateway(identity=identity, data=tmp_path).stop()


async def test_in_a_program_with_a_loop_of_its_own(identity: Identity) -> None:
    async def shop(number: int) -> None:
        async with Gateway(identity=identity) as gateway, gateway.client() as wxpay:
            await wxpay[NATIVE].post_async(json=order(gateway, out_trade_no=f"order-{number}"))
            gateway.pay(f"order-{number}")
            assert [each["state"] for each in gateway.orders()] == ["SUCCESS"]

    await asyncio.gather(*(shop(number) for number in range(3)))


async def test_on_the_programs_own_loop(identity: Identity) -> None:
    gateway = Gateway(identity=identity)
    ready = threading.Event()
    serving = asyncio.create_task(gateway.serve(ready))
    await asyncio.to_thread(ready.wait, 10)
    async with gateway.client() as wxpay:
        assert (await wxpay.v3.certificates.get_async()).verified
    gateway.stop()
    await serving


def test_a_payment_that_fails(gateway: Gateway, wxpay: Any) -> None:
    made = order(gateway)
    wxpay[NATIVE].post(json=made)
    assert gateway.fail(made["out_trade_no"])["state"] == "PAYERROR"
    assert gateway.pay(made["out_trade_no"])["state"] == "SUCCESS"
    with pytest.raises(LookupError, match="INVALID_REQUEST"):
        gateway.fail(made["out_trade_no"])
    with pytest.raises(LookupError, match="ORDER_NOT_EXIST"):
        gateway.fail("nothing")


def test_orders_are_as_they_are_now(identity: Identity) -> None:
    with Gateway(identity=identity) as gateway, gateway.client() as wxpay:
        wxpay[NATIVE].post(json=order(gateway))
        assert [each["state"] for each in gateway.orders()] == ["NOTPAY"]
        gateway.advance(hours=3)
        assert [each["state"] for each in gateway.orders()] == ["CLOSED"]


def test_notifications_of_any_type(gateway: Gateway, receiver: VerifyingServer) -> None:
    sent = gateway.trigger("REFUND.SUCCESS", receiver.url, {"out_trade_no": "order-1"})
    assert sent["event"] == "REFUND.SUCCESS"
    assert receiver.next().resource["out_trade_no"] == "order-1"
    assert sent["id"] in [each["id"] for each in gateway.notifications()]
    gateway.trigger("transaction-success", receiver.url, protocol="v2")
    assert receiver.next().resource["result_code"] == "SUCCESS"
    with pytest.raises(LookupError, match=r"no notification REFUND\.SUCCES; there is"):
        gateway.trigger("REFUND.SUCCES", receiver.url)
    with pytest.raises(LookupError, match="expected an http or https address"):
        gateway.trigger("REFUND.SUCCESS", "nowhere")


def test_the_newest_notification_is_first(identity: Identity) -> None:
    gateway = Gateway(identity=identity)
    for event in ("TRANSACTION.SUCCESS", "REFUND.SUCCESS"):
        gateway.trigger(event, NOBODY)
    shown = [each["event"] for each in gateway.notifications()]
    assert shown == ["REFUND.SUCCESS", "TRANSACTION.SUCCESS"]


def test_faults_are_set_and_cleared(gateway: Gateway, wxpay: Any) -> None:
    gateway.faults.add("v3/certificates", "frequency_limit")
    with pytest.raises(RateLimited):
        wxpay.v3.certificates.get()
    gateway.faults.clear()
    assert wxpay.v3.certificates.get().verified


def test_many_threads_control_one_gateway(identity: Identity) -> None:
    count, threads = 12, 4
    with Gateway(identity=identity) as gateway, gateway.client() as wxpay:
        failures: list[Exception] = []

        def work(name: int) -> None:
            try:
                for index in range(count):
                    number = f"thread-{name}-{index}"
                    gateway.faults.add("v2/*", "reset", times=1)
                    wxpay[NATIVE].post(json=order(gateway, out_trade_no=number))
                    gateway.fail(number)
                    gateway.pay(number)
                    gateway.advance(seconds=1)
                    gateway.orders()
                    gateway.notifications()
                    gateway.faults.clear()
            except Exception as error:  # noqa: BLE001 - handed over to the test
                failures.append(error)

        workers = [threading.Thread(target=work, args=(name,)) for name in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert failures == []
        assert [each["state"] for each in gateway.orders()] == ["SUCCESS"] * count * threads
        gateway.state.ledger.check()


def test_it_does_not_need_a_home(identity: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "TMPDIR"):
        monkeypatch.delenv(name, raising=False)
    assert os.environ.get("HOME") is None
    use(identity)
