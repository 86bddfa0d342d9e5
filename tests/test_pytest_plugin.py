"""The pytest plugin, as a user's own test suite has it: installed, and nothing else done."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SUITE = """
import pytest

NUMBERS = []


def order(gateway, number):
    return {
        "appid": gateway.identity.appid,
        "mchid": gateway.identity.mchid,
        "description": "QQ公仔",
        "out_trade_no": number,
        "notify_url": "http://127.0.0.1:9/notify",
        "amount": {"total": 100},
    }


@pytest.mark.parametrize("total", [100, 200])
def test_every_test_has_a_gateway_of_its_own(wechatpay_gateway, wechatpay, total):
    body = order(wechatpay_gateway, "same-number") | {"amount": {"total": total}}
    answer = wechatpay.v3.pay.transactions.native.post(json=body)
    assert answer.verified
    assert wechatpay_gateway.pay("same-number")["state"] == "SUCCESS"
    paid = wechatpay.v3.pay.transactions.outTradeNo._out_trade_no_.get(
        out_trade_no="same-number", query={"mchid": wechatpay_gateway.identity.mchid}
    ).json()
    assert paid["trade_state"] == "SUCCESS"
    assert paid["amount"]["total"] == total


def test_the_keys_are_the_same(wechatpay_gateway, wechatpay_identity):
    assert wechatpay_gateway.identity is wechatpay_identity


def test_an_order_that_is_none(wechatpay_gateway):
    with pytest.raises(LookupError, match="nothing"):
        wechatpay_gateway.pay("nothing")


def test_async_calls(wechatpay_gateway, wechatpay):
    import asyncio

    async def call():
        async with wechatpay:
            return await wechatpay.v3.certificates.get_async()

    assert asyncio.run(call()).verified
"""

SCENARIOS = """
import pytest

pytestmark = pytest.mark.wechatpay(scenario="data/shop.yaml")
FILLED = {"version": 1, "orders": [{"out_trade_no": "other-0001", "total": 5}]}


def numbers(gateway):
    return {order["out_trade_no"]: order["state"] for order in gateway.orders()}


@pytest.mark.parametrize("turn", range(3))
def test_each_begins_with_the_scenario(wechatpay_gateway, wechatpay, turn):
    assert numbers(wechatpay_gateway) == {"shop-0001": "NOTPAY"}
    assert wechatpay_gateway.state.clock.rfc3339() == "2026-11-27T10:00:00+08:00"
    assert wechatpay.v3.certificates.get().verified
    assert len(wechatpay_gateway.state.log.all()) == 1
    wechatpay_gateway.pay("shop-0001")
    wechatpay_gateway.add_merchant()
    wechatpay_gateway.rotate_keys()
    wechatpay_gateway.faults.add("*", "reset")
    wechatpay_gateway.state.log.listeners.add(print)
    wechatpay_gateway.deliver_to(lambda environ, respond: [], interface="wsgi")
    wechatpay_gateway.advance(hours=5)


@pytest.mark.wechatpay(scenario=FILLED)
def test_the_nearest_marker_counts(wechatpay_gateway):
    assert numbers(wechatpay_gateway) == {"other-0001": "NOTPAY"}
    assert not wechatpay_gateway.state.log.listeners
    assert not wechatpay_gateway.platform.shared.receivers
    wechatpay_gateway.stop()


@pytest.mark.wechatpay(scenario=None)
def test_nothing(wechatpay_gateway, wechatpay, wechatpay_identity):
    import time

    assert numbers(wechatpay_gateway) == {}
    assert len(wechatpay_gateway.merchants) == 1
    assert wechatpay_gateway.identity is wechatpay_identity
    assert wechatpay_gateway.faults.all() == []
    assert wechatpay_gateway.state.log.all() == []
    assert abs(wechatpay_gateway.state.clock.now() - time.time()) < 60
    assert wechatpay.v3.certificates.get().verified
"""
SHOP = """
version: 1
clock: 2026-11-27T10:00:00+08:00
orders: [{out_trade_no: shop-0001, total: 100}]
"""
WRONG = """
import pytest


@pytest.mark.wechatpay("shop.yaml")
def test_an_argument_without_a_name(wechatpay_gateway):
    pass


@pytest.mark.wechatpay(scenario="missing.yaml")
def test_no_file(wechatpay_gateway):
    pass


def test_the_next_one(wechatpay_gateway):
    assert wechatpay_gateway.orders() == []
"""


def run(folder: Path, *options: str, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:asyncio", *options],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def test_a_suite_finds_the_fixtures(tmp_path: Path) -> None:
    (tmp_path / "test_shop.py").write_text(SUITE, "utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    assert "5 passed" in run(tmp_path)
    kept = tmp_path / ".pytest_cache" / "d" / "wechatpay_gateway" / "keys" / "secrets.json"
    before = kept.read_bytes()
    assert "5 passed" in run(tmp_path)
    assert kept.read_bytes() == before
    assert "5 passed" in run(tmp_path, "-p", "no:cacheprovider")


def test_scenarios(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "shop.yaml").write_text(SHOP, "utf-8")
    (tmp_path / "test_shop.py").write_text(SCENARIOS, "utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers\n")
    assert "5 passed" in run(tmp_path)
    assert "5 passed" in run(tmp_path, "-p", "xdist", "--numprocesses", "2")


def test_a_scenario_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "test_shop.py").write_text(WRONG, "utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    said = run(tmp_path, code=1)
    assert "1 passed, 2 errors" in said
    assert "expected wechatpay" in said
    assert f"{tmp_path / 'missing.yaml'}: it cannot be read" in said


def test_nothing_is_loaded_until_it_is_used(tmp_path: Path) -> None:
    (tmp_path / "test_other.py").write_text(
        "import sys\n\n\ndef test_quiet():\n"
        "    loaded = [name for name in sys.modules if name.startswith('wechatpay_chain.')]\n"
        "    assert not any('gateway' in name or 'catalogue' in name for name in loaded)\n"
        "    assert 'aiohttp' not in sys.modules\n"
    )
    assert "1 passed" in run(tmp_path)


RECORDED = """
import pytest

from wechatpay_chain import APIError


@pytest.mark.parametrize("number", ["native-0001", "native/0002"])
def test_an_order(wechatpay_cassette, request, number):
    make = None
    if wechatpay_cassette.records:
        gateway = request.getfixturevalue("wechatpay_gateway")
        make = gateway.client
    wxpay = wechatpay_cassette.client(make)
    with pytest.raises(APIError) as raised:
        wxpay.v3.pay.transactions.outTradeNo._out_trade_no_.get(
            out_trade_no=number, query={"mchid": wxpay.mchid}
        )
    assert raised.value.code == "ORDER_NOT_EXIST"
    assert raised.value.verified


class TestShop:
    @pytest.mark.wechatpay_cassette("tapes/shop.json", hide_merchant=True)
    def test_certificates(self, wechatpay_cassette, request):
        make = None
        if wechatpay_cassette.records:
            make = request.getfixturevalue("wechatpay_gateway").client
        assert wechatpay_cassette.client(make).v3.certificates.get().verified
"""


def test_exchanges_are_recorded_and_played(tmp_path: Path) -> None:
    """`--wechatpay-record` records; without it nothing is sent, and no gateway is started."""
    pytest.importorskip("yaml")
    (tmp_path / "test_shop.py").write_text(RECORDED, "utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    assert "there is no cassette" in run(tmp_path, code=1)
    assert "3 passed" in run(tmp_path, "--wechatpay-record=once")
    folder = tmp_path / "cassettes" / "test_shop"
    first, second = sorted(folder.iterdir())
    assert first.name.startswith("test_an_order-native-0001-.")
    assert second.name.startswith("test_an_order-native-0002-.")
    kept = {each: each.read_bytes() for each in (first, second, tmp_path / "tapes" / "shop.json")}
    assert "3 passed" in run(tmp_path, "-p", "no:cacheprovider")
    assert {each: each.read_bytes() for each in kept} == kept


def test_a_cassette_that_is_asked_for_wrongly(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_shop.py").write_text(
        "import pytest\n\n"
        "@pytest.mark.wechatpay_cassette('a.json', record_mode='all')\n"
        "def test_shop(wechatpay_cassette): ...\n",
        "utf-8",
    )
    assert "--wechatpay-record sets the record mode" in run(tmp_path, code=1)
    run(tmp_path, "--wechatpay-record=sometimes", code=4)
