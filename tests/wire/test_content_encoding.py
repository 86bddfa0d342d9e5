"""A content coding that was not asked for is refused; one that was is decoded, then verified."""

from __future__ import annotations

import gzip
import zlib

import pytest

from wechatpay_chain import SignatureError, TransportError

from .responses import dumps, http

BODY = dumps({"描述": "收款" * 1000})
GZIP = {"Content-Encoding": "gzip"}
ASKED = {"Accept-Encoding": "gzip"}
PATH = "v3/certificates"


def test_nothing_compressed_is_asked_for(call, server, signed):
    server.respond(signed(BODY))
    call("get", PATH)
    assert server.requests[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    ("name", "pack"),
    [("gzip", gzip.compress), ("deflate", zlib.compress)],
    ids=["gzip", "deflate"],
)
@pytest.mark.parametrize("sink", [False, True])
def test_a_compressed_answer(call, server, signed, tmp_path, name, pack, sink):
    server.respond(http(200, pack(BODY), {**signed.headers(BODY), "Content-Encoding": name}))
    options = {"sink": tmp_path / "x"} if sink else {}
    response = call("get", PATH, headers={"Accept-Encoding": name}, **options)
    assert server.requests[0].headers["accept-encoding"] == name
    assert response.verified is True
    assert (options["sink"].read_bytes() if sink else response.content) == BODY


@pytest.mark.parametrize(
    "coding", ["gzip", "GZIP", "x-gzip", "deflate", "br", "zstd", "gzip, gzip"]
)
@pytest.mark.parametrize("asked", [{}, {"Accept-Encoding": "compress, gzip;q=0, deflate;q=0.000"}])
@pytest.mark.parametrize("sink", [False, True])
def test_a_coding_that_was_not_asked_for(
    call, server, signed, raises, tmp_path, coding, asked, sink
):
    packed = gzip.compress(BODY)
    server.respond(http(200, packed, {**signed.headers(BODY), "Content-Encoding": coding}))
    options = {"sink": tmp_path / "x"} if sink else {}
    with raises(TransportError, "query before you send it again") as caught:
        call("get", PATH, headers=asked, **options)
    assert "content-encoding" in str(caught.value).lower()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "coding", ["gzip, gzip", "identity, gzip", "x-gzip", "br", "zstd", "compress", "gzip, br"]
)
@pytest.mark.parametrize("sink", [False, True])
def test_a_coding_that_is_not_decoded(call, server, signed, raises, tmp_path, coding, sink):
    """Both transports decode the same, and never twice: a bomb in a bomb has no bound."""
    packed = gzip.compress(gzip.compress(BODY))
    server.respond(http(200, packed, {**signed.headers(packed), "Content-Encoding": coding}))
    options = {"sink": tmp_path / "x"} if sink else {}
    asked = {"Accept-Encoding": f"identity, compress, {coding}"}
    with raises(TransportError, "query before you send it again"):
        call("get", PATH, headers=asked, **options)
    assert list(tmp_path.iterdir()) == []


def test_a_coding_in_two_fields(call, server, signed, raises):
    packed = gzip.compress(gzip.compress(BODY))
    fields = [*signed.headers(BODY).items(), ("Content-Encoding", "gzip")]
    server.respond(http(200, packed, [*fields, ("Content-Encoding", "gzip")]))
    with raises(TransportError, "query before you send it again"):
        call("get", PATH, headers=ASKED)


@pytest.mark.parametrize("coding", ["identity", "", " Identity ,"])
def test_a_coding_that_changes_nothing(call, server, signed, coding):
    server.respond(signed(BODY, headers={"Content-Encoding": coding}))
    assert call("get", PATH).content == BODY


@pytest.mark.parametrize("asked", ["*", "gzip;q=0.5", "deflate, GZIP", "x-gzip"])
def test_the_ways_to_ask_for_a_coding(call, server, signed, asked):
    server.respond(http(200, gzip.compress(BODY), {**signed.headers(BODY), **GZIP}))
    assert call("get", PATH, headers={"Accept-Encoding": asked}).content == BODY


def test_a_file_that_is_compressed_is_not_a_coded_response(call, server, signed, tmp_path):
    """A statement is a gzip file: it is handed over as it is."""
    packed = gzip.compress(BODY)
    server.respond(signed(packed, headers={"Content-Type": "application/x-gzip"}))
    assert call("get", PATH).content == packed
    call("get", PATH, sink=tmp_path / "bill.gz")
    assert (tmp_path / "bill.gz").read_bytes() == packed


def test_a_signature_over_the_compressed_bytes_is_none(call, server, signed, raises):
    packed = gzip.compress(BODY)
    server.respond(http(200, packed, {**signed.headers(packed), **GZIP}))
    with raises(SignatureError, "does not match"):
        call("get", PATH, headers=ASKED)


def test_an_answer_that_cannot_be_unpacked(call, server, signed, raises):
    server.respond(http(200, b"not gzip at all", {**signed.headers(BODY), **GZIP}))
    with raises(TransportError, "query before you send it again"):
        call("get", PATH, headers=ASKED)


@pytest.mark.parametrize("sink", [False, True])
@pytest.mark.parametrize(
    "change", [lambda packed: packed[:-20], lambda packed: packed[:30] + b"\xff" * 40]
)
def test_a_compressed_answer_that_is_damaged(call, server, signed, tmp_path, sink, change):
    """Its length is right, and what is in it is not complete."""
    server.respond(http(200, change(gzip.compress(BODY)), {**signed.headers(BODY), **GZIP}))
    options = {"sink": tmp_path / "x"} if sink else {}
    with pytest.raises((TransportError, SignatureError)):
        call("get", PATH, headers=ASKED, **options)
    assert list(tmp_path.iterdir()) == []


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


FORMS = {
    "deflate without the header of zlib": ("deflate", raw_deflate),
    "gzip in two members": (
        "gzip",
        lambda data: gzip.compress(data[:99]) + gzip.compress(data[99:]),
    ),
    "gzip that shrinks a thousandfold": (
        "gzip",
        lambda data: gzip.compress(data + b" " * 2_000_000),
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_a_coding(wxpay, server, form):
    coding, pack = FORMS[form]
    server.respond(http(200, pack(BODY), {"Content-Encoding": coding}))
    asked = {"Accept-Encoding": coding}
    response = wxpay.chain(PATH).get(headers=asked, unsigned=True)
    assert response.content.rstrip(b" ") == BODY


DAMAGED = {
    "gzip that ends early": ("gzip", gzip.compress(BODY)[:-1], "the response ended early"),
    "gzip with something behind": ("gzip", gzip.compress(BODY) + b"xx", "not valid gzip"),
    "deflate twice": ("deflate", zlib.compress(BODY) * 2, "there is data after its deflate"),
    "zlib called gzip": ("gzip", zlib.compress(BODY), "not valid gzip"),
    "gzip called deflate": ("deflate", gzip.compress(BODY), "not valid deflate"),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_what_is_not_in_its_coding(wxpay, server, damage):
    coding, packed, said = DAMAGED[damage]
    server.respond(http(200, packed, {"Content-Encoding": coding}))
    with pytest.raises(TransportError, match=said):
        wxpay.chain(PATH).get(headers={"Accept-Encoding": coding}, unsigned=True, retry=None)
