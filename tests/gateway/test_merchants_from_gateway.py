"""`from_gateway` of a client and of `Merchants`: each merchant of a gateway's file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.support import order
from wechatpay_chain import ConfigurationError, Merchants, UnknownMerchant, WeChatPay
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway.store.identity import Identity

NATIVE = "v3/pay/transactions/native"


@pytest.fixture(scope="module")
def running(identity: Identity, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with Gateway(identity=identity, data=tmp_path_factory.mktemp("gateway")) as gateway:
        gateway.add_merchant(name="茶")
        partner = gateway.add_merchant("partner")
        gateway.add_sub_merchant(partner, "1600000031", name="Tea")
        yield gateway


@pytest.fixture
def path(running: Gateway) -> Path:
    assert running.state.directory is not None
    return running.state.directory / "gateway.json"


def test_the_file_lists_all_merchants(running: Gateway, path: Path) -> None:
    told = json.loads(path.read_bytes())
    assert told == running.describe()
    assert list(told["merchants"]) == list(running.merchants)
    for mchid, merchant in running.merchants.items():
        shown = told["merchants"][mchid]
        assert (shown["mchid"], shown["kind"]) == (mchid, merchant.kind)
        assert (shown["appid"], shown["apps"]) == (merchant.appid, list(merchant.apps))
        assert shown["serial"] == merchant.identity.serial
        assert Path(shown["private_key"]).is_absolute()
    first = told["merchants"][told["mchid"]]
    for name in ("serial", "private_key", "certificate", "apiv3_key", "secret", "appid"):
        assert first[name] == told[name]
    (partner,) = (each for each in told["merchants"].values() if each["kind"] == "partner")
    (sub,) = partner["sub_merchants"]
    assert (sub["mchid"], sub["apps"], sub["name"]) == ("1600000031", [], "Tea")


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
def test_a_client_of_each_merchant(running: Gateway, path: Path, tls: bool) -> None:
    for mchid, merchant in running.merchants.items():
        with WeChatPay.from_gateway(path, mchid=mchid, tls=tls) as wxpay:
            assert wxpay.mchid == mchid
            assert wxpay.v3.certificates.get().verified
            assert wxpay._secret.reveal() == merchant.identity.secret


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
async def test_all_merchants(running: Gateway, path: Path, tls: bool) -> None:
    async with Merchants.from_gateway(path, tls=tls, timeout=10) as merchants:
        assert list(merchants) == list(running.merchants)
        assert len(merchants) == 3
        for mchid, merchant in running.merchants.items():
            assert (await merchants[mchid].v3.certificates.get_async()).verified
            notice = merchant.trigger("TRANSACTION.SUCCESS", "http://127.0.0.1:1/")
            headers = merchant.state.outbox.headers(notice)
            assert merchants.notify(headers, notice["body"]).mchid == mchid
        with pytest.raises(UnknownMerchant):
            merchants["1999999999"]


def test_a_merchant_that_became_the_first(tmp_path: Path) -> None:
    with Gateway(data=tmp_path) as gateway:
        late = gateway.add_merchant()
        identity, mchid = late.identity, late.mchid
    with Gateway(identity=identity, data=tmp_path) as gateway:
        told = gateway.describe()
        assert (told["mchid"], list(gateway.merchants)) == (mchid, [mchid])
        assert told["merchants"][mchid]["private_key"] == told["private_key"]


def test_a_merchant_that_is_added_later(identity: Identity, tmp_path: Path) -> None:
    with (
        Gateway(identity=identity, data=tmp_path) as gateway,
        Merchants.from_gateway(tmp_path / "gateway.json") as merchants,
    ):
        late = gateway.add_merchant()
        assert late.mchid in merchants
        body = order(late)  # type: ignore[arg-type]
        assert merchants[late.mchid][NATIVE].post(json=body).json()["code_url"]


def test_a_merchant_that_is_not_there(running: Gateway, path: Path) -> None:
    with pytest.raises(
        ConfigurationError, match=r"has no merchant 1999999999; its merchants are 1"
    ):
        WeChatPay.from_gateway(path, mchid="1999999999")


def test_a_file_of_an_older_version(running: Gateway, path: Path, tmp_path: Path) -> None:
    told = json.loads(path.read_bytes())
    del told["merchants"]
    old = tmp_path / "gateway.json"
    old.write_text(json.dumps(told))
    for arguments in ({}, {"mchid": told["mchid"]}):
        with WeChatPay.from_gateway(old, **arguments) as wxpay:
            assert wxpay.v3.certificates.get().verified
    with Merchants.from_gateway(old) as merchants:
        assert list(merchants) == [told["mchid"]]
        assert merchants[told["mchid"]].v3.certificates.get().verified


@pytest.mark.parametrize("odd", [[], 5, {"../x": {}}, {"160": 5}, {"160": {}}, "x"])
def test_merchants_that_are_none(running: Gateway, path: Path, tmp_path: Path, odd: Any) -> None:
    told = {**json.loads(path.read_bytes()), "merchants": odd}
    other = tmp_path / "gateway.json"
    other.write_text(json.dumps(told))
    with pytest.raises(ConfigurationError) as caught:
        WeChatPay.from_gateway(other, mchid="160")
    assert told["secret"] not in str(caught.value)


def test_an_entry_of_another_merchant(running: Gateway, path: Path, tmp_path: Path) -> None:
    told = json.loads(path.read_bytes())
    first, second, _ = told["merchants"]
    told["merchants"][second] = told["merchants"][first]
    other = tmp_path / "gateway.json"
    other.write_text(json.dumps(told))
    with pytest.raises(ConfigurationError, match=f"has a different mchid in merchants.{second}"):
        WeChatPay.from_gateway(other, mchid=second)
