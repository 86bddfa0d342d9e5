"""The ring of WeChat Pay's keys: what can be changed and looked up while calls are under way."""

from __future__ import annotations

import asyncio
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
from wechatpay_chain import ConfigurationError, SignatureError, Sleep, TransportError, Wait
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


class Fetched(PlatformKeys):
    """A ring whose fetches end as they are told, and which counts them."""

    def __init__(self, ends):
        super().__init__({"5A": CERTS_OF_OTHERS})
        self.ends = list(ends)
        self.under_way = self.fetches = 0
        self.fetched_by(lambda: None, None)

    def _download(self):
        assert self.under_way == 0
        self.under_way += 1
        self.fetches += 1
        try:
            yield Sleep(0)
            yield Sleep(0)
            end = self.ends.pop() if self.ends else "found"
            if end == "fails":
                raise TransportError("reset")
            if end == "breaks":
                raise ZeroDivisionError("a layer")
            found = ["52"] if end == "found" else ["53"]
            self._adopt({name: LOADED[name] for name in found})
        finally:
            self.under_way -= 1


LOADED = load_all(CERTS)
CERTS_OF_OTHERS = self_signed(OTHER, "5A", "Tenpay.com")


@given(st.data())
def test_whatever_happens_to_the_calls_that_fetch_nobody_waits_for_ever(data):
    """Calls are stepped in any order, cancelled and dropped: one fetches at a time, all end."""
    ends = data.draw(st.lists(st.sampled_from(["found", "another", "fails", "breaks"])))
    ring, now = Fetched(ends), 1000.0
    ring.clock = lambda: now
    running = {number: ring.learn("52") for number in range(data.draw(st.integers(1, 5)))}
    waits, cancelled = dict.fromkeys(running), 0
    while running:
        ready = [n for n in running if waits[n] is None or waits[n].done()]
        assert ready, "everybody waits for somebody who is gone"
        number = data.draw(st.sampled_from(ready))
        flow = running[number]
        how = data.draw(st.sampled_from(["on", "on", "on", "cancel", "drop"]))
        try:
            if how == "on":
                effect = flow.send(None if waits[number] is None else waits[number].result())
                waits[number] = effect.future if isinstance(effect, Wait) else None
            elif how == "cancel":
                cancelled += 1
                flow.throw(asyncio.CancelledError())
            else:
                cancelled += 1
                flow.close()
                del running[number]
        except (StopIteration, asyncio.CancelledError):
            del running[number]
    assert ring.under_way == 0
    assert ring.fetches <= 1 + min(cancelled, 1)
    now += 61
    after = ring.fetches
    list(ring.learn("52"))
    assert ring.fetches <= after + 1
