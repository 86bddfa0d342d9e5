"""Payments with invalid keys and helpers: one clear error, and no second payment."""

from __future__ import annotations

import asyncio
import datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

from tests.gateway.support import order, paid
from tests.support import new_key
from wechatpay_chain import DecryptionError, SignatureError
from wechatpay_chain.keys.stores import MemoryKeyStore

WORLDS = pytest.mark.parametrize("world", ["sync", "async"])
NATIVE = "v3/pay/transactions/native"
REFUNDS = "v3/refund/domestic/refunds"


def certificate(serial: str, days: int) -> x509.Certificate:
    """Return a certificate of another issuer with a serial number of WeChat Pay's."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "another authority")])
    now, key = datetime.datetime.now(datetime.UTC), new_key()
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(int(serial, 16))
        .not_valid_before(now - datetime.timedelta(days=400))
        .not_valid_after(now + datetime.timedelta(days=days))
        .sign(key, hashes.SHA256())
    )


@pytest.fixture
def posted(platform):
    """Return the targets of all POST requests to the gateway, in order."""
    posted: list[str] = []

    def listen(kind: str, entry: dict[str, Any]) -> None:
        if kind == "request" and entry["method"] == "POST":
            posted.append(entry["target"].lstrip("/"))

    platform.state.log.listeners.add(listen)
    return posted


def post(wxpay, world, path, body):
    if world == "sync":
        with wxpay:
            return wxpay[path].post(json=body)

    async def call():
        async with wxpay:
            return await wxpay[path].post_async(json=body)

    return asyncio.run(call())


@WORLDS
@pytest.mark.parametrize(
    ("days", "reason", "words"),
    [
        (30, "mismatch", "the key for '{serial}' in certs is not the key with that id"),
        (-1, "expired", "signed with the platform certificate {serial}, which expired on"),
    ],
    ids=["another chain's", "expired"],
)
def test_a_wrong_certificate_leaves_a_refund_made_once(
    platform, posted, world, days, reason, words
):
    with platform.client() as wxpay:
        made = paid(platform, wxpay)
    posted.clear()
    serial = platform.identity.platform_serial
    bad = platform.client(certs={serial: certificate(serial, days)}, apiv3_key=None)
    refund = {
        "out_trade_no": made["out_trade_no"],
        "out_refund_no": "refund-once-0001",
        "amount": {"refund": 1, "total": 100, "currency": "CNY"},
    }
    with pytest.raises(SignatureError, match=words.format(serial=serial)) as caught:
        post(bad, world, REFUNDS, refund)
    assert caught.value.reason == reason
    assert not caught.value.retryable
    assert posted == [REFUNDS]


@WORLDS
def test_an_apiv3_key_that_opens_nothing_sends_no_payment(platform, posted, world):
    bad = platform.client(certs=None, apiv3_key="0" * 32)
    with pytest.raises(DecryptionError, match="check that apiv3_key is the key.*was not sent"):
        post(bad, world, NATIVE, order(platform))
    assert posted == []


class Failing(MemoryKeyStore):
    """Works until it is switched off."""

    error: BaseException | None = None

    def load(self, mchid):
        if self.error is not None:
            raise self.error
        return "rubbish"

    def save(self, mchid, document):
        self.load(mchid)


@WORLDS
@pytest.mark.parametrize("error", [None, OSError("gone"), TimeoutError()], ids=repr)
def test_a_payment_goes_through_once_whatever_the_store_does(
    platform, posted, fetches, world, error
):
    store = Failing()
    store.error = error
    wxpay = platform.client(certs=None, key_store=store)
    assert post(wxpay, world, NATIVE, order(platform)).json()["code_url"]
    assert (posted, fetches) == ([NATIVE], [200])
