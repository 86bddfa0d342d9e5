"""The keys of WeChat Pay that sign responses, and the list of certificates."""

from __future__ import annotations

import json

import pytest

from tests.gateway.wire import signed
from wechatpay_chain import ClientError
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.keys import certificates

CERTIFICATES = "/v3/certificates"


def test_certificates_are_signed_by_one_of_them(gateway):
    response = signed(gateway, "GET", CERTIFICATES)
    listed = [each["serial_no"] for each in json.loads(response.body)["data"]]
    assert listed == [gateway.identity.platform_serial]
    assert response.serial in listed
    assert response.is_signed_by(gateway.identity.platform_certificate)


@pytest.mark.parametrize("way", ["public_key", "certificate"])
def test_without_a_serial_the_certificate_signs(identity, way):
    with Gateway(identity=identity, signs_with=way) as gateway:
        assert signed(gateway, "GET", CERTIFICATES).serial == identity.platform_serial
        for serial in (identity.public_key_id, identity.platform_serial):
            response = signed(gateway, "GET", CERTIFICATES, Wechatpay_Serial=serial)
            assert (response.status, response.serial) == (200, serial)


def test_a_rejection_is_signed_by_the_key_that_was_asked_for(gateway):
    for serial in (gateway.identity.public_key_id, gateway.identity.platform_serial):
        path = "/v3/pay/transactions/native"
        response = signed(gateway, "POST", path, b"{}", Wechatpay_Serial=serial)
        assert (response.status, response.serial) == (400, serial)


def test_a_merchant_without_certificates(identity):
    with Gateway(identity=identity, signs_with="public_key_only") as gateway:
        response = signed(gateway, "GET", CERTIFICATES)
        assert (response.status, json.loads(response.body)["code"]) == (404, "RESOURCE_NOT_EXISTS")
        for asked in (None, identity.public_key_id, identity.platform_serial):
            response = signed(gateway, "GET", CERTIFICATES, Wechatpay_Serial=asked)
            assert response.serial == identity.public_key_id
        assert list(gateway.certs) == [identity.public_key_id]
        with gateway.client() as wxpay, pytest.raises(ClientError) as caught:
            certificates.download(wxpay, identity.apiv3_key)
        assert caught.value.code == "RESOURCE_NOT_EXISTS"


async def test_an_official_downloader_finds_what_it_needs(gateway):
    """It has no keys yet, so it requests none, and trusts only those in the list."""
    async with gateway.client(certs=None) as stranger:
        found = certificates.download(stranger, gateway.identity.apiv3_key)
        assert found == await certificates.download_async(stranger, gateway.identity.apiv3_key)
    assert list(found) == [gateway.identity.platform_serial]


def test_times_are_of_beijing(gateway):
    (entry,) = json.loads(signed(gateway, "GET", CERTIFICATES).body)["data"]
    assert entry["effective_time"].endswith("+08:00")
    assert entry["expire_time"].endswith("+08:00")
