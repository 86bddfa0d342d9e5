"""Targets: expanded, encoded once, and in the form that no HTTP library changes."""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from urllib3.util.url import _encode_target
from yarl import URL

from wechatpay_chain import ConfigurationError
from wechatpay_chain.chain import uri
from wechatpay_chain.messages import percent_encoding

TEXTS = st.text(alphabet=st.characters(codec="utf-8"))
OWN = uri.DEFAULT_BASE_URI


@given(TEXTS.filter(lambda text: not uri.has_dot_segment(text)))
def test_a_value_comes_back_from_its_segment(value):
    path = uri.expand("v3/x/{id}/y", {"id": value})
    before, _, rest = path.partition("v3/x/")
    segment, _, after = rest.rpartition("/")
    assert (before, after) == ("", "y")
    assert "/" not in segment
    assert unquote(segment) == value


@given(st.dictionaries(TEXTS.filter(bool), st.one_of(TEXTS, st.integers())))
def test_a_query_comes_back(query):
    text = percent_encoding.query_string(query)
    assert text.isascii()
    assert dict(parse_qsl(text, keep_blank_values=True)) == {k: str(v) for k, v in query.items()}


@given(TEXTS, TEXTS)
def test_no_http_library_would_change_a_target(path, query):
    try:
        target = uri.locate(f"v3/{path}", OWN, OWN)[1]
    except ConfigurationError:
        return
    target = percent_encoding.append_query(target, percent_encoding.query_string({"q": query}))
    assert target.isascii()
    assert _encode_target(target) == target
    assert URL(f"https://api.mch.weixin.qq.com{target}", encoded=True).raw_path_qs == target


@given(TEXTS)
def test_encoding_twice_is_encoding_once(text):
    once = percent_encoding.normalize(text)
    assert percent_encoding.normalize(once) == once


@pytest.mark.parametrize(
    ("written", "encoded"),
    [
        ("中文", "%E4%B8%AD%E6%96%87"),
        ("a b", "a%20b"),
        ("a+b", "a+b"),
        ("100%", "100%25"),
        ("%e4%b8%ad", "%E4%B8%AD"),
        ("it's~", "it's~"),
        ("a/b", "a/b"),
        ('[x]|"y"', "%5Bx%5D%7C%22y%22"),
    ],
)
def test_what_is_verbatim_keeps_its_reserved_characters(written, encoded):
    assert percent_encoding.normalize(written) == encoded


@pytest.mark.parametrize(
    ("value", "segment"),
    [
        ("a/b?c#d", "a%2Fb%3Fc%23d"),
        ("*'()!", "%2A%27%28%29%21"),
        ("a+b c~", "a%2Bb%20c~"),
        ("100%25", "100%2525"),
        ("", ""),
        (7, "7"),
        (True, "true"),
    ],
)
def test_a_variable_is_encoded_whole(value, segment):
    assert uri.expand("v3/{id}", {"id": value}) == f"v3/{segment}"


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({"a": "", "b": None, "c": 0}, "a=&c=0"),
        ({"a": True, "b": [1, 2], "c": ("x",)}, "a=true&b=1&b=2&c=x"),
        ({"a b": "c d&e=f+g"}, "a%20b=c%20d%26e%3Df%2Bg"),
        ([("a", 1), ("a", 2)], "a=1&a=2"),
        ("?a=1&b=中", "a=1&b=%E4%B8%AD"),
        ({}, ""),
    ],
)
def test_queries(query, text):
    assert percent_encoding.query_string(query) == text


@pytest.mark.parametrize("query", [7, ["ab", "c"], [1], {"a": {"b": 1}}, {"a": "\ud800"}])
def test_a_query_of_another_kind_is_refused(query):
    with pytest.raises(ConfigurationError, match="query"):
        percent_encoding.query_string(query)


def test_a_missing_variable_is_named_with_those_that_exist():
    with pytest.raises(ConfigurationError) as caught:
        uri.expand("v3/{organization_id}/users/{user_id}", {"organization_id": "1", "use_id": "2"})
    message = str(caught.value)
    assert "'user_id' is missing" in message
    assert "'use_id' is neither an option nor a variable" in message
    assert "'organization_id', 'user_id'" in message


def test_none_is_missing_and_an_empty_string_is_not():
    with pytest.raises(ConfigurationError, match="'id' is missing"):
        uri.expand("v3/{id}", {"id": None})
    assert uri.expand("v3/{id}/close", {"id": ""}) == "v3//close"


def test_a_value_without_variable_is_refused():
    with pytest.raises(ConfigurationError, match=r"'jsn' is neither.*Its variables: none"):
        uri.expand("v3/certificates", {"jsn": {}})


def test_empty_may_be_left_out():
    assert uri.expand("v3/applyment4sub/applyment/{empty}", {}) == "v3/applyment4sub/applyment/"


@pytest.mark.parametrize("value", [".", "..", "../x", "x/..", "a/../../b", "..\\x", "x/./y"])
def test_a_value_may_not_climb(value):
    with pytest.raises(ConfigurationError, match="another resource"):
        uri.expand("v3/x/{id}", {"id": value})


@pytest.mark.parametrize("value", ["\ud800", [1], {"a": 1}, b"x"])
def test_a_value_must_be_text(value):
    with pytest.raises(ConfigurationError, match="'id'"):
        uri.expand("v3/x/{id}", {"id": value})


@pytest.mark.parametrize("path", ["v3/{id", "v3/id}", "v3/{}", "v3/{{id}}", "v3/{id:x}"])
def test_a_broken_template_is_refused(path):
    with pytest.raises(ConfigurationError, match="6570"):
        uri.expand(path, {"id": "1"})


@pytest.mark.parametrize(
    ("path", "base_uri", "origin", "target"),
    [
        ("v3/x", OWN, "https://api.mch.weixin.qq.com", "/v3/x"),
        ("/v3/x", OWN, "https://api.mch.weixin.qq.com", "/v3/x"),
        ("v3/x/", OWN, "https://api.mch.weixin.qq.com", "/v3/x/"),
        ("v3/x?a=b c", OWN, "https://api.mch.weixin.qq.com", "/v3/x?a=b%20c"),
        ("v3/x#part", OWN, "https://api.mch.weixin.qq.com", "/v3/x"),
        ("v3/x?u=https://a/b", OWN, "https://api.mch.weixin.qq.com", "/v3/x?u=https://a/b"),
        (
            "v3/x",
            "https://apihk.mch.weixin.qq.com/global/",
            "https://apihk.mch.weixin.qq.com",
            "/global/v3/x",
        ),
        (
            "v3/x",
            "https://apihk.mch.weixin.qq.com/hk",
            "https://apihk.mch.weixin.qq.com",
            "/hk/v3/x",
        ),
        ("v3/x", "http://127.0.0.1:8790", "http://127.0.0.1:8790", "/v3/x"),
        ("v3/x", "http://[::1]:8790/", "http://[::1]:8790", "/v3/x"),
        (
            "https://api.mch.weixin.qq.com/v3/billdownload/file?token=6XI%2b&x=1",
            "http://127.0.0.1:8790/",
            "https://api.mch.weixin.qq.com",
            "/v3/billdownload/file?token=6XI%2B&x=1",
        ),
        ("https://pay.wechatpay.cn/a", OWN, "https://pay.wechatpay.cn", "/a"),
        ("https://cdn.tenpay.com:8443/a", OWN, "https://cdn.tenpay.com:8443", "/a"),
        ("https://api.mch.weixin.qq.com", OWN, "https://api.mch.weixin.qq.com", "/"),
    ],
)
def test_where_a_path_leads(path, base_uri, origin, target):
    assert uri.locate(path, base_uri, base_uri)[:2] == (origin, target)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/v3/x",
        "https://weixin.qq.com.evil.example/x",
        "https://evilweixin.qq.com.example/x",
        "https://notweixin.qq.com@evil.example/x",
        "https://user@api.mch.weixin.qq.com/x",
        "https://user:pw@api.mch.weixin.qq.com/x",
        "http://api.mch.weixin.qq.com/x",
        "ftp://api.mch.weixin.qq.com/x",
        "file:///etc/passwd",
        "https://xweixin.qq.com/x",
    ],
)
def test_an_absolute_url_elsewhere_is_never_signed(url):
    with pytest.raises(ConfigurationError, match="will not sign"):
        uri.locate(url, OWN, OWN)


@pytest.mark.parametrize("url", ["https://[::1/x", "https://a:99999/x"])
def test_an_absolute_url_that_is_none_is_refused(url):
    with pytest.raises(ConfigurationError, match="not a valid URL"):
        uri.locate(url, OWN, OWN)


@pytest.mark.parametrize(
    "base_uri",
    [
        "",
        "api.mch.weixin.qq.com",
        "ftp://a/",
        "https://",
        "https://a/?q=1",
        "https://u@a/",
        7,
        None,
    ],
)
def test_a_base_uri_must_be_one(base_uri):
    with pytest.raises(ConfigurationError, match="base_uri"):
        uri.base(base_uri)


def test_a_path_with_a_lone_surrogate_is_refused():
    with pytest.raises(ConfigurationError, match="surrogate"):
        uri.locate("v3/\ud800", OWN, OWN)
