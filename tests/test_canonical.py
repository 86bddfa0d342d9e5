"""The strings that are signed, to the byte."""

from __future__ import annotations

import decimal
import enum
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wechatpay_chain import ConfigurationError
from wechatpay_chain.messages import canonical

FIELD_NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,15}", fullmatch=True)


def test_a_request_is_five_lines_each_ended():
    message = canonical.request("POST", "/v3/x?a=1", "1554208460", "593B", b'{"a":"\xe4\xb8\xad"}')
    assert message == b'POST\n/v3/x?a=1\n1554208460\n593B\n{"a":"\xe4\xb8\xad"}\n'


def test_a_request_without_body_ends_with_an_empty_line():
    assert canonical.request("GET", "/v3/x", "1", "n") == b"GET\n/v3/x\n1\nn\n\n"


def test_an_answer_is_three_lines():
    assert canonical.response("1", "n", b"{}") == b"1\nn\n{}\n"
    assert canonical.response("1", "n") == b"1\nn\n\n"


@given(st.binary(), st.text(alphabet="0123456789", min_size=1), st.text(alphabet="AZaz09"))
def test_a_body_is_never_touched(body, stamp, nonce):
    message = canonical.response(stamp, nonce, body)
    assert message == stamp.encode() + b"\n" + nonce.encode() + b"\n" + body + b"\n"


def test_launch_parameters_are_lines():
    assert canonical.lines("wx1", "2", "prepay_id=张") == "wx1\n2\nprepay_id=张\n".encode()


def test_the_published_fields_are_joined_in_order():
    fields = {
        "mch_id": "10000100",
        "appid": "wxd930ea5d5a258f4f",
        "device_info": 1000,
        "body": "test",
        "nonce_str": "ibuaiVcKdpRxkhJA",
        "sign": "left out",
        "attach": "",
        "detail": None,
    }
    assert canonical.fields(fields) == (
        "appid=wxd930ea5d5a258f4f&body=test&device_info=1000&mch_id=10000100"
        "&nonce_str=ibuaiVcKdpRxkhJA"
    )


@given(st.dictionaries(FIELD_NAMES, st.text(min_size=1, alphabet=st.characters(codec="utf-8"))))
def test_fields_do_not_depend_on_the_order_they_come_in(fields):
    backwards = dict(reversed(fields.items()))
    assert canonical.fields(fields) == canonical.fields(backwards)
    assert canonical.fields({**fields, "ZZ": "", "ZZZ": None}) == canonical.fields(fields)


def test_upper_case_sorts_before_lower_case_as_in_ascii():
    assert canonical.fields({"b": 1, "B": 2, "a_b": 3, "aB": 4}) == "B=2&aB=4&a_b=3&b=1"


class Kind(enum.StrEnum):
    NATIVE = "NATIVE"


class OldKind(str, enum.Enum):  # noqa: UP042 - what users still have
    NATIVE = "NATIVE"


class Fee(enum.IntEnum):
    ONE = 1


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (-7, "-7"),
        ("", ""),
        ("中文", "中文"),
        (None, None),
        (1.5, "1.5"),
        (1e16, "10000000000000000"),
        (decimal.Decimal("0.10"), "0.10"),
        (decimal.Decimal("1E+2"), "100"),
        (Kind.NATIVE, "NATIVE"),
        (OldKind.NATIVE, "NATIVE"),
        (Fee.ONE, "1"),
    ],
)
def test_scalars_are_written_as_they_travel(value, written):
    assert canonical.text(value, "x") == written
    assert type(canonical.text(value, "x")) in (str, type(None))


@pytest.mark.parametrize("value", [{"a": 1}, [1], b"bytes", object(), float("nan"), float("inf")])
def test_anything_else_is_refused_by_name(value):
    with pytest.raises(ConfigurationError, match=r"total_fee .*expected"):
        canonical.text(value, "total_fee")


def test_nonces_are_32_base62_digits_and_differ():
    nonces = {canonical.nonce() for _ in range(200)}
    assert len(nonces) == 200
    assert all(re.fullmatch("[0-9A-Za-z]{32}", nonce) for nonce in nonces)
    assert len(canonical.nonce(8)) == 8


def test_a_timestamp_is_whole_seconds():
    assert re.fullmatch("[0-9]{10}", canonical.timestamp())
