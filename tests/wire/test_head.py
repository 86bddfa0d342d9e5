"""A header is read strictly: what is no field is an error, and one field is one field."""

from __future__ import annotations

import pytest

from wechatpay_chain.transport.head import RejectedResponse, parse_fields


def read(header: bytes) -> list[tuple[str, str]]:
    return list(parse_fields(header).pairs())


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


def test_no_fields():
    assert read(b"") == []


NO_FIELDS = [
    b"no colon",
    b": no name",
    b"A : 1",
    b"A@B: 1",
    b"A: 1\x002",
    b"A: 1\r2",
    b"A: 1\r",
    b"\xe9: 1",
    b"HTTP/1.1 200 OK",
]


@pytest.mark.parametrize(
    "header", [b" A: 1", *NO_FIELDS, *(b"B: 2\r\n" + line for line in NO_FIELDS)]
)
def test_what_is_no_field_is_an_error(header):
    with pytest.raises(RejectedResponse, match="its header"):
        read(header + b"\r\n")
    with pytest.raises(RejectedResponse, match="its header"):
        read(header + b"\r\nB: 2\r\n")


def test_a_header_is_bounded():
    with pytest.raises(RejectedResponse, match="65536 bytes"):
        read(b"A: " + b"1" * 65536 + b"\r\n")
    with pytest.raises(RejectedResponse, match="256 lines"):
        read(b"A: 1\r\n" * 257)
    assert len(read(b"A: 1\r\n" * 256)) == 256


def test_a_field_that_came_more_than_once():
    headers = parse_fields(b"A: 1\r\nB: 2\r\na: 3\r\n")
    assert headers.get_all("A") == ["1", "3"]
    assert headers["b"] == "2"
    assert len(headers) == 2
