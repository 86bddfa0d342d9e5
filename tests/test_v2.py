"""APIv2 requests: what is sent is what was signed."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import MCHID, SECRET, Keys, new_key
from wechatpay_chain import ConfigurationError, Response
from wechatpay_chain.crypto import digest
from wechatpay_chain.messages import canonical, xml
from wechatpay_chain.testing.mock import MockTransport

NAMES = st.from_regex(r"[a-z_]{1,12}", fullmatch=True).filter(
    lambda name: name not in ("sign", "sign_type", "mch_id", "mchid", "combine_mch_id")
)
VALUES = st.one_of(st.text(), st.integers(), st.booleans(), st.none())
KEYS = Keys(new_key(), new_key())


def sent(verb, **options):
    line = MockTransport(lambda _: Response(200, {}, b""))
    getattr(KEYS.client(transport=line).v2.pay.x, verb)(unsigned=True, **options)
    return line.requests[0]


@given(st.dictionaries(NAMES, VALUES), st.sampled_from(["MD5", "HMAC-SHA256"]))
def test_whatever_arrives_has_the_right_sign(fields, kind):
    given_fields = {**fields, "mch_id": MCHID, "sign_type": kind}
    arrived = xml.loads(sent("post", xml=given_fields).content)
    sign = arrived.pop("sign")
    assert sign == digest.sign(kind, canonical.fields(arrived), SECRET)
    assert arrived["nonce_str"] or fields.get("nonce_str") is not None


@given(st.dictionaries(NAMES, VALUES))
def test_whatever_arrives_by_get_has_the_right_sign(fields):
    request = sent("get", query={**fields, "mch_id": MCHID})
    arrived = dict(parse_qsl(request.target.partition("?")[2], keep_blank_values=True))
    sign = arrived.pop("sign")
    assert sign == digest.sign("MD5", canonical.fields(arrived), SECRET)
    assert request.content == b""


def test_a_nonce_is_added_unless_there_is_one_or_none_is_wanted():
    fields = {"mch_id": MCHID}
    assert len(xml.loads(sent("post", xml=fields).content)["nonce_str"]) == 32
    own = xml.loads(sent("post", xml={**fields, "nonce_str": "mine"}).content)
    assert own["nonce_str"] == "mine"
    assert "nonce_str" not in xml.loads(sent("post", xml=fields, nonceless=True).content)


def test_a_sign_of_the_users_own_is_replaced():
    arrived = xml.loads(sent("post", xml={"mch_id": MCHID, "sign": "old"}).content)
    assert len(arrived["sign"]) == 32


def test_the_path_loses_its_version_in_any_case():
    line = MockTransport(lambda _: Response(200, {}, b""))
    wxpay = KEYS.client(transport=line)
    for chain in (wxpay.v2.pay.x, wxpay.V2.pay.x, wxpay["V2/pay/x"], wxpay["/v2/pay/x"]):
        chain.post(xml={"mch_id": MCHID}, unsigned=True)
    assert {request.target for request in line.requests} == {"/pay/x"}
    assert line.requests[0].headers["Content-Type"] == "text/xml; charset=utf-8"


def test_a_get_takes_fields_from_its_path_from_query_or_from_xml():
    line = MockTransport(lambda _: Response(200, {}, b""))
    wxpay = KEYS.client(transport=line)
    wxpay[f"v2/pay/x?a=1&mch_id={MCHID}"].get(unsigned=True)
    wxpay.v2.pay.x.get(query=f"a=1&mch_id={MCHID}", unsigned=True)
    wxpay.v2.pay.x.get(xml={"a": 1, "mch_id": MCHID}, unsigned=True)
    for request in line.requests:
        fields = dict(parse_qsl(request.target.partition("?")[2]))
        assert (fields["a"], fields["mch_id"]) == ("1", MCHID)
    with pytest.raises(ConfigurationError, match="query= or xml=, not both"):
        wxpay.v2.pay.x.get(query={"a": 1}, xml={"a": 1})


def test_a_post_may_have_a_query_as_well():
    request = sent("post", xml={"mch_id": MCHID}, query={"a": "b c"})
    assert request.target == "/pay/x?a=b%20c"


@pytest.mark.parametrize("name", ["mch_id", "mchid", "combine_mch_id"])
def test_any_of_the_three_names_the_merchant(name):
    assert xml.loads(sent("post", xml={name: int(MCHID)}).content)[name] == MCHID
