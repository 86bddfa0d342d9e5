"""A header is read strictly: what is no field is an error, and one field is one field."""

from __future__ import annotations

import http.client
import io

import pytest

from wechatpay_chain.transport.head import Malformed, read_fields


def read(header: bytes) -> list[tuple[str, str]]:
    source = io.BytesIO(header + b"\r\nbody")
    fields = read_fields(source)
    assert source.read() == b"body"
    return list(fields.all.pairs())


def test_names_and_values_in_order():
    header = b"A: 1\r\nb:2\r\nA:\t3 \t\r\nempty:\r\ncolon: a:b\r\nlatin: caf\xe9\r\n"
    assert read(header) == [
        ("A", "1"),
        ("b", "2"),
        ("A", "3"),
        ("empty", ""),
        ("colon", "a:b"),
        ("latin", "caf\xe9"),
    ]


def test_a_bare_line_feed_ends_a_line():
    assert read(b"A: 1\nB: 2\r\n") == [("A", "1"), ("B", "2")]


def test_a_fold_stands_for_a_space():
    assert read(b"A: 1\r\n \t2\r\n 3\r\nB: 4\r\n") == [("A", "1 2 3"), ("B", "4")]


NO_FIELDS = [
    b"no colon",
    b": no name",
    b"A : 1",
    b"A: 1\x002",
    b"A: 1\r2",
    b"\xe9: 1",
    b"HTTP/1.1 200 OK",
]


@pytest.mark.parametrize(
    "header", [b" A: 1", *NO_FIELDS, *(b"B: 2\r\n" + line for line in NO_FIELDS)]
)
def test_what_is_no_field_is_an_error(header):
    with pytest.raises(Malformed):
        read(header + b"\r\n")


def test_a_header_is_bounded():
    with pytest.raises(http.client.LineTooLong):
        read(b"A: " + b"1" * 65536 + b"\r\n")
    with pytest.raises(Malformed, match="256"):
        read(b"A: 1\r\n" * 257)


def test_http_client_and_urllib3_find_the_framing():
    fields = read_fields(io.BytesIO(b"Content-Length: 2\r\nA: 1\r\ncontent-length: 2\r\n\r\n"))
    assert fields.get("content-LENGTH") == "2"
    assert fields.get("b", "none") == "none"
    assert fields.items() == [("Content-Length", "2"), ("content-length", "2")]
