"""Messages are plain data; what is secret in them does not show."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wechatpay_chain import (
    APIError,
    Headers,
    Request,
    Response,
    ResponseError,
    SignatureError,
    TransportTimeout,
    WeChatPayError,
    errors,
)


def test_headers_are_case_insensitive_and_keep_duplicates():
    headers = Headers([("Set", "1"), ("X-A", "2"), ("set", "3")])
    assert headers["SET"] == "1"
    assert headers.get_all("set") == ["1", "3"]
    assert list(headers.get_all("none")) == []
    assert "x-a" in headers
    assert 7 not in headers
    assert len(headers) == 2
    assert sorted(headers) == ["Set", "X-A"]
    assert dict(headers) == {"Set": "1", "X-A": "2"}
    assert headers.pairs() == (("Set", "1"), ("X-A", "2"), ("set", "3"))
    with pytest.raises(KeyError):
        headers["none"]


def test_merging_replaces_by_name_and_leaves_the_original():
    headers = Headers({"Accept": "a", "X": "1"})
    merged = headers.merged({"accept": "b"})
    assert merged.pairs() == (("X", "1"), ("accept", "b"))
    assert headers["Accept"] == "a"
    assert headers == Headers({"accept": "a", "x": "1"})
    assert headers != {"Accept": "a", "X": "1"}


@given(st.dictionaries(st.text(alphabet="abcXYZ-", min_size=1), st.text()))
def test_every_field_that_went_in_is_found(fields):
    headers = Headers(fields)
    for name, value in fields.items():
        assert value in headers.get_all(name.swapcase())


def test_secrets_do_not_show():
    headers = Headers({"Authorization": "WECHATPAY2 signature", "Accept": "x"})
    request = Request("GET", "https://a", "/v3/x?id=1", headers, b"body")
    assert repr(headers) == "<Headers Authorization: ***, Accept: x>"
    assert repr(request) == "<Request GET /v3/x>"
    assert str(request) == "GET /v3/x"
    assert repr(request.options) == "<Options >"
    assert repr(Response(200, content=b"body")) == "<Response 200 4 bytes>"


def test_a_request_is_replaced_not_changed():
    request = Request("GET", "https://a", "/v3/x?id=1", Headers(), b"")
    other = request.replace(method="POST")
    assert (request.method, other.method) == ("GET", "POST")
    assert other.path == "/v3/x"
    assert other.url == "https://a/v3/x?id=1"


def test_a_response():
    response = Response(200, {"request-id": "08"}, '{"a":"中"}'.encode())
    assert response.ok
    assert not Response(400).ok
    assert response.request_id == "08"
    assert Response(200).request_id == ""
    assert response.text == '{"a":"中"}'
    assert response.json() == {"a": "中"}
    assert Response(200, content=b"\xff").text == "\ufffd"
    assert Response(200, content=b"<xml><a>1</a></xml>").xml() == {"a": "1"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no body"),
        (b"<html>", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"\xff", "not JSON"),
    ],
)
def test_an_answer_without_json_says_so(content, words):
    with pytest.raises(ResponseError, match=words) as caught:
        Response(200, {"Content-Type": "text/html"}, content).json()
    assert caught.value.response.status_code == 200


def test_an_answer_without_xml_says_so():
    with pytest.raises(ResponseError, match="not usable as XML"):
        Response(200, content=b"{}").xml()


@pytest.mark.parametrize(
    "error",
    [
        APIError(
            "no",
            Response(400, {"Request-ID": "1"}),
            code="PARAM_ERROR",
            message="m",
            detail={"a": 1},
        ),
        SignatureError("no", Response(200), reason="expired"),
        TransportTimeout("late"),
        errors.ConfigurationError("what"),
    ],
)
def test_errors_travel_between_processes(error):
    for copied in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(copied) is type(error)
        assert str(copied) == str(error)
        for name in (
            "code",
            "message",
            "detail",
            "reason",
            "status_code",
            "request_id",
            "verified",
        ):
            assert getattr(copied, name, None) == getattr(error, name, None)


def test_the_tree():
    assert issubclass(errors.ConfigurationError, ValueError)
    assert issubclass(errors.TransportTimeout, TimeoutError)
    assert issubclass(errors.TransportTimeout, errors.TransportError)
    assert issubclass(errors.RateLimited, errors.ClientError)
    for name in errors.__all__:
        kind = getattr(errors, name)
        assert not isinstance(kind, type) or issubclass(kind, WeChatPayError), name
    bare = APIError("no answer at hand")
    assert (bare.status_code, bare.request_id, bare.verified, bare.request) == (0, "", False, None)
