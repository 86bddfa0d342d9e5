"""WeChat Pay's keys: each merchant has its own public key, with its own id."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.support import order
from tests.servers import VerifyingServer
from wechatpay_chain import APIError, Merchants, Sensitive, SignatureError, WeChatPay
from wechatpay_chain.cli.gateway.environment import variables
from wechatpay_chain.crypto import rsa
from wechatpay_chain.gateway import Gateway, Merchant, Snapshot
from wechatpay_chain.gateway.merchant import platform_certs

NATIVE = "v3/pay/transactions/native"
USER = "v3/offlinefacemch/organizations/ORG/users/out-user-id/stu-1"


@pytest.fixture(scope="module")
def tea(gateway: Gateway) -> Merchant:
    return gateway.add_merchant(name="Tea")


@pytest.fixture
def theirs(tea: Merchant) -> Iterator[WeChatPay]:
    with tea.client(retry=None) as wxpay:
        yield wxpay


def test_the_keys_of_a_merchant_are_its_own(gateway: Gateway, tea: Merchant) -> None:
    own, other = gateway.identity, tea.identity
    assert own.public_key_id != other.public_key_id
    assert own.platform_serial != other.platform_serial
    assert own.platform_key.public_key() != other.platform_key.public_key()
    assert set(platform_certs(own)).isdisjoint(platform_certs(other))


def test_responses_and_notifications_are_signed_with_it(
    gateway: Gateway, tea: Merchant, theirs: WeChatPay, receiver: VerifyingServer
) -> None:
    response = theirs[NATIVE].post(
        json=order(tea, notify_url=receiver.url),  # type: ignore[arg-type]
        headers={"Wechatpay-Serial": tea.identity.public_key_id},
    )
    assert response.headers["Wechatpay-Serial"] == tea.identity.public_key_id
    tea.pay(tea.orders()[0]["out_trade_no"])
    headers, body = receiver.take()
    assert headers["Wechatpay-Serial"] == tea.identity.public_key_id
    assert theirs.notify(headers, body).event_type == "TRANSACTION.SUCCESS"
    with gateway.client() as wxpay, pytest.raises(SignatureError):
        wxpay.notify(headers, body)  # the first merchant does not have this key
    assert theirs.v3.certificates.get().json()["data"][0]["serial_no"] == (
        tea.identity.platform_serial
    )


def test_a_rejection_is_signed_with_it(theirs: WeChatPay, tea: Merchant) -> None:
    with pytest.raises(APIError) as caught:
        theirs[NATIVE].post(json=order(tea, amount={"total": 0}))  # type: ignore[arg-type]
    assert caught.value.verified


def test_the_key_of_another_merchant_is_rejected(
    gateway: Gateway, tea: Merchant, theirs: WeChatPay
) -> None:
    other = gateway.identity
    sealed = rsa.encrypt("王五", other.platform_key.public_key())
    body = {"user_name": sealed, "status": "NORMAL"}
    for name in (other.public_key_id, other.platform_serial):
        with pytest.raises(APIError) as caught:
            theirs[USER].patch(json=body, headers={"Wechatpay-Serial": name})
        assert caught.value.code == "PARAM_ERROR"
        assert "Wechatpay-Serial" in str(caught.value)
    named = {"Wechatpay-Serial": tea.identity.public_key_id}
    with pytest.raises(APIError) as caught:  # the right id, with the key of another
        theirs[USER].patch(json=body, headers=named)
    assert caught.value.code == "PARAM_ERROR"
    theirs[USER].patch(json={"user_name": Sensitive("王五"), "status": "NORMAL"})
    response = theirs.v3.certificates.get(headers={"Wechatpay-Serial": other.public_key_id})
    assert response.headers["Wechatpay-Serial"] in platform_certs(tea.identity)


def test_each_merchant_of_the_file_has_its_own(tmp_path: Path) -> None:
    with Gateway(data=tmp_path) as gateway:
        tea = gateway.add_merchant()
        path = tmp_path / "gateway.json"
        told = json.loads(path.read_text())
        own, other = told["platform"], told["merchants"][tea.mchid]["platform"]
        assert [own["public_key_id"], other["public_key_id"]] == [
            each.identity.public_key_id for each in (gateway, tea)
        ]
        assert Path(other["public_key"]).read_bytes() != Path(own["public_key"]).read_bytes()
        found = variables(told, tea.mchid)
        assert found["WECHATPAY_PUBLIC_KEY_ID"] == other["public_key_id"]
        assert found["WECHATPAY_PUBLIC_KEY"] == other["public_key"]
        described = gateway.describe(inline_keys=True)["merchants"][tea.mchid]["platform"]
        assert described["public_key"].startswith("-----BEGIN PUBLIC KEY-----")
        for mchid in (gateway.identity.mchid, tea.mchid):
            with WeChatPay.from_gateway(path, mchid=mchid) as wxpay:
                assert wxpay.v3.certificates.get().verified
        with Merchants.from_gateway(path) as merchants:
            assert merchants[tea.mchid].v3.certificates.get().verified
        key_id = tea.identity.public_key_id
        gateway.rotate_keys()
        with WeChatPay.from_gateway(path, mchid=tea.mchid) as wxpay:
            named = {"Wechatpay-Serial": tea.identity.public_key_id}
            assert wxpay.v3.certificates.get(headers=named).verified
        rotated = tea.identity.public_key_id
    with Gateway(data=tmp_path) as gateway:
        again = gateway.merchants[tea.mchid].identity
        assert [each.public_key_id for each in again.platforms] == [rotated, key_id]
        place = tmp_path / "merchants" / tea.mchid
        gateway.rotate_keys()
        assert len(list(place.glob("platform_key_*.pem"))) == 2  # no older ones


def test_a_directory_of_an_older_version_keeps_one_key_for_all(tmp_path: Path) -> None:
    with Gateway(data=tmp_path) as gateway:
        tea = gateway.add_merchant()
    place = tmp_path / "merchants" / tea.mchid
    secrets = json.loads((place / "secrets.json").read_text())
    del secrets["platforms"]
    (place / "secrets.json").write_text(json.dumps(secrets))
    for path in (*place.glob("platform_*"), place / "pub_key.pem"):
        path.unlink()
    with Gateway(data=tmp_path) as gateway:
        known = gateway.merchants[tea.mchid]
        assert known.identity.public_key_id == gateway.identity.public_key_id
        with WeChatPay.from_gateway(tmp_path / "gateway.json", mchid=tea.mchid) as wxpay:
            assert wxpay.v3.certificates.get().verified


def test_a_file_of_an_older_version_is_read(tmp_path: Path) -> None:
    with Gateway(data=tmp_path) as gateway:
        tea = gateway.add_merchant()
        path = tmp_path / "gateway.json"
        told: dict[str, Any] = json.loads(path.read_text())
        key_id = told["platform"]["public_key_id"]
        del told["merchants"][tea.mchid]["platform"]
        path.write_text(json.dumps(told))
        with WeChatPay.from_gateway(path, mchid=tea.mchid) as wxpay:
            assert key_id in wxpay.platform_keys.serials
        assert variables(told, tea.mchid)["WECHATPAY_PUBLIC_KEY_ID"] == key_id


def test_snapshots_keep_them(gateway: Gateway, tea: Merchant, tmp_path: Path) -> None:
    gateway.snapshot().save(tmp_path / "snapshot")
    loaded = Snapshot.load(tmp_path / "snapshot")
    for merchant in (gateway, tea):
        identity = loaded.identities[merchant.identity.mchid]
        assert identity.public_key_id == merchant.identity.public_key_id
        assert identity.platform_key.private_numbers() == (
            merchant.identity.platform_key.private_numbers()
        )
