"""What may be given as a value, and how it is sent: in JSON, queries, XML and paths."""

from __future__ import annotations

import datetime
import enum
import json
import subprocess
import sys
from decimal import Decimal
from urllib.parse import parse_qsl, unquote

import pytest

from tests.support import MCHID
from wechatpay_chain import ConfigurationError
from wechatpay_chain.messages import xml
from wechatpay_chain.testing.mock import MockTransport

CHINA = datetime.timezone(datetime.timedelta(hours=8))
NOON = datetime.datetime(2026, 1, 2, 12, 0, tzinfo=CHINA)


class State(enum.Enum):
    DONE = "DONE"
    SEVEN = 7
    NOON = NOON


class Text(str, enum.Enum):  # noqa: UP042 - the form that older code has
    A = "a"


class Number(enum.IntEnum):
    ONE = 1


VALUES = [
    (NOON, "2026-01-02T12:00:00+08:00"),
    (NOON.replace(microsecond=5), "2026-01-02T12:00:00+08:00"),
    (NOON.astimezone(datetime.UTC), "2026-01-02T04:00:00+00:00"),
    (datetime.date(2026, 1, 2), "2026-01-02"),
    (State.DONE, "DONE"),
    (State.SEVEN, 7),
    (State.NOON, "2026-01-02T12:00:00+08:00"),
    (Text.A, "a"),
    (Number.ONE, 1),
]
ODD_OFFSET = datetime.timezone(datetime.timedelta(hours=8, minutes=5, seconds=43))
REFUSED = [
    (datetime.datetime(2026, 1, 2), "without a time zone"),
    (datetime.datetime(2026, 1, 2, tzinfo=ODD_OFFSET), "RFC 3339"),
    (datetime.time(12), "type time|value of type time"),
    (datetime.timedelta(1), "type timedelta|value of type timedelta"),
    (object(), "type object|value of type object"),
]


@pytest.fixture
def line():
    return MockTransport(lambda _: None)


@pytest.fixture
def wxpay(keys, line):
    return keys.client(transport=line)


@pytest.mark.parametrize(("value", "written"), VALUES)
def test_everywhere_alike(wxpay, line, value, written):
    options = {"unsigned": True}
    wxpay["v3/x/{id}"].post(id=value, query={"a": value}, json={"a": [{"b": value}]}, **options)
    wxpay["v2/x"].post(xml={"mch_id": MCHID, "a": value}, **options)
    wxpay["v2/x"].get(query={"mch_id": MCHID, "a": value}, **options)
    wxpay["v3/x"].get(headers={"X-Kind": Text.A, "X-Number": Number.ONE}, **options)
    first, second, third, fourth = line.requests
    assert (fourth.headers["X-Kind"], fourth.headers["X-Number"]) == ("a", "1")
    assert unquote(first.path) == f"/v3/x/{written}"
    assert dict(parse_qsl(first.target.partition("?")[2])) == {"a": str(written)}
    assert json.loads(first.content) == {"a": [{"b": written}]}
    assert xml.loads(second.content)["a"] == str(written)
    assert dict(parse_qsl(third.target.partition("?")[2]))["a"] == str(written)


@pytest.mark.parametrize(("value", "why"), REFUSED)
def test_nowhere(wxpay, line, value, why):
    for path, options in (
        ("v3/x/{id}", {"id": value}),
        ("v3/x", {"query": {"a": value}}),
        ("v3/x", {"json": {"a": [value]}}),
        ("v2/x", {"xml": {"mch_id": MCHID, "a": value}}),
    ):
        with pytest.raises(ConfigurationError, match=why):
            wxpay[path].post(**options)
    assert line.requests == []


ORDER = "v3/pay/transactions/native"


@pytest.mark.parametrize(
    ("total", "instead"),
    [(19.9, "1990"), (100.0, "write 100"), (19.9 * 100, "write 1990"), (0.1, "10"), (-1.0, "-1")],
)
def test_a_float_for_an_integer_is_refused_with_what_to_write(wxpay, line, total, instead):
    with pytest.raises(ConfigurationError, match=r"json\.amount\.total is the float") as caught:
        wxpay[ORDER].post(json={"amount": {"total": total}})
    assert instead in str(caught.value)
    assert line.requests == []


@pytest.mark.parametrize(
    ("verb", "path", "options", "place"),
    [
        ("post", ORDER, {"json": {"detail": {"goods_detail": [{"quantity": 2.0}]}}}, "quantity"),
        ("post", f"/{ORDER}", {"json": {"amount": {"total": 1.5}}}, r"json\.amount\.total"),
        (
            "post",
            "v3/payscore/serviceorder/1234/complete",
            {"json": {"post_payments": [{"name": "a", "amount": 1.5}]}},
            r"json\.post_payments\[0\]\.amount",
        ),
        ("get", "v3/merchant-service/complaints-v2", {"query": {"limit": 5.0}}, r"query\.limit"),
        ("get", "v3/merchant-service/complaints-v2", {"query": [("limit", 5.0)]}, r"query\.limit"),
        ("post", "v2/pay/unifiedorder", {"xml": {"mch_id": MCHID, "total_fee": 1.0}}, "total_fee"),
        (
            "post",
            "v2/pay/unifiedorder",
            {"xml": {"mch_id": MCHID, "total_fee": Decimal("1.00")}},
            "the Decimal 1.00",
        ),
    ],
)
def test_wherever_the_integer_is(wxpay, line, verb, path, options, place):
    with pytest.raises(ConfigurationError, match=place):
        getattr(wxpay[path], verb)(**options)
    assert line.requests == []


async def test_in_an_async_call(wxpay, line):
    with pytest.raises(ConfigurationError, match="total is the float"):
        await wxpay[ORDER].post_async(json={"amount": {"total": 19.9}})
    assert line.requests == []


@pytest.mark.parametrize(
    ("path", "options"),
    [
        ("v3/unknown/operation", {"json": {"total": 19.9}}),
        (ORDER, {"json": {"unknown": 19.9, "scene_info": {"unknown": [1.5]}}}),
        (ORDER, {"json": {"amount": {"total": 1990}}, "query": {"ratio": 0.5}}),
        ("v2/pay/unifiedorder", {"xml": {"mch_id": MCHID, "total_fee": Decimal("100")}}),
    ],
)
def test_what_the_catalogue_does_not_know_as_an_integer_is_sent(wxpay, line, path, options):
    wxpay[path].post(unsigned=True, **options)
    assert len(line.requests) == 1


def test_the_catalogue_is_not_loaded_without_a_fraction():
    code = """
import sys
from wechatpay_chain import WeChatPay
from wechatpay_chain.testing.mock import MockTransport
wxpay = WeChatPay(mchid="1", secret="s" * 32, transport=MockTransport(lambda _: None))
wxpay.v2.pay.unifiedorder.post(xml={"mch_id": "1", "total_fee": 1, "x": "1.5"}, unsigned=True)
assert not any(name.startswith("wechatpay_chain.catalogue") for name in sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


SURROGATES = [
    {"json": {"a": "\ud800"}},
    {"json": {"\ud800": 1}},
    {"query": {"a": "\ud800"}},
    {"query": "a=\ud800"},
    {"body": "\ud800"},
    {"media": b"x", "meta": "\ud800"},
    {"headers": {"X": "\ud800"}},
    {"base_uri": "https://a/\ud800"},
]


@pytest.mark.parametrize("options", SURROGATES)
def test_half_a_character_is_no_text(wxpay, line, options):
    if "media" in options:
        from wechatpay_chain import Media

        options = {**options, "media": Media(b"x", "a.png")}
    with pytest.raises(ConfigurationError):
        wxpay["v3/x"].post(**options)
    assert line.requests == []
