"""From the platform certificate to the public key: no call fails on the way."""

from __future__ import annotations

import pytest

from wechatpay_chain import Sensitive, SignatureError
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.keys import certificates

USER = "v3/offlinefacemch/organizations/o/users/out-user-id/{out_user_id}"


def calls(wxpay, name):
    """Make two calls, one with encryption, and return the ids of the signing keys."""
    changed = wxpay[USER].patch(out_user_id=name, json={"user_name": Sensitive("王五")})
    shown = wxpay[USER].get(out_user_id=name)
    assert (changed.verified, shown.verified) == (True, True)
    assert wxpay.decrypt(shown.json()["user_name"]) == "王五"
    return {one.headers["Wechatpay-Serial"] for one in (changed, shown)}


def share_of_processes(gateway, both, receiver):
    """A half of the processes asks for the public key, then all, then they go back.

    Some have the certificate from the start, others fetch it. All of them verify everything.
    """
    serial, key_id = gateway.identity.platform_serial, gateway.identity.public_key_id
    public_key = {key_id: both[key_id]}
    gateway.trigger("TRANSACTION.SUCCESS", receiver.url)
    headers, body = receiver.take()
    for ids in ([serial] * 4, [serial, serial, key_id, key_id], [key_id] * 4, [serial] * 4):
        for number, name in enumerate(ids):
            certs = public_key if number % 2 else both
            with gateway.client(certs=certs, answer_with=name) as wxpay:
                assert calls(wxpay, f"share-{number}") == {name}
                assert wxpay.notify(headers, body).event_type == "TRANSACTION.SUCCESS"


@pytest.mark.parametrize("signs_with", ["certificate", "public_key"])
def test_certificate_then_both_then_public_key(identity, receiver, signs_with):
    with Gateway(identity=identity, signs_with="certificate") as gateway:
        serial, key_id = identity.platform_serial, identity.public_key_id
        with gateway.client(certs=None) as stranger:
            certificate = certificates.download(stranger, identity.apiv3_key)
        assert list(certificate) == [serial]
        both = {**certificate, key_id: identity.platform_key.public_key()}
        with gateway.client(certs=certificate) as wxpay:
            assert calls(wxpay, "1") == {serial}
    with Gateway(identity=identity, signs_with=signs_with) as gateway:
        # During the switch, responses depend on the request, notifications on the switch.
        with gateway.client(certs=both, answer_with=serial) as wxpay:
            assert calls(wxpay, "2") == {serial}
            tried = wxpay[USER].get(out_user_id="2", answer_with=key_id)
            assert (tried.verified, tried.headers["Wechatpay-Serial"]) == (True, key_id)
        share_of_processes(gateway, both, receiver)
        with gateway.client(certs=both) as wxpay:
            assert calls(wxpay, "3") == {key_id}
            assert serial in certificates.download(wxpay, identity.apiv3_key)
            gateway.trigger("TRANSACTION.SUCCESS", receiver.url)
            headers, body = receiver.take()
            assert wxpay.notify(headers, body).event_type == "TRANSACTION.SUCCESS"
    with Gateway(identity=identity, signs_with="public_key") as gateway:
        with gateway.client(certs={key_id: both[key_id]}) as wxpay:
            assert calls(wxpay, "4") == {key_id}
        with gateway.client(certs=certificate) as late, pytest.raises(SignatureError):
            late[USER].get(out_user_id="4", headers={"Wechatpay-Serial": key_id})
