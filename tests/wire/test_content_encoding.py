"""A compressed answer is unpacked before it is verified: the signature covers what is in it."""

from __future__ import annotations

import gzip
import zlib

import pytest

from wechatpay_chain import SignatureError, TransportError

from .answers import dumps, http

BODY = dumps({"描述": "收款" * 1000})
GZIP = {"Content-Encoding": "gzip"}
PATH = "v3/certificates"


def test_nothing_compressed_is_asked_for(call, server, signed):
    server.answer(signed(BODY))
    call("get", PATH)
    assert server.requests[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    ("name", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)], ids=str
)
@pytest.mark.parametrize("sink", [False, True])
def test_a_compressed_answer(call, server, signed, tmp_path, name, pack, sink):
    """Asked for by the caller, or not: a server may do as it likes."""
    server.answer(http(200, pack(BODY), {**signed.headers(BODY), "Content-Encoding": name}))
    options = {"sink": tmp_path / "x"} if sink else {}
    response = call("get", PATH, headers={"Accept-Encoding": name}, **options)
    assert server.requests[0].headers["accept-encoding"] == name
    assert response.verified is True
    assert (options["sink"].read_bytes() if sink else response.content) == BODY


def test_a_signature_over_the_compressed_bytes_is_none(call, server, signed, refusal):
    packed = gzip.compress(BODY)
    server.answer(http(200, packed, {**signed.headers(packed), **GZIP}))
    with refusal(SignatureError, "does not match"):
        call("get", PATH)


def test_an_answer_that_cannot_be_unpacked(call, server, signed, refusal):
    server.answer(http(200, b"not gzip at all", {**signed.headers(BODY), **GZIP}))
    with refusal(TransportError, "query before sending it again"):
        call("get", PATH)


@pytest.mark.parametrize("sink", [False, True])
@pytest.mark.parametrize(
    "change", [lambda packed: packed[:-20], lambda packed: packed[:30] + b"\xff" * 40]
)
def test_a_compressed_answer_that_is_damaged(call, server, signed, tmp_path, sink, change):
    """Its length is right, and what is in it is not complete."""
    server.answer(http(200, change(gzip.compress(BODY)), {**signed.headers(BODY), **GZIP}))
    options = {"sink": tmp_path / "x"} if sink else {}
    with pytest.raises((TransportError, SignatureError)):
        call("get", PATH, **options)
    assert list(tmp_path.iterdir()) == []
