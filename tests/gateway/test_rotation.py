"""Key rotation: both keys are valid for a while, so all clients continue to work."""

from __future__ import annotations

import json

import pytest

from wechatpay_chain import ClientError, Sensitive, SignatureError, WeChatPay
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.keys import certificates

USER = "v3/offlinefacemch/organizations/o/users/out-user-id/{out_user_id}"


@pytest.fixture(params=["public_key", "certificate"])
def rotated(request, identity):
    """Yield a rotated gateway, a client with only the old key, and the name of that key."""
    gateway = Gateway(identity=identity, signs_with=request.param)
    with gateway, gateway.client() as old:
        name = gateway.identity.signing_key_name
        gateway.rotate_keys()
        yield gateway, old, name


def test_the_new_key_signs(rotated):
    gateway, old, _ = rotated
    with gateway.client() as new:
        assert new.v3.certificates.get().verified
    named = {"Wechatpay-Serial": gateway.identity.signing_key_name}
    if gateway.identity.signs_with == "certificate":
        assert old.v3.certificates.get(headers=named).verified  # it has fetched the certificate
        return
    with pytest.raises(
        SignatureError, match="A public key cannot be downloaded automatically"
    ) as caught:
        old.v3.certificates.get(headers=named)
    assert caught.value.reason == "unknown_serial"


def test_the_old_key_signs_for_those_who_name_it(rotated):
    _, old, name = rotated
    response = old.v3.certificates.get(headers={"Wechatpay-Serial": name})
    assert (response.verified, response.headers["Wechatpay-Serial"]) == (True, name)
    with pytest.raises(ClientError) as caught:
        old.v3.pay.transactions.native.post(json={}, headers={"Wechatpay-Serial": name})
    assert caught.value.verified
    lower = old.v3.certificates.get(headers={"Wechatpay-Serial": name.lower()})
    assert lower.verified


def test_both_certificates_are_listed(rotated):
    gateway, old, name = rotated
    identity = gateway.identity
    response = old.v3.certificates.get(headers={"Wechatpay-Serial": name}).json()
    assert [each["serial_no"] for each in response["data"]] == [
        platform.serial for platform in identity.platforms
    ]
    with gateway.client() as new:
        found = certificates.download(new, identity.apiv3_key)
    assert list(found) == [platform.serial for platform in identity.platforms]
    both = {**found, identity.public_key_id: identity.platform_key.public_key()}
    with gateway.client(certs=both) as wxpay:
        for serial in both:
            assert wxpay.v3.certificates.get(headers={"Wechatpay-Serial": serial}).verified


def test_what_was_encrypted_for_the_old_key_still_opens(rotated):
    gateway, old, name = rotated
    with gateway.client() as new:
        for client, serial in ((old, name), (new, gateway.identity.signing_key_name)):
            changed = client[USER].patch(
                out_user_id=serial,
                json={"user_name": Sensitive("王五")},
                headers={"Wechatpay-Serial": serial},
            )
            assert changed.verified
            shown = client[USER].get(out_user_id=serial, headers={"Wechatpay-Serial": serial})
            assert client.decrypt(shown.json()["user_name"]) == "王五"


def test_notifications_are_signed_with_the_new_key(rotated, receiver):
    gateway, old, _ = rotated
    gateway.trigger("TRANSACTION.SUCCESS", receiver.url)
    headers, body = receiver.take()
    with gateway.client() as new:
        assert new.notify(headers, body).event_type == "TRANSACTION.SUCCESS"
    if gateway.identity.signs_with == "certificate":
        assert old.notify(headers, body).event_type == "TRANSACTION.SUCCESS"
        return
    with pytest.raises(SignatureError, match="A public key cannot be downloaded automatically"):
        old.notify(headers, body)


def test_a_second_rotation_forgets_the_first_key(rotated):
    gateway, old, name = rotated
    gateway.rotate_keys()
    answer = old.v3.certificates.get(headers={"Wechatpay-Serial": name})
    assert answer.headers["Wechatpay-Serial"] == gateway.identity.platform_serial
    with pytest.raises(ClientError) as caught:
        old[USER].patch(
            out_user_id="1",
            json={"user_name": Sensitive("王五")},
            headers={"Wechatpay-Serial": name},
        )
    assert caught.value.detail["location"] == "header"
    assert name not in caught.value.detail["issue"]


def test_a_rotation_survives_a_restart(tmp_path):
    with Gateway(data=tmp_path) as gateway:
        name, old = gateway.identity.public_key_id, gateway.client()
        new_name = gateway.rotate_keys().public_key_id
        told = json.loads((tmp_path / "gateway.json").read_text("utf-8"))
        assert told["platform"]["public_key_id"] == new_name
    with Gateway(data=tmp_path) as gateway, old:
        assert gateway.identity.public_key_id == new_name
        with gateway.client() as new:
            assert new.v3.certificates.get().verified
        response = old.v3.certificates.get(
            base_uri=gateway.base_uri, headers={"Wechatpay-Serial": name}
        )
        assert response.verified


def test_a_client_of_the_connection_file_after_a_rotation(tmp_path):
    with Gateway(data=tmp_path) as gateway:
        gateway.rotate_keys()
        with WeChatPay.from_gateway(tmp_path / "gateway.json") as wxpay:
            assert wxpay.v3.certificates.get().verified
