"""Merchants without `certs`: each fetches its own certificates, and notifications find it still."""

from __future__ import annotations

import json
import re

import pytest

from tests.support import pem, self_signed
from tests.test_notifications import notification
from wechatpay_chain import Merchants, SignatureError
from wechatpay_chain.crypto import aes
from wechatpay_chain.testing.mock import MockTransport

A, B, C = "1900000001", "1900000002", "1900000003"
SERIALS = {A: "51A1", B: "51B2", C: "51C3"}


class WeChat:
    """Lists for each merchant its own certificate, and signs with it."""

    def __init__(self, tenants):
        self.tenants = {each.mchid: each for each in tenants}
        self.lines = {
            mchid: MockTransport(self.answer, sign={SERIALS[mchid]: each.platform})
            for mchid, each in self.tenants.items()
        }
        self.fetches = []

    def answer(self, request):
        mchid = re.search('mchid="(\\d+)"', request.headers["Authorization"])[1]
        if request.path != "/v3/certificates":
            return {"path": request.path}
        self.fetches.append(mchid)
        each, nonce = self.tenants[mchid], "123456789012"
        cert = pem(self_signed(each.platform, SERIALS[mchid], "Tenpay.com")).decode()
        sealed = {
            "algorithm": "AEAD_AES_256_GCM",
            "nonce": nonce,
            "associated_data": "certificate",
            "ciphertext": aes.gcm_encrypt(cert, each.apiv3_key, nonce, "certificate"),
        }
        return {"data": [{"serial_no": SERIALS[mchid], "encrypt_certificate": sealed}]}

    def send(self, request):
        return self.lines[re.search('mchid="(\\d+)"', request.headers["Authorization"])[1]].send(
            request
        )

    async def send_async(self, request):
        return self.send(request)

    def close(self):
        pass

    async def aclose(self):
        pass


@pytest.fixture
def wechat(tenants):
    return WeChat(tenants)


@pytest.fixture
def merchants(tenants, wechat):
    rows = {each.mchid: each.arguments(certs=None) for each in tenants}
    return Merchants(rows, transport=wechat)


def test_each_fetches_its_own(merchants, wechat):
    for mchid in (A, B, C):
        for _ in range(2):
            assert merchants[mchid].v3.pay.get().verified
        assert merchants[mchid].platform_keys.serials == (SERIALS[mchid],)
    assert wechat.fetches == [A, B, C]


@pytest.mark.parametrize("used", [True, False])
async def test_whoever_can_open_it_fetches_the_certificate(merchants, wechat, tenants, used):
    if used:
        merchants[B].v3.pay.get()
    each = tenants[1]
    body = notification(key=each.apiv3_key)
    signed = each.signed(body, SERIALS[B])
    assert merchants.notify(signed, body).mchid == B
    assert (await merchants.notify_async(signed, body)).mchid == B
    assert wechat.fetches == [B]
    assert list(merchants._clients) == [B]


def test_a_forged_one_makes_nobody_fetch(merchants, wechat, tenants):
    body = notification(key="another-key-of-nobody-00000000-x")
    for _ in range(20):
        with pytest.raises(SignatureError) as caught:
            merchants.notify(tenants[1].signed(body, "51FF"), body)
        assert caught.value.reason == "unknown_serial"
    assert wechat.fetches == []


def test_one_that_opens_and_is_signed_by_somebody_else(merchants, tenants):
    a, b, _ = tenants
    body = notification(key=a.apiv3_key)
    for key_id in (SERIALS[A], SERIALS[B], "51FF"):
        with pytest.raises(SignatureError):
            merchants.notify(b.signed(body, key_id), body)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{", b'{"resource": 5}', json.dumps([1]).encode()]
)
def test_what_is_no_notification(merchants, tenants, content):
    with pytest.raises(SignatureError):
        merchants.notify(tenants[0].signed(content, "51FF"), content)


def test_a_certificate_that_follows_the_one_that_was_given(tenants, wechat):
    """`certs` in a database may be old: the new certificate is fetched all the same."""
    old = self_signed(tenants[0].platform, "51A0", "Tenpay.com")
    rows = {each.mchid: each.arguments() for each in tenants[1:]}
    rows[A] = tenants[0].arguments(certs={"51A0": pem(old).decode()})
    merchants = Merchants(rows, transport=wechat)
    body = notification(key=tenants[0].apiv3_key)
    assert merchants.notify(tenants[0].signed(body, "51A0"), body).mchid == A
    assert wechat.fetches == []
    assert merchants.notify(tenants[0].signed(body, SERIALS[A]), body).mchid == A
    assert wechat.fetches == [A]
