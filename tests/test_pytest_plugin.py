"""The pytest plugin, as a user's own test suite has it: installed, and nothing else done."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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


def run(folder: Path, *options: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:asyncio", *options],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
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


def test_nothing_is_loaded_until_it_is_used(tmp_path: Path) -> None:
    (tmp_path / "test_other.py").write_text(
        "import sys\n\n\ndef test_quiet():\n"
        "    loaded = [name for name in sys.modules if name.startswith('wechatpay_chain.')]\n"
        "    assert not any('gateway' in name or 'catalogue' in name for name in loaded)\n"
        "    assert 'aiohttp' not in sys.modules\n"
    )
    assert "1 passed" in run(tmp_path)
