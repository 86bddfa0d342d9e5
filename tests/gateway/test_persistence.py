"""The records of a gateway's directory survive the gateway, even if it is killed."""

from __future__ import annotations

import asyncio
import json
import signal
import threading
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.gateway.program import Program
from tests.gateway.support import NOBODY, order
from tests.servers import NotificationServer
from wechatpay_chain import TransportError, WeChatPay
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway.platform import Platform
from wechatpay_chain.gateway.store.data_directory import load_identity
from wechatpay_chain.gateway.store.identity import Identity

ORDERS = 1_000
KILLED_AFTER = 400
"""The number of acknowledged orders at which the gateway is killed; more are in progress."""
AT_ONCE = 16
NATIVE = "v3/pay/transactions/native"


async def orders_until_it_dies(program: Program, description: Path, url: str) -> Any:
    """Return the numbers of the orders and payments acknowledged before the program is killed."""
    ordered: list[str] = []
    paid: list[str] = []
    waiting = iter(range(ORDERS))
    async with WeChatPay.from_gateway(description) as wxpay, aiohttp.ClientSession() as session:

        async def customer() -> None:
            for index in waiting:
                number = f"killed{index:06}"
                body = {
                    "appid": program.told["appid"],
                    "mchid": wxpay.credential.mchid,
                    "description": "Image形象店",
                    "out_trade_no": number,
                    "notify_url": url,
                    "amount": {"total": 100 + index},
                }
                await wxpay[NATIVE].post_async(json=body)
                ordered.append(number)
                if len(ordered) == KILLED_AFTER:
                    program.process.send_signal(signal.SIGKILL)
                if index % 3 == 0:
                    path = f"{program.told['base_uri']}_gateway/transactions/{number}/pay"
                    async with session.post(path) as answer:
                        assert (await answer.json())["state"] == "SUCCESS"
                    paid.append(number)

        ends = await asyncio.gather(*(customer() for _ in range(AT_ONCE)), return_exceptions=True)
    gone = (TransportError, aiohttp.ClientError)
    assert [end for end in ends if not isinstance(end, gone)] == []
    return ordered, paid


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no kill -9")
async def test_kill_9_in_the_middle_of_a_thousand_orders(tmp_path: Path) -> None:
    description = tmp_path / "gateway.json"
    with NotificationServer((503, b""), keeps_rejected=False) as shop:
        with Program("--data", tmp_path) as program:
            before = program.told
            ordered, paid = await orders_until_it_dies(program, description, shop.url)
            assert program.process.wait(timeout=20) == -signal.SIGKILL
        assert KILLED_AFTER <= len(ordered) < ORDERS
        assert len(paid) > KILLED_AFTER // 4

        shop.response = None
        with Program("--data", tmp_path) as program:
            same = set(before) - {"base_uri", "tls_base_uri", "console"}
            assert {name: program.told[name] for name in same} == {
                name: before[name] for name in same
            }
            assert json.loads(description.read_bytes()) == program.told
            async with WeChatPay.from_gateway(description) as wxpay:
                await everything_is_there(wxpay, ordered, paid)
                async with aiohttp.ClientSession() as session:
                    url = f"{program.told['base_uri']}_gateway/clock"
                    async with session.post(url, json={"seconds": 60}) as answer:
                        assert answer.status == 200
                told = set()
                while not told >= set(paid):
                    arrival = await asyncio.to_thread(shop.arrived.get, timeout=20)
                    told.add(wxpay.notify(*arrival).resource["out_trade_no"])
            code, errors = program.end()
            assert (code, errors) == (0, "")

    gateway = Gateway(data=tmp_path)
    try:
        gateway.state.ledger.check()
        states = {each["out_trade_no"]: each["state"] for each in gateway.orders()}
        assert [each for each in ordered if each not in states] == []
        settled = {number for number, state in states.items() if state == "SUCCESS"}
        assert settled >= set(paid)
        notices = [each["resource"]["out_trade_no"] for each in gateway.notifications()]
        assert sorted(notices) == sorted(settled)  # one for each payment
        total = sum(100 + int(number.removeprefix("killed")) for number in settled)
        assert gateway.state.ledger.balance("payer") == -total
    finally:
        gateway.stop()


async def everything_is_there(wxpay: WeChatPay, ordered: list[str], paid: list[str]) -> None:
    mine = {"mchid": wxpay.credential.mchid}
    gate = asyncio.Semaphore(AT_ONCE)

    async def look(number: str) -> None:
        async with gate:
            path = f"v3/pay/transactions/out-trade-no/{number}"
            found = (await wxpay[path].get_async(query=mine)).json()
        assert found["out_trade_no"] == number
        if number in paid:
            assert found["trade_state"] == "SUCCESS"

    async with asyncio.TaskGroup() as group:
        for number in ordered:
            group.create_task(look(number))


def test_a_restart_keeps_orders_keys_and_time(tmp_path: Path) -> None:
    with Gateway(data=tmp_path) as gateway, gateway.client() as wxpay:
        mchid = gateway.identity.mchid
        wxpay[NATIVE].post(json=order(gateway, out_trade_no="order-1"))
        gateway.pay("order-1")
        gateway.advance(hours=48)
        now = gateway.state.clock.now()
    with Gateway(data=tmp_path) as gateway:
        assert gateway.identity.mchid == mchid
        assert gateway.state.clock.now() >= now
        with WeChatPay.from_gateway(tmp_path / "gateway.json") as wxpay:
            path = "v3/pay/transactions/out-trade-no/order-1"
            assert wxpay[path].get(query={"mchid": mchid}).json()["trade_state"] == "SUCCESS"
        (notice,) = gateway.notifications()
        assert notice["url"] == NOBODY


def test_time_at_another_pace_does_not_go_back(tmp_path: Path) -> None:
    state = Platform(directory=tmp_path, time_scale=3600)
    state.keep_time()
    now = state.clock.now()
    state.store.close()  # like a kill: nothing more is written
    state.close()
    again = Platform(directory=tmp_path, time_scale=3600)
    assert again.clock.now() >= now
    again.close()


def test_time_at_another_pace_is_kept_while_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = threading.Event()
    gateway = Gateway(data=tmp_path, time_scale=60)
    monkeypatch.setattr(gateway.platform, "keep_time", kept.set)
    with gateway:
        assert kept.wait(10)


def test_the_description_has_absolute_paths_of_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with Gateway(data="here") as gateway:
        monkeypatch.chdir("/")
        told = json.loads((tmp_path / "here" / "gateway.json").read_bytes())
        assert told == gateway.describe()
    assert list(told) == [
        "base_uri",
        "tls_base_uri",
        "ca",
        "console",
        "mchid",
        "serial",
        "private_key",
        "certificate",
        "apiv3_key",
        "secret",
        "appid",
        "platform",
        "merchants",
    ]
    assert list(told["platform"]) == ["public_key_id", "public_key", "serial", "certificate"]
    platform = told["platform"]
    named = [told[name] for name in ("ca", "private_key", "certificate")]
    for path in (*named, platform["public_key"], platform["certificate"]):
        assert Path(path).is_absolute()
        assert Path(path).read_bytes().startswith(b"-----BEGIN ")
    assert told["console"].startswith(told["base_uri"])


def test_rotated_keys_are_written_down(tmp_path: Path) -> None:
    description = tmp_path / "gateway.json"
    with Gateway(data=tmp_path) as gateway:
        before = json.loads(description.read_bytes())["platform"]
        with WeChatPay.from_gateway(description) as old:
            gateway.rotate_keys()
            after = json.loads(description.read_bytes())["platform"]
            assert before["public_key_id"] != after["public_key_id"]
            assert before["serial"] != after["serial"]
            named = {"Wechatpay-Serial": before["public_key_id"]}  # a rotation takes some time
            assert old.v3.certificates.get(headers=named).verified
        with WeChatPay.from_gateway(description) as new:
            assert new.v3.certificates.get().verified
        gateway.rotate_keys()
    again = load_identity(tmp_path)
    assert [each.serial for each in again.platforms] == [
        each.serial for each in gateway.identity.platforms
    ]
    keys = tmp_path / "keys"
    assert len(list(keys.glob("platform_key_*.pem"))) == len(again.platforms)  # no older ones


def test_an_identity_that_is_given_goes_to_the_directory(
    identity: Identity, tmp_path: Path
) -> None:
    with (
        Gateway(identity=identity, data=tmp_path),
        WeChatPay.from_gateway(tmp_path / "gateway.json") as wxpay,
    ):
        assert wxpay.v3.certificates.get().verified
    assert load_identity(tmp_path).serial == identity.serial


def test_records_may_stay_in_memory_though_there_is_a_directory(tmp_path: Path) -> None:
    with Gateway(data=tmp_path, keep=False) as gateway, gateway.client() as wxpay:
        wxpay[NATIVE].post(json=order(gateway))
        assert len(gateway.orders()) == 1
    assert not (tmp_path / "gateway.db").exists()
    assert (tmp_path / "gateway.json").exists()
