"""Whose notification it is: found by the key that signed it, and believed by nobody else."""

from __future__ import annotations

import dataclasses
import json
import logging

import pytest

from tests.merchants.support import tenant
from tests.support import PLATFORM_SERIAL, new_key, pem, self_signed
from tests.test_notifications import CONTENT, notification
from wechatpay_chain import (
    ConfigurationError,
    DecryptionError,
    Merchants,
    SignatureError,
    UnknownMerchant,
)

A, B, C = "1900000001", "1900000002", "1900000003"


@pytest.fixture
def merchants(rows, transport):
    return Merchants(rows, transport=transport)


@pytest.mark.parametrize("at", range(3))
async def test_the_key_names_the_merchant(merchants, tenants, at):
    each = tenants[at]
    body = notification(key=each.apiv3_key)
    for told in (
        merchants.notify(each.signed(body), body),
        await merchants.notify_async(each.signed(body), body),
        merchants.notify(each.signed(body), body, mchid=each.mchid),
        await merchants.notify_async(each.signed(body), body, mchid=each.mchid),
        merchants[each.mchid].notify(each.signed(body), body),
    ):
        assert told.mchid == each.mchid
        assert told.resource == CONTENT
        assert told.success().status == 204


def test_headers_of_a_framework_and_an_event(merchants, tenants):
    body = notification(key=tenants[1].apiv3_key)
    signed = tenants[1].signed(body)
    wsgi = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in signed.items()}
    assert merchants.notify(wsgi, body.decode()).mchid == B
    assert merchants.notify({"headers": signed, "body": body.decode()}).mchid == B


def test_an_id_may_be_written_in_another_way(rows, tenants, transport):
    cert = self_signed(tenants[0].platform, PLATFORM_SERIAL, "Tenpay.com Root CA")
    written = ":".join(PLATFORM_SERIAL[at : at + 2] for at in range(0, 40, 2)).lower()
    rows[A]["certs"] = {written: pem(cert).decode()}
    body = notification(key=tenants[0].apiv3_key)
    told = Merchants(rows, transport=transport).notify(
        tenants[0].signed(body, PLATFORM_SERIAL), body
    )
    assert told.mchid == A


def test_only_the_recipients_client_is_made(rows, tenants, transport):
    merchants = Merchants(rows, transport=transport)
    body = notification(key=tenants[2].apiv3_key)
    merchants.notify(tenants[2].signed(body), body)
    assert list(merchants._clients) == [C]


# Forgeries: one tenant may be an attacker, with keys of WeChat Pay's for itself.


def test_signed_for_one_and_sealed_for_another(merchants, tenants):
    a, b, _ = tenants
    body = notification(key=b.apiv3_key)
    with pytest.raises(DecryptionError):
        merchants.notify(a.signed(body), body)
    with pytest.raises(DecryptionError):
        merchants.notify(a.signed(body), body, mchid=A)


def test_signed_with_anothers_key_under_this_ones_id(merchants, tenants):
    a, b, _ = tenants
    body = notification(key=a.apiv3_key)
    for mchid in (None, A):
        with pytest.raises(SignatureError) as caught:
            merchants.notify(b.signed(body, key_id=a.key_id), body, mchid=mchid)
        assert caught.value.reason == "mismatch"


def test_anothers_notification_at_this_ones_address(merchants, tenants):
    _, b, _ = tenants
    body = notification(key=b.apiv3_key)
    with pytest.raises(SignatureError) as caught:
        merchants.notify(b.signed(body), body, mchid=A)
    assert caught.value.reason == "unknown_serial"


def test_a_tenant_that_claims_anothers_key_id(rows, tenants, transport, keys):
    """Whoever may write `certs` can only ever speak for itself."""
    a, b, _ = tenants
    mallory = dataclasses.replace(tenant(9, keys.merchant, new_key()), key_id=a.key_id)
    for order in ([mallory, a], [a, mallory]):
        merchants = Merchants(
            {each.mchid: each.arguments() for each in [*order, b]}, transport=transport
        )
        body = notification(key=a.apiv3_key)
        assert merchants.notify(a.signed(body), body).mchid == A
        with pytest.raises(DecryptionError):  # Mallory's signature is good for Mallory alone
            merchants.notify(mallory.signed(body), body)
        body = notification(key=mallory.apiv3_key)
        with pytest.raises(DecryptionError):
            merchants.notify(a.signed(body), body)
        assert merchants.notify(mallory.signed(body), body).mchid == mallory.mchid


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"Wechatpay-Serial": "PUB_KEY_ID_99"}, "unknown_serial"),
        ({"Wechatpay-Serial": "5157F09EFDC096DE15EBE81A47057A7232F1B8E1"}, "unknown_serial"),
        ({"Wechatpay-Serial": ""}, "missing"),
        ({"Wechatpay-Signature": ""}, "missing"),
        ({"Wechatpay-Timestamp": "1000000000"}, "expired"),
        ({"Wechatpay-Signature": "WECHATPAY/SIGNTEST/AAAA"}, None),
        ({"Wechatpay-Nonce": "another"}, "mismatch"),
    ],
)
@pytest.mark.parametrize("shared", [True, False])
def test_forged_headers(rows, tenants, transport, changes, reason, shared):
    if shared:
        rows[B]["certs"] = rows[A]["certs"]
    body = notification(key=tenants[0].apiv3_key)
    with pytest.raises(SignatureError) as caught:
        Merchants(rows, transport=transport).notify({**tenants[0].signed(body), **changes}, body)
    assert reason in (None, caught.value.reason)


def test_a_body_that_was_changed(merchants, tenants):
    body = notification(key=tenants[0].apiv3_key)
    with pytest.raises(SignatureError) as caught:
        merchants.notify(tenants[0].signed(body), body + b" ")
    assert caught.value.reason == "mismatch"


# Several merchants with one key of WeChat Pay's.


@pytest.fixture
def together(tenants):
    """Merchants that were all given the first one's key."""
    return [dataclasses.replace(each, key_id="PUB_KEY_ID_7", platform=tenants[0].platform)
            for each in tenants]  # fmt: skip


@pytest.mark.parametrize("at", range(3))
@pytest.mark.parametrize("how", ["shared", "own"])
async def test_the_apiv3_key_decides_where_keys_are_shared(together, transport, at, how):
    rows = {each.mchid: each.arguments() for each in together}
    shared = {}
    if how == "shared":
        shared["certs"] = together[0].arguments()["certs"]
        rows = {mchid: {**row, "certs": None} for mchid, row in rows.items()}
        for row in rows.values():
            del row["certs"]
    merchants = Merchants(rows, transport=transport, **shared)
    body = notification(key=together[at].apiv3_key)
    assert merchants.notify(together[at].signed(body), body).mchid == together[at].mchid
    told = await merchants.notify_async(together[at].signed(body), body)
    assert told.mchid == together[at].mchid


def test_nobodys_apiv3_key_opens_it(together, transport):
    merchants = Merchants({each.mchid: each.arguments() for each in together}, transport=transport)
    body = notification(key="another-key-of-nobody-00000000-x")
    with pytest.raises(DecryptionError, match="PUB_KEY_ID_7, which 3 merchants use"):
        merchants.notify(together[0].signed(body), body)


@pytest.mark.parametrize("resource", [{"algorithm": "ROT13"}, {"nonce": 5}, {"ciphertext": None}])
def test_a_signed_one_of_another_form(together, transport, resource):
    merchants = Merchants({each.mchid: each.arguments() for each in together}, transport=transport)
    body = notification(key=together[0].apiv3_key, **resource)
    with pytest.raises(DecryptionError):
        merchants.notify(together[0].signed(body), body)


def test_half_a_merchant_does_not_stop_the_others(together, transport, caplog):
    rows = {each.mchid: each.arguments() for each in together}
    rows[A] = {**rows[A], "private_key": "s3cret"}
    rows["1900000008"] = {**rows[B], "apiv3_key": "s3cret"}
    rows["1900000009"] = ["s3cret"]
    merchants = Merchants(rows, transport=transport)
    body = notification(key=together[1].apiv3_key)
    with caplog.at_level(logging.WARNING, "wechatpay_chain"):
        assert merchants.notify(together[1].signed(body), body).mchid == B
    assert "merchant 1900000009 gets no notifications" in caplog.text
    assert "merchant 1900000008 gets no notifications: apiv3_key has 6 bytes" in caplog.text
    assert "s3cret" not in caplog.text
    body = notification(key=together[0].apiv3_key)
    with pytest.raises(ConfigurationError, match=f"merchant {A}: private_key"):
        merchants.notify(together[0].signed(body), body)


# A mapping that grows, and functions.


def test_merchants_that_are_added_to_a_mapping(rows, tenants, transport, monkeypatch):
    moment = [100.0]
    monkeypatch.setattr(
        "wechatpay_chain.notifications.recipients.time.monotonic", lambda: moment[0]
    )
    late = rows.pop(C)
    merchants = Merchants(rows, transport=transport)
    body = notification(key=tenants[2].apiv3_key)
    with pytest.raises(SignatureError):
        merchants.notify(tenants[2].signed(body), body)
    rows[C] = late
    with pytest.raises(SignatureError):  # a flood of forgeries does not read a database each time
        merchants.notify(tenants[2].signed(body), body)
    moment[0] += 1
    assert merchants.notify(tenants[2].signed(body), body).mchid == C


def test_other_keys_after_a_reload(rows, tenants, transport):
    merchants = Merchants(rows, transport=transport)
    body = notification(key=tenants[0].apiv3_key)
    assert merchants.notify(tenants[0].signed(body), body).mchid == A
    moved = dataclasses.replace(tenants[0], key_id="PUB_KEY_ID_55", platform=new_key())
    rows[A] = moved.arguments()
    merchants.reload(A)
    assert merchants.notify(moved.signed(body), body).mchid == A
    with pytest.raises(SignatureError) as caught:
        merchants.notify(tenants[0].signed(body), body)
    assert caught.value.reason == "unknown_serial"
    del rows[A]
    with pytest.raises(UnknownMerchant):
        merchants.reload(A)
    with pytest.raises(SignatureError):
        merchants.notify(moved.signed(body), body)


async def test_a_function_is_asked_for_the_merchant_that_is_named(rows, tenants, transport):
    async def source(mchid):
        return rows.get(mchid)

    merchants = Merchants(source, transport=transport)
    body = notification(key=tenants[0].apiv3_key)
    with pytest.raises(SignatureError, match="if source is a function, only merchants already"):
        await merchants.notify_async(tenants[0].signed(body), body)
    told = await merchants.notify_async(tenants[0].signed(body), body, mchid=A)
    assert told.mchid == A
    assert (await merchants.notify_async(tenants[0].signed(body), body)).mchid == A
    with pytest.raises(UnknownMerchant):
        await merchants.notify_async(tenants[0].signed(body), body, mchid="1900000009")


async def test_a_merchant_that_was_dropped_is_still_found(rows, tenants, transport):
    merchants = Merchants(rows.get, max_clients=1, transport=transport)
    merchants[A], merchants[B]
    body = notification(key=tenants[0].apiv3_key)
    assert merchants.notify(tenants[0].signed(body), body).mchid == A


def test_apiv2s_say_whose_they_are_too(rows, transport):
    from tests.support import SECRET
    from wechatpay_chain.crypto import digest
    from wechatpay_chain.messages import canonical, xml

    fields = {"return_code": "SUCCESS", "mch_id": A, "nonce_str": "1"}
    fields["sign"] = digest.sign("MD5", canonical.fields(fields), SECRET)
    merchants = Merchants(rows, transport=transport, secret=SECRET)
    assert merchants[A].notify_v2(xml.dumps(fields)).mchid == A


def test_a_large_one_of_nobody_is_not_tried(merchants, tenants):
    body = json.dumps({"resource": "x" * 70_000}).encode()
    with pytest.raises(SignatureError) as caught:
        merchants.notify(tenants[0].signed(body, PLATFORM_SERIAL), body)
    assert caught.value.reason == "unknown_serial"
