"""Whatever is given where a value from a message or a user may stand, the error is one of ours."""

from __future__ import annotations

import pytest

from tests.support import APIV3_KEY, MCHID
from wechatpay_chain import ConfigurationError, DecryptionError, WeChatPay
from wechatpay_chain.crypto import aes, rsa
from wechatpay_chain.testing.mock import MockTransport

NO_TEXT = [None, True, 5, 1.5, [], ["x"], {}, {"a": 1}, pytest.param(object(), id="object")]
HUGE = 10**5000
DEEP: dict = {}
for _ in range(5000):
    DEEP = {"a": DEEP}


@pytest.fixture
def wxpay(keys):
    return keys.client(transport=MockTransport(lambda _: {}))


@pytest.mark.parametrize("given", [*NO_TEXT, b"\xff", "\ud800", "é"], ids=repr)
def test_a_ciphertext_that_is_none(wxpay, given):
    """A member of an answer may be missing, or of any type."""
    with pytest.raises(DecryptionError):
        wxpay.decrypt(given)
    with pytest.raises(DecryptionError):
        aes.gcm_decrypt(given, APIV3_KEY, "abcdefghijkl")
    with pytest.raises(DecryptionError):
        aes.ecb_decrypt(given, APIV3_KEY)


@pytest.mark.parametrize("given", [*NO_TEXT, "\ud800", ""], ids=repr)
def test_what_goes_with_a_ciphertext(given):
    sealed = aes.gcm_encrypt("x", APIV3_KEY, "abcdefghijkl", "certificate")
    with pytest.raises(DecryptionError):
        aes.gcm_decrypt(sealed, APIV3_KEY, given, "certificate")
    with pytest.raises(DecryptionError):
        aes.gcm_decrypt(sealed, APIV3_KEY, "abcdefghijkl", given)


@pytest.mark.parametrize("given", [*NO_TEXT, "\ud800", "é", b"\xff"], ids=repr)
def test_a_signature_that_is_none(keys, given):
    assert rsa.verify("x", given, keys.platform.public_key()) is False


@pytest.mark.parametrize("option", ["security", "timeout", "max_response_size", "unsigned"])
@pytest.mark.parametrize("given", [HUGE * -1, [HUGE], DEEP], ids=["int", "list", "dict"])
def test_an_option_that_cannot_be_shown(wxpay, option, given):
    with pytest.raises(ConfigurationError):
        wxpay["v3/x"].get(**{option: given})


@pytest.mark.parametrize("name", ["private_key", "certs", "apiv3_key", "secret", "merchant"])
def test_an_argument_that_cannot_be_shown(name):
    with pytest.raises(ConfigurationError):
        WeChatPay(**{"mchid": MCHID, name: DEEP})


@pytest.mark.parametrize(
    ("verb", "options"),
    [
        ("get", {"query": True}),
        ("get", {"query": 5}),
        ("get", {"query": [1, 2]}),
        ("get", {"query": [("a", 1, 2)]}),
        ("get", {"query": {"mch_id": MCHID, 1: "x"}}),
        ("post", {"xml": {"mch_id": MCHID, 1: "x"}}),
        ("post", {"xml": {"mch_id": MCHID, "total_fee": HUGE}}),
        ("post", {"xml": {"mch_id": MCHID}, "headers": {"X": HUGE}}),
    ],
    ids=["bool", "int", "numbers", "triples", "query name", "xml name", "huge", "huge header"],
)
def test_fields_that_are_none(wxpay, verb, options):
    with pytest.raises(ConfigurationError):
        getattr(wxpay["v2/pay/orderquery"], verb)(**options)


@pytest.mark.parametrize("given", [None, 5, "x", ["x"], [None], {"a": 1}])
def test_coupons_that_are_none(wxpay, given):
    with pytest.raises(ConfigurationError):
        wxpay.invoke.coupons(given)


def test_a_package_that_is_a_number(wxpay):
    assert wxpay.invoke.redpacket(appid="wx1", package=5)["package"] == "5"


@pytest.mark.parametrize("option", ["timeout", "deadline"])
@pytest.mark.parametrize("seconds", [10**400, 10**10, 1e300])
def test_a_time_that_no_clock_has(wxpay, option, seconds):
    with pytest.raises(ConfigurationError, match="seconds above 0"):
        wxpay["v3/x"].get(**{option: seconds})
