"""Whatever a `gateway.json` has, a client is made of it, or a `ConfigurationError` says why not."""

from __future__ import annotations

import json
import os
import traceback
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wechatpay_chain import ConfigurationError, WeChatPay
from wechatpay_chain.gateway.store.data_directory import save_identity
from wechatpay_chain.gateway.store.description import describe
from wechatpay_chain.gateway.store.identity import Identity
from wechatpay_chain.testing.connection_file import LARGEST, NAMES, PLATFORM

ODD: list[Any] = [
    None,
    True,
    0,
    -1,
    1.5,
    10**400,
    "",
    [],
    [[]],
    {},
    {"a": 1},
    "\0",
    "a\0b",
    "\x1b[2J",
    "a\r\nb",
    "\x9b2J",
    "\u202egpj",
    "\u2028",
    "\ud800",
    "\ufeff",
    "x" * 5000,
]
PLACES = ["private_key", "certificate", "ca", "public_key"]


@pytest.fixture
def told(wechatpay_identity: Identity, tmp_path: Path) -> dict[str, Any]:
    save_identity(wechatpay_identity, tmp_path)
    return describe(wechatpay_identity, "http://127.0.0.1:1/", "https://127.0.0.1:1/", tmp_path)


def opened(folder: Path, content: bytes, *, tls: bool = True) -> Exception | None:
    path = folder / "gateway.json"
    path.write_bytes(content)
    try:
        WeChatPay.from_gateway(path, tls=tls).close()
    except ConfigurationError as error:
        assert str(error).isprintable()
        assert len(str(error)) < 1000
        return error
    return None


def test_what_a_gateway_writes_makes_a_client(told: dict[str, Any], tmp_path: Path) -> None:
    for tls in (False, True):
        assert opened(tmp_path, json.dumps(told).encode(), tls=tls) is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"5",
        b"null",
        b'"x"',
        b"{",
        b"\xff",
        b"\x00",
        b"{}",
        b"[" * 30_000,
        b'{"a":' * 10_000,
        b'{"a": ' + b"9" * 5000 + b"}",
        b" " * LARGEST + b"{}",
        b'{"platform": 5}',
        "{}".encode("utf-16"),
        "{}".encode("utf-32-be"),
        b"\xef\xbb\xbf{}",
    ],
    ids=lambda content: repr(content[:12]),
)
def test_what_is_no_gateways(tmp_path: Path, content: bytes) -> None:
    error = opened(tmp_path, content)
    assert error is not None
    assert "check that it is the gateway.json of a gateway" in str(error)


@pytest.mark.parametrize("value", ODD, ids=ascii)
@pytest.mark.parametrize("name", [*NAMES, "platform", *(f"platform.{name}" for name in PLATFORM)])
def test_any_member_may_be_anything(
    told: dict[str, Any], tmp_path: Path, name: str, value: Any
) -> None:
    outer, _, inner = name.partition(".")
    if inner:
        told["platform"][inner] = value
    else:
        told[outer] = value
    error = opened(tmp_path, json.dumps(told).encode())
    assert error is not None
    assert name in str(error)


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("kind", ["missing", "folder", "garbage", "empty", "text", "other key"])
def test_any_path_may_lead_anywhere(
    told: dict[str, Any], tmp_path: Path, name: str, kind: str
) -> None:
    place = tmp_path / "somewhere"
    if kind == "folder":
        place.mkdir()
    elif kind != "missing":
        content = {"garbage": os.urandom(500), "empty": b"", "text": b"-----BEGIN X-----\nx"}
        other = Path(told["platform"]["public_key"]).read_bytes()
        place.write_bytes(content.get(kind, other))
    where = told["platform"] if name == "public_key" else told
    where[name] = str(place)
    error = opened(tmp_path, json.dumps(told).encode())
    assert (error is None) == (name == "public_key" and kind == "other key")


@pytest.mark.parametrize("name", ["base_uri", "tls_base_uri", "mchid", "serial", "apiv3_key"])
@pytest.mark.parametrize("value", ["http://[x", "x", "ftp://a", "http://a:99999/", "一", " ", "/"])
def test_any_text_may_be_any_other(
    told: dict[str, Any], tmp_path: Path, name: str, value: str
) -> None:
    told[name] = value
    opened(tmp_path, json.dumps(told).encode(), tls=name != "base_uri")


@settings(
    deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.one_of(
        st.binary(max_size=300),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text() | st.integers(),
            lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(NAMES), inner),
        ).map(lambda value: json.dumps(value).encode()),
    )
)
def test_whatever_it_has_nothing_foreign_is_raised(tmp_path: Path, content: bytes) -> None:
    assert opened(tmp_path, content) is not None


@pytest.mark.parametrize("path", ["", "\0", "a\0b", "\ud800", "x" * 5000, "/", 5, None, b"x"])
def test_a_path_that_cannot_be(path: Any) -> None:
    with pytest.raises(ConfigurationError) as caught:
        WeChatPay.from_gateway(path)
    assert str(caught.value).isprintable()


def test_no_frame_has_a_secret(told: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "gateway.json"
    path.write_text(json.dumps({**told, "ca": 5}))
    with pytest.raises(ConfigurationError) as caught:
        WeChatPay.from_gateway(path)
    frames = [
        frame.f_locals
        for frame, _ in traceback.walk_tb(caught.value.__traceback__)
        if "wechatpay_chain" in frame.f_code.co_filename and "tests" not in frame.f_code.co_filename
    ]
    assert len(frames) >= 3
    for name in ("apiv3_key", "secret"):
        assert told[name] not in repr(frames)
