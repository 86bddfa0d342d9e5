"""APIv2's XML: fields below one root element, read strictly.

What is not well-formed XML 1.0 in UTF-8 is refused, never repaired: two readers that repair
differently see two documents, and only one of them was signed. Refused as well is what WeChat Pay
does not send and attacks are made of: a document type declaration (CWE-611, CWE-776), attributes,
processing instructions, deep nesting.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .canonical import text
from .errors import ConfigurationError

__all__ = ["copied", "dumps", "loads"]

NOT_XML = "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+"
"""Whatever XML 1.0, section 2.2, does not allow as a character; compiled when first used."""

NAME = re.compile(r"[^\W\d][\w.-]*", re.UNICODE)
BLANK = " \t\r\n"
"""White space as XML 1.0, section 2.3, defines it."""

DEEPEST = 16
MOST = 20_000
"""Elements of one document, and how deep they may be nested."""


class _Reader:
    """Collects the fields of a document while expat reads it.

    An element that holds elements is a dict, any other one its text. A name that stands more than
    once has a list of its values, so that no reader can mistake the first for the last.
    """

    def __init__(self) -> None:
        self.root: Any = None
        self._open: list[tuple[str, dict[str, Any]]] = []
        self._text: list[str] = []
        self._count = 0

    def start(self, name: str, attributes: list[str]) -> None:
        if attributes:
            raise ValueError(f"its element {name[:80]!r} has attributes, which APIv2 does not use")
        self._count += 1
        if self._count > MOST or len(self._open) >= DEEPEST:
            raise ValueError(
                f"it has more than {MOST} elements, or nests them deeper than {DEEPEST}"
            )
        self._assert_blank()
        self._open.append((name, {}))

    def data(self, text: str) -> None:
        self._text.append(text)

    def end(self, name: str) -> None:
        _, fields = self._open.pop()
        value: Any = fields
        if fields:
            self._assert_blank()
        else:
            value = "".join(self._text)
            self._text.clear()
        if self._open:
            _add(self._open[-1][1], name, value)
        else:
            self.root = value

    def comment(self, _: str) -> None:
        if len(self._open) > 1:
            raise ValueError("it has a comment inside a field")

    def instruction(self, target: str, _: str) -> None:
        raise ValueError(f"it has a processing instruction ({target[:80]!r})")

    def doctype(self, *_: Any) -> None:
        raise ValueError(
            "it carries a document type declaration (DTD), which WeChat Pay never sends"
        )

    def declaration(self, version: str, encoding: str | None, _: int) -> None:
        if version != "1.0":
            raise ValueError(f"it declares XML {version[:20]!r}; 1.0 is expected")
        if encoding is not None and encoding.lower() not in ("utf-8", "utf8"):
            raise ValueError(f"it declares the encoding {encoding[:40]!r}; UTF-8 is expected")

    def _assert_blank(self) -> None:
        """Beside elements there is layout only."""
        if "".join(self._text).strip(BLANK):
            raise ValueError("it has text beside elements")
        self._text.clear()


def _add(fields: dict[str, Any], name: str, value: Any) -> None:
    if name not in fields:
        fields[name] = value
    elif isinstance(fields[name], list):
        fields[name].append(value)
    else:
        fields[name] = [fields[name], value]


def _read(document: bytes) -> Any:
    from xml.parsers import expat  # loads half of urllib, and APIv3 alone never needs it

    reader = _Reader()
    parser = expat.ParserCreate("utf-8")  # whatever the document declares
    parser.buffer_text = True
    parser.ordered_attributes = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.data
    parser.CommentHandler = reader.comment
    parser.ProcessingInstructionHandler = reader.instruction
    parser.StartDoctypeDeclHandler = reader.doctype
    parser.XmlDeclHandler = reader.declaration
    try:
        parser.Parse(document, True)
    except expat.ExpatError as error:
        raise ValueError(f"it is not well-formed XML 1.0 in UTF-8 ({error})") from None
    return reader.root


def _utf8(document: str | bytes) -> bytes:
    """The document in UTF-8; expat would change over to UTF-16 for its byte order mark or a NUL."""
    try:
        source = document.encode() if isinstance(document, str) else bytes(document)
        source.decode()
    except UnicodeError as error:
        raise ValueError(f"it is not UTF-8 ({error})") from None
    if b"\0" in source:
        raise ValueError(f"it is not well-formed XML 1.0: a NUL at byte {source.index(0)}")
    return source


def loads(document: str | bytes) -> dict[str, Any]:
    """The fields below the root element; an empty element is an empty string.

    One byte order mark, an XML declaration, white space and comments may surround the fields.

    Args:
        document: in UTF-8 where it is bytes.

    Raises:
        ValueError: not well-formed XML 1.0, not UTF-8, with a DTD, an attribute, a processing
            instruction, nested deeper than 16 elements, or without fields.
    """
    fields = _read(_utf8(document))
    if not isinstance(fields, dict):
        raise ValueError("its root element holds no fields")
    return fields


def copied(value: Any) -> Any:
    """A copy of what `loads` returned, down to its last member."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return [copied(each) for each in value]
    return {name: copied(each) for name, each in value.items()}


def dumps(fields: Mapping[str, Any], root: str = "xml") -> str:
    """An XML document: nested mappings become nested elements, a list repeats `item` elements.

    Args:
        fields: names and values; None is left out, characters that XML does not know are stripped.
        root: the root element's name.

    Raises:
        ConfigurationError: a name is not an XML name, or a value is neither text nor number.
    """
    return f"<{root}>{_children(fields)}</{root}>"


def _children(fields: Mapping[str, Any]) -> str:
    return "".join(_element(name, value) for name, value in fields.items())


def _element(name: str, value: Any) -> str:
    if not (isinstance(name, str) and NAME.fullmatch(name)):
        raise ConfigurationError(f"{name!r} cannot be the name of an XML element")
    if isinstance(value, Mapping):
        return f"<{name}>{_children(value)}</{name}>"
    if isinstance(value, list | tuple):
        return f"<{name}>{''.join(_element('item', item) for item in value)}</{name}>"
    content = text(value, name)
    if content is None:
        return ""
    return f"<{name}>{_escape(clean(content))}</{name}>"


def clean(content: str) -> str:
    """Text without the characters that XML does not know; line ends as a parser reports them."""
    return re.sub(NOT_XML, "", content).replace("\r\n", "\n").replace("\r", "\n")


def _escape(content: str) -> str:
    if not any(mark in content for mark in '<>&"'):
        return content
    return f"<![CDATA[{content.replace(']]>', ']]]]><![CDATA[>')}]]>"
