"""The forms in which a request is read, and texts that are none of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.diagnosis import corpus
from wechatpay_chain import ConfigurationError
from wechatpay_chain.diagnosis.explanation import explain
from wechatpay_chain.diagnosis.findings import CAUSES, finding
from wechatpay_chain.diagnosis.transcripts import Transcript, read

HTTP = b'POST /v3/x?a=1 HTTP/1.1\r\nHost: h.example\r\nX-A: 1\r\n\r\n{"a":1}'
CURL = (
    b"* Trying 1.2.3.4:443...\n> POST /v3/x?a=1 HTTP/1.1\n> Host: h.example\n> X-A: 1\n>\n"
    b'{"a":1}\n* upload completely sent off\n< HTTP/1.1 200 OK\n< X-B: 2\n<\n{"b":2}\n'
)
JSON: dict[str, Any] = {
    "method": "POST",
    "url": "https://h.example/v3/x?a=1",
    "headers": {"Host": "h.example", "X-A": "1"},
    "body": '{"a":1}',
}


@pytest.mark.parametrize(
    "content",
    [
        HTTP,
        HTTP.replace(b"\r\n", b"\n"),
        HTTP + b"\n",
        b"\xef\xbb\xbf" + HTTP,
        HTTP.replace(b"/v3", b"https://h.example/v3"),
        CURL,
        json.dumps(JSON).encode(),
        json.dumps({**JSON, "headers": [["Host", "h.example"], ["X-A", "1"]]}).encode(),
        json.dumps({"request": JSON}).encode(),
        json.dumps({**JSON, "url": None, "target": "/v3/x?a=1"}).encode(),
    ],
)
def test_a_request(content: bytes) -> None:
    request = read(content).request
    assert request is not None
    assert (request.method, request.target) == ("POST", "/v3/x?a=1")
    assert request.origin == "https://h.example"
    assert (request.field("x-a"), request.body) == ("1", b'{"a":1}')


@pytest.mark.parametrize(
    "content",
    [
        CURL,
        b"HTTP/1.1 200 OK\nX-B: 2\n\n" + b'{"b":2}',
        b'HTTP/2 200 \r\nX-B: 2\r\nContent-Length: 7\r\n\r\n{"b":2}\r\n',
        json.dumps(
            {**JSON, "status": 200, "answer_headers": {"X-B": "2"}, "answer_body": '{"b":2}'}
        ).encode(),
        json.dumps(
            {
                "request": JSON,
                "response": {"status": 200, "headers": {"X-B": "2"}, "body": '{"b":2}'},
            }
        ).encode(),
        json.dumps({"status_code": 200, "headers": {"X-B": ["2"]}, "body": '{"b":2}'}).encode(),
    ],
)
def test_an_answer(content: bytes) -> None:
    response = read(content).response
    assert response is not None
    assert (response.status, response.field("X-B"), response.body) == (200, "2", b'{"b":2}')


def test_a_body_that_is_an_object_is_not_exact() -> None:
    request = read(json.dumps({**JSON, "body": {"a": 1}}).encode()).request
    assert request is not None
    assert (request.body, request.exact) == (b'{"a":1}', False)


def test_a_line_end_that_content_length_counts_stays() -> None:
    told = HTTP.replace(b"X-A: 1", b"Content-Length: 8") + b"\n"
    request = read(told).request
    assert request is not None
    assert request.body == b'{"a":1}\n'


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", b"{", b"[]", b'{"method":"POST"}', b'{"method":1,"url":2}', b"SSH-2.0\n\n"],
)
def test_texts_that_are_none(content: bytes) -> None:
    with pytest.raises(ConfigurationError, match=r"an HTTP message|is expected|neither"):
        explain(read(content), corpus.world().ring())


def test_nothing_at_all() -> None:
    with pytest.raises(ConfigurationError, match="there is neither a request nor a response"):
        explain(Transcript(None, None), corpus.world().ring())


def test_a_cause_has_a_text() -> None:
    with pytest.raises(KeyError):
        finding("nothing such")
    for cause in CAUSES.values():
        assert cause.what[-1] != "."
        assert cause.action[-1] != "."
        assert cause.what[0].islower()


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_text_crashes_it(data: st.DataObject) -> None:
    case = data.draw(st.sampled_from(corpus.broken(0)))
    start = data.draw(st.integers(0, len(case.content)))
    end = data.draw(st.integers(start, min(start + 40, len(case.content))))
    content = case.content[:start] + data.draw(st.binary(max_size=20)) + case.content[end:]
    try:
        parts = explain(read(content), case.ring, case.now)
    except ConfigurationError:
        return
    assert all(part.findings for part in parts)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_crash_it(content: bytes) -> None:
    try:
        parts = explain(read(content), corpus.world().ring())
    except ConfigurationError:
        return
    assert parts
