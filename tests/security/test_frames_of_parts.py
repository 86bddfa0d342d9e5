"""No local variable of the other parts shows a secret: merchants, durable, diagnosis, bills."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.security.test_frames import (
    APIV3_KEY,
    PASSWORD,
    PROXY,
    SECRET,
    WRONG,
    assert_hidden,
    broken,
    environment,
    good,
    key_text,
    secrets,
)
from tests.support import MCHID, PUBLIC_KEY_ID
from wechatpay_chain import ConfigurationError, Merchants, WeChatPay, WeChatPayError, bills
from wechatpay_chain.diagnosis.keyring import environment_keyring, keyring
from wechatpay_chain.testing.mock import MockTransport

__all__ = ["good", "key_text", "secrets"]  # fixtures

KEYS = [
    WRONG,
    [WRONG],
    f"{WRONG}\ud800",
    WRONG.encode(),
    [WRONG.encode(), 5],
    {"a": WRONG},
    APIV3_KEY,
    [f"{APIV3_KEY}\ud800"],
]


@pytest.fixture
def client(good: dict[str, Any]) -> WeChatPay:
    return WeChatPay(**{**good, "proxy": None}, transport=MockTransport(broken))


@pytest.mark.parametrize("key", KEYS, ids=lambda key: ascii(key)[:20])
def test_an_outbox_with_a_bad_key(
    client: WeChatPay, secrets: list[str], tmp_path: Path, key: Any
) -> None:
    sqlalchemy = pytest.importorskip("sqlalchemy")
    from wechatpay_chain.durable import Outbox

    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path}/shop.db")
    with pytest.raises(ConfigurationError, match="encryption_key") as caught:
        Outbox(engine, client, encryption_key=key)
    assert_hidden(caught.value, *secrets)


@pytest.mark.parametrize("part", ["Inbox", "Outbox"])
def test_an_address_in_the_place_of_an_engine(
    client: WeChatPay, secrets: list[str], part: str
) -> None:
    pytest.importorskip("sqlalchemy")
    from wechatpay_chain import durable

    with pytest.raises(ConfigurationError, match="engine is of type str") as caught:
        getattr(durable, part)(f"postgresql://shop:{PASSWORD}@db.example/shop", client)
    assert_hidden(caught.value, *secrets)


@pytest.mark.parametrize(
    "change",
    [
        {"private_key": WRONG},
        {"apiv3_key": WRONG},
        {"secret": 5},
        {"certs": {PUBLIC_KEY_ID: WRONG}},
        {"merchant": {"p12": WRONG}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_keys_that_doctor_cannot_use(
    good: dict[str, Any], secrets: list[str], change: dict[str, Any]
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        keyring({**good, **change})
    assert_hidden(caught.value, *secrets)


def test_variables_that_doctor_cannot_use(good: dict[str, Any], secrets: list[str]) -> None:
    for name in ("PRIVATE_KEY", "APIV3_KEY", "MERCHANT_KEY"):
        with pytest.raises(ConfigurationError) as caught:
            environment_keyring(environment(good, **{f"WECHATPAY_{name}": WRONG}))
        assert_hidden(caught.value, *secrets)


@pytest.mark.parametrize("change", [{"secret": 5}, {"apiv3_key": WRONG}, {"private_key": WRONG}])
@pytest.mark.parametrize("how", ["mapping", "function", "async"])
def test_a_merchant_that_is_half_one(
    good: dict[str, Any], secrets: list[str], change: dict[str, Any], how: str
) -> None:
    given = {name: value for name, value in good.items() if name not in ("mchid", "proxy")}
    source = {MCHID: {**given, **change}}

    async def later(mchid: str) -> Any:
        return source[mchid]

    sources = {"mapping": source, "function": lambda mchid: source[mchid], "async": later}
    merchants = Merchants(sources[how], proxy=PROXY)
    calls = {"async": lambda: asyncio.run(merchants.get_async(MCHID))}
    with pytest.raises(ConfigurationError) as caught:
        calls.get(how, lambda: merchants[MCHID])()
    assert_hidden(caught.value, *secrets)


@pytest.mark.parametrize("dates", ["2026-11-20", ["2026-11-20", "2026-11-21"]], ids=["one", "two"])
def test_bills_that_do_not_come(
    good: dict[str, Any], secrets: list[str], tmp_path: Path, dates: Any
) -> None:
    client = WeChatPay(**{**good, "base_uri": "http://127.0.0.1:1/"})
    for options in ({}, {"api": "v2", "appid": "wx8888888888888888"}):
        with pytest.raises(WeChatPayError) as caught:
            bills.download(client, dates, to=tmp_path, **options)
        assert_hidden(caught.value, *secrets, SECRET)
        with pytest.raises(WeChatPayError) as caught:
            asyncio.run(bills.download_async(client, dates, to=tmp_path, **options))
        assert_hidden(caught.value, *secrets, SECRET)
