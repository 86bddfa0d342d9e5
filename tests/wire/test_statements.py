"""Statements abroad: signed is the SHA-1 of the plain file, and the file must have it."""

from __future__ import annotations

import gzip
import hashlib

import pytest

from wechatpay_chain import ClientError, SignatureError

from .responses import chunk, dumps, head, http

PLAIN = "交易时间,公众账号ID,商户号\r\n".encode() * 4000
ZIPPED = gzip.compress(PLAIN, mtime=0)
EVIL = b"2026-11-20,1900000109,-100000000\r\n"


@pytest.fixture(params=["hk", "global"])
def statements(request, keys, server):
    """A client and the path of its statements, in both places where they are."""
    if request.param == "hk":
        return keys.client(base_uri=f"{server.url}hk/"), "v3/statements?date=20261119"
    return keys.client(base_uri=server.url), "v3/global/statements?date=20261119"


@pytest.fixture(params=["in memory", "to a file"])
def fetch(request, call, statements, tmp_path):
    """Fetches the statement; its answer, and the file's bytes."""
    client, path = statements
    name = tmp_path / "statement.csv"

    def fetch():
        if request.param == "in memory":
            response = call("get", path, client=client)
            return response, response.content
        response = call("get", path, client=client, sink=name)
        return response, name.read_bytes()

    yield fetch
    assert not list(tmp_path.glob("*.part"))


def vouched(signed, sha1, **fields):
    """The headers of an answer whose file has this SHA-1."""
    headers = signed.headers(f'{{"sha1":"{sha1}"}}'.encode())
    return {**headers, "Wechatpay-Statement-Sha1": sha1, **fields}


def sha1(data):
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


@pytest.mark.parametrize("form", [str.lower, str.upper])
def test_a_plain_statement(fetch, server, signed, form):
    server.respond(http(200, PLAIN, vouched(signed, form(sha1(PLAIN)))))
    response, data = fetch()
    assert (response.verified, data) == (True, PLAIN)


def test_a_zipped_statement_has_the_sha1_of_what_is_in_it(fetch, server, signed):
    server.respond(http(200, ZIPPED, vouched(signed, sha1(PLAIN))))
    response, data = fetch()
    assert (response.verified, data) == (True, ZIPPED)


@pytest.mark.parametrize("size", [7, 5000])
def test_a_zipped_statement_in_chunks(fetch, server, signed, size):
    pieces = b"".join(chunk(ZIPPED[at : at + size]) for at in range(0, len(ZIPPED), size))
    fields = vouched(signed, sha1(PLAIN), **{"Transfer-Encoding": "chunked"})
    server.respond(head(200, fields) + pieces + chunk(b""))
    response, data = fetch()
    assert (response.verified, data) == (True, ZIPPED)


def test_a_zipped_statement_whose_first_chunk_is_one_byte(
    call, server, signed, statements, tmp_path
):
    client, path = statements
    fields = vouched(signed, sha1(PLAIN), **{"Transfer-Encoding": "chunked"})
    server.respond(head(200, fields) + chunk(ZIPPED[:1]) + chunk(ZIPPED[1:]) + chunk(b""))
    assert call("get", path, client=client, sink=tmp_path / "statement.gz").verified is True


def test_a_statement_zipped_in_two_parts(fetch, server, signed):
    """RFC 1952: members one after another are one file."""
    parts = gzip.compress(PLAIN, mtime=0) + gzip.compress(PLAIN, mtime=0)
    server.respond(http(200, parts, vouched(signed, sha1(PLAIN * 2))))
    response, data = fetch()
    assert (response.verified, data) == (True, parts)


CHANGED = {
    "another file": EVIL,
    "nothing": b"",
    "half": PLAIN[:1000],
    "more": PLAIN + EVIL,
    "another file, zipped": gzip.compress(EVIL),
    "zipped and cut off": ZIPPED[:-20],
    "zipped and damaged": ZIPPED[:50] + b"\x00" + ZIPPED[51:],
    "zipped with another check sum": ZIPPED[:-8] + bytes(8),
}


@pytest.mark.parametrize("data", CHANGED.values(), ids=CHANGED.keys())
def test_a_statement_that_was_changed(fetch, server, signed, raises, data):
    server.respond(http(200, data, vouched(signed, sha1(PLAIN))))
    with raises(SignatureError, "SHA-1", sha1(PLAIN), "changed in transit") as caught:
        fetch()
    assert caught.value.reason == "mismatch"
    assert caught.value.response.verified is False


def test_what_is_added_behind_a_zipped_statement(fetch, server, signed, raises):
    """`gzip -d` unpacks both members into one file; only the first was vouched for."""
    server.respond(http(200, ZIPPED + gzip.compress(EVIL), vouched(signed, sha1(PLAIN))))
    with raises(SignatureError, "SHA-1"):
        fetch()


def test_a_sha1_that_was_changed_along_with_the_file(fetch, server, signed, raises):
    headers = {**vouched(signed, sha1(PLAIN)), "Wechatpay-Statement-Sha1": sha1(EVIL)}
    server.respond(http(200, EVIL, headers))
    with raises(SignatureError, "Wechatpay-Signature does not match") as caught:
        fetch()
    assert caught.value.reason == "mismatch"


@pytest.mark.parametrize("value", ["", "号"])
def test_a_sha1_that_is_none(fetch, server, signed, raises, value):
    headers = {**vouched(signed, sha1(PLAIN)), "Wechatpay-Statement-Sha1": value}
    server.respond(http(200, PLAIN, headers))
    with raises(SignatureError):
        fetch()


@pytest.mark.parametrize("value", [b"\xff"])
def test_a_sha1_that_is_not_even_text(fetch, server, signed, raises, value):
    headers = {**vouched(signed, sha1(PLAIN)), "Wechatpay-Statement-Sha1": value}
    server.respond(http(200, PLAIN, headers.items()))
    with raises(SignatureError):
        fetch()


def test_without_the_header_the_body_is_what_is_signed(fetch, server, signed):
    server.respond(signed(PLAIN))
    assert fetch()[0].verified is True


def test_elsewhere_the_header_means_nothing(call, server, signed, raises):
    server.respond(http(200, PLAIN, vouched(signed, sha1(PLAIN))))
    with raises(SignatureError, "does not match"):
        call("get", "v3/bill/tradebill")


def test_there_is_no_statement(fetch, server, signed, raises):
    server.respond(signed(dumps({"code": "NO_STATEMENT_EXIST", "message": "账单不存在"}), 400))
    with raises(ClientError, "NO_STATEMENT_EXIST") as caught:
        fetch()
    assert caught.value.verified is True
