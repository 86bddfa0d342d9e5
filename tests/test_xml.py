"""APIv2's XML: written so that any parser reads it back, read so that nothing slips in."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wechatpay_chain import ConfigurationError
from wechatpay_chain.messages import xml

NAMES = st.from_regex(r"[a-z_][a-z0-9_.]{0,15}", fullmatch=True)
TEXTS = st.text(alphabet=st.characters(codec="utf-8"))


@given(st.dictionaries(NAMES, TEXTS, min_size=1))
def test_what_is_written_is_read_back(fields):
    clean = {name: xml.clean(value) for name, value in fields.items()}
    document = xml.dumps(fields)
    assert xml.loads(document) == clean
    assert xml.loads(document.encode()) == clean


@given(st.dictionaries(NAMES, TEXTS, min_size=1))
def test_other_parsers_read_the_same(fields):
    root = ElementTree.fromstring(xml.dumps(fields))
    assert {node.tag: node.text or "" for node in root} == {
        name: xml.clean(value) for name, value in fields.items()
    }


@given(st.text())
def test_any_text_is_read_or_refused_with_a_reason(document):
    try:
        assert isinstance(xml.loads(document), dict)
    except ValueError as error:
        assert str(error).startswith("it")


@given(st.binary())
def test_any_bytes_are_read_or_refused_with_a_reason(document):
    try:
        assert isinstance(xml.loads(document), dict)
    except ValueError as error:
        assert str(error).startswith("it")


def test_marks_go_into_cdata_and_plain_text_does_not():
    assert xml.dumps({"a": "1 < 2 & 3", "b": "plain"}) == (
        "<xml><a><![CDATA[1 < 2 & 3]]></a><b>plain</b></xml>"
    )
    assert xml.loads(xml.dumps({"a": "]]>]]>"})) == {"a": "]]>]]>"}


def test_empty_stays_and_none_goes():
    assert xml.dumps({"a": "", "b": None}) == "<xml><a></a></xml>"
    assert xml.loads("<xml><a></a><b/><c><![CDATA[]]></c></xml>") == {"a": "", "b": "", "c": ""}


def test_space_around_a_value_is_part_of_it():
    assert xml.loads("<xml>\n  <a> x </a>\n  <b>\n</b>\n</xml>") == {"a": " x ", "b": "\n"}


def test_numbers_and_booleans_are_text():
    assert xml.dumps({"a": 1, "b": True}) == "<xml><a>1</a><b>true</b></xml>"


def test_nesting():
    fields = {"a": {"b": "1"}, "c": ["2", "3"]}
    assert xml.dumps(fields) == "<xml><a><b>1</b></a><c><item>2</item><item>3</item></c></xml>"
    assert xml.loads(xml.dumps(fields)) == {"a": {"b": "1"}, "c": {"item": ["2", "3"]}}
    repeated = {"a": {"b": xml.Repeated([{"c": 1}, {"c": 2}])}, "d": xml.Repeated()}
    assert xml.dumps(repeated) == "<xml><a><b><c>1</c></b><b><c>2</c></b></a></xml>"
    assert xml.loads(xml.dumps(repeated)) == {"a": {"b": [{"c": "1"}, {"c": "2"}]}}


@pytest.mark.parametrize("name", ["", "a b", "1a", "a<b", "-a", 7])
def test_a_name_that_is_none_is_refused(name):
    with pytest.raises(ConfigurationError, match="is not a valid XML element name"):
        xml.dumps({name: "x"})


def test_control_characters_are_stripped_from_what_is_written():
    assert xml.dumps({"a": "x\x00\x0b\ufffey"}) == "<xml><a>xy</a></xml>"


def test_a_byte_order_mark_and_a_declaration_are_fine():
    document = '<?xml version="1.0" encoding="UTF-8"?>\n<xml><a>中</a></xml>'
    assert xml.loads("\ufeff" + document) == {"a": "中"}
    assert xml.loads(document.encode("utf-8-sig")) == {"a": "中"}


ENTITY_BOMB = (
    '<!DOCTYPE xml [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1 or str()};" * 10}">' for n in range(1, 12))
    + "]><xml><a>&a11;</a></xml>"
)


@pytest.mark.parametrize(
    "document",
    [
        "<!DOCTYPE xml><xml><a>1</a></xml>",
        '<!DOCTYPE xml [<!ENTITY x SYSTEM "file:///etc/passwd">]><xml><a>&x;</a></xml>',
        '<!DOCTYPE xml SYSTEM "http://127.0.0.1:9/x.dtd"><xml><a>1</a></xml>',
        ENTITY_BOMB,
    ],
)
def test_a_document_type_is_refused_before_it_is_looked_into(document):
    with pytest.raises(ValueError, match="DTD"):
        xml.loads(document)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("", "not well-formed"),
        ("not xml", "not well-formed"),
        ("<xml><a>1</a>", "not well-formed"),
        ("<xml>&unknown;</xml>", "not well-formed"),
        ("<xml>text</xml>", "no fields"),
        ("<xml/>", "no fields"),
        (b"<xml><a>\xff\xfe</a></xml>", "not UTF-8"),
        ('{"code": "JSON"}', "not well-formed"),
    ],
)
def test_what_is_not_usable_says_why(document, reason):
    with pytest.raises(ValueError, match=reason):
        xml.loads(document)
