"""The gateway's own parsers: they agree with who wrote the bytes, and raise nothing foreign."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from wechatpay_chain.gateway.messages import multipart, nesting
from wechatpay_chain.gateway.server.access import origins as access
from wechatpay_chain.messages import media

MANY = settings(max_examples=300, deadline=None)
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("Cc",)), min_size=1, max_size=20)


@MANY
@example("a\\", b"", b"")
@example('a".png', b"", b"")
@given(NAMES, st.binary(max_size=300), st.binary(max_size=300))
def test_a_form_comes_out_as_it_went_in(filename: str, meta: bytes, content: bytes) -> None:
    kind, body = media.multipart(
        [("meta", None, "application/json", meta), ("file", filename, "image/png", content)]
    )
    found = multipart.parse(body, multipart.boundary_of(kind))
    assert found.fields == {"meta": meta}
    assert found.file is not None
    assert found.file.content == content
    assert found.file.name.replace('"', "%22") == filename.replace('"', "%22").replace("\\\\", "\\")


PIECES = st.sampled_from(
    [
        b"--X",
        b"--X--",
        b"\r\n",
        b"\r\n\r\n",
        b"Content-Disposition: form-data; ",
        b'name="meta"',
        b'name="file"; filename="a.png"',
        b"; filename*=utf-8''%e4%b8%ad",
        b"; filename*=utf-8''%ff",
        b"Content-Transfer-Encoding: base64",
        b'"',
        b"\\",
        b"\xff",
        b"x",
    ]
)


@MANY
@given(st.lists(PIECES, max_size=40).map(b"".join))
def test_whatever_comes_is_a_form_or_a_value_error(body: bytes) -> None:
    try:
        found = multipart.parse(body, b"X")
    except ValueError:
        return
    assert len(found.fields) <= multipart.PARTS


@MANY
@given(st.text(max_size=100))
def test_whatever_a_content_type_is(text: str) -> None:
    try:
        boundary = multipart.boundary_of(text)
    except ValueError:
        return
    assert 0 < len(boundary) <= 70
    assert b"\r" not in boundary
    assert b"\n" not in boundary


def depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


VALUES = st.recursive(
    st.none() | st.integers() | st.text(st.sampled_from('[]{}"\\a<>/!-')),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text('[{"\\', max_size=3), inner)
    ),
)


@MANY
@given(VALUES)
def test_how_deep_json_is(value: Any) -> None:
    text, deep = json.dumps(value), depth(value)
    nesting.check_json(text, deep)
    if deep:
        with pytest.raises(nesting.TooDeep):
            nesting.check_json(text, deep - 1)


@MANY
@given(st.lists(st.sampled_from(["<a>", "</a>", "<a/>", "<![CDATA[<a>]]>", "<!--<a>-->", "x"])))
def test_how_deep_xml_is(tokens: list[str]) -> None:
    deepest = deep = 0
    for token in tokens:
        deep += {"<a>": 1, "</a>": -1}.get(token, 0)
        deepest = max(deepest, deep)
    nesting.check_xml("".join(tokens), deepest)
    if deepest:
        with pytest.raises(nesting.TooDeep):
            nesting.check_xml("".join(tokens), deepest - 1)


@MANY
@given(st.text(st.sampled_from("127.0localhst[]:/@\\%#? \t\u2460\uff0e"), max_size=30))
def test_whatever_host_is(text: str) -> None:
    found = access._authority(text)
    if found is not None:
        assert not set(found[0]) & set("/@\\%#? \t\u2460\uff0e[]")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"--abc\r\nrest", b"abc"),
        (b"--" + b"x" * 70 + b"\r\n", b"x" * 70),
        (b"--" + b"x" * 71 + b"\r\n", None),
        (b"--\r\n", None),
        (b"abc\r\n", None),
        (b"--abc", None),
        (b"--a\xffb\r\n", None),
        (b"", None),
    ],
)
def test_a_form_begins_with_its_boundary(content: bytes, expected: bytes | None) -> None:
    if expected is not None:
        assert multipart.boundary_of("multipart/form-data", content) == expected
        return
    with pytest.raises(ValueError, match="boundary"):
        multipart.boundary_of("multipart/form-data", content)
    assert multipart.boundary_of("multipart/form-data; boundary=named", content) == b"named"
