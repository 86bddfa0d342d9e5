"""The ring of WeChat Pay's keys: what can be changed and looked up while calls are under way."""

from __future__ import annotations

import datetime
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import (
    MCHID,
    MERCHANT_SERIAL,
    PLATFORM_SERIAL,
    PUBLIC_KEY_ID,
    new_key,
    pem,
    self_signed,
)
from wechatpay_chain import ConfigurationError, SignatureError
from wechatpay_chain.keys.platform_key import load_all
from wechatpay_chain.keys.platform_keys import PlatformKeys
from wechatpay_chain.testing.mock import MockTransport

OTHER = new_key()
SERIALS = [f"5{number:X}" for number in range(1, 6)]
CERTS = {serial: self_signed(OTHER, serial, "Tenpay.com") for serial in SERIALS}


def test_a_running_client_learns_a_key(keys):
    line = MockTransport(lambda _: {"ok": True}, sign={"5B": OTHER})
    wxpay = keys.client(transport=line, apiv3_key=None)
    with pytest.raises(SignatureError, match="Add that certificate to certs"):
        wxpay.v3.x.get()
    wxpay.platform_keys.update({"5B": OTHER.public_key()})
    assert wxpay.v3.x.get().verified
    assert set(wxpay.platform_keys.serials) == {PUBLIC_KEY_ID, "5B"}
    assert "5b" in wxpay.platform_keys
    assert wxpay.platform is wxpay.platform_keys


def test_a_key_of_the_same_name_is_replaced(keys):
    wxpay = keys.client(certs={"5B": keys.platform.public_key()})
    wxpay.platform_keys.update({"00:5b": OTHER.public_key()})
    assert wxpay.platform_keys.encryption_key("5B") == ("005B", OTHER.public_key())
    assert len(wxpay.platform_keys.known) == 1


@pytest.mark.parametrize(
    ("certs", "words"),
    [
        (7, "certs is of type int"),
        ({7: b""}, "the id 7 must be a str"),
        ({MERCHANT_SERIAL: b""}, "merchant's own serial"),
        ({"5C": "nowhere.pem"}, "cannot read"),
        ({"5C": "rubbish"}, "certs"),
        ({"5C": CERTS["51"]}, "a certificate with the serial number 51"),
        ({"5C": new_key()}, "certs"),
    ],
)
def test_what_is_no_key_of_wechat_pays_changes_nothing(keys, certs, words):
    wxpay = keys.client()
    if isinstance(certs, dict):
        certs = {"5D": OTHER.public_key(), **certs}
    with pytest.raises(ConfigurationError, match=words):
        wxpay.platform_keys.update(certs)
    assert wxpay.platform_keys.serials == (PUBLIC_KEY_ID,)


def test_the_merchants_own_key_is_refused(keys):
    with pytest.raises(ConfigurationError, match="merchant's own key"):
        keys.client().platform_keys.update({"5C": keys.merchant.public_key()})


def test_what_runs_out_is_listed(keys):
    soon = datetime.timedelta(days=31)
    wxpay = keys.client(
        certs={PUBLIC_KEY_ID: keys.platform.public_key(), **CERTS},
        merchant={"cert": keys.merchant_certificate, "key": keys.merchant},
    )
    found = wxpay.platform_keys.expiring(within=soon)
    assert {(one.name, one.kind) for one in found} == {
        (MERCHANT_SERIAL, "merchant"),
        *((serial, "platform") for serial in SERIALS),
    }
    assert found == sorted(found, key=lambda one: one.not_after)
    assert all(one.not_after.tzinfo is datetime.UTC for one in found)
    assert wxpay.platform_keys.expiring(datetime.timedelta(days=29)) == []
    assert len(wxpay.platform_keys.expiring()) == 6  # those of the tests live for 30 days


def test_the_merchants_certificate_beside_its_key_is_known(keys):
    both = pem(keys.merchant) + pem(keys.merchant_certificate)
    wxpay = keys.client(private_key=both, serial=None)
    found = wxpay.platform_keys.expiring(datetime.timedelta(days=31))
    assert [(one.name, one.kind) for one in found] == [(MERCHANT_SERIAL, "merchant")]
    assert wxpay.mchid == MCHID


def test_calls_see_the_keys_before_or_after_an_update(keys):
    """Lookups go on while another thread changes the ring; none of them misses a known key."""
    ring = PlatformKeys({PLATFORM_SERIAL: keys.platform_certificate})
    loaded = load_all(CERTS)
    done = threading.Event()
    failures = []

    def look():
        while not done.is_set():
            if PLATFORM_SERIAL not in ring or PLATFORM_SERIAL.lower() not in ring:
                failures.append("lost")
            ring.preferred()
            ring.expiring()

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(300):
        for serial in SERIALS:
            ring.update({serial: CERTS[serial]})
            ring._adopt({serial: loaded[serial]})
    done.set()
    for thread in threads:
        thread.join()
    assert failures == []


@given(st.lists(st.tuples(st.booleans(), st.sets(st.sampled_from(SERIALS), min_size=1))))
def test_whatever_is_given_and_fetched_in_whatever_order(steps):
    """What was given stays; what was fetched stays until the second list without it."""
    ring = PlatformKeys({})
    loaded = load_all(CERTS)
    given_, last, now = set(), set(), set()
    for is_given, names in steps:
        if is_given:
            ring.update({name: CERTS[name] for name in names})
            given_ |= names
        else:
            ring._adopt({name: loaded[name] for name in names})
            last, now = now, names
        assert set(ring.serials) == given_ | last | now
        assert all(name.lower() in ring for name in ring.serials)
