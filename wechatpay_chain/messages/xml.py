"""APIv2's XML: fields below one root element, parsed strictly.

The parser rejects and never repairs input that is not well-formed XML 1.0 in UTF-8: two parsers
that repair it differently see two documents, and only one of them was signed. It also rejects
constructs that WeChat Pay does not use but attacks do: a document type declaration (CWE-611,
CWE-776), attributes, processing instructions, and deep nesting.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..utils.exceptions import ConfigurationError
from ..utils.translation import _
from .canonical import text

__all__ = ["Repeated", "copied", "dumps", "loads"]

NOT_XML = "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+"
"""The characters that XML 1.0, section 2.2, does not allow; compiled on first use."""

NAME = re.compile(r"[^\W\d][\w.-]*", re.UNICODE)
BLANK = " \t\r\n"
"""White space as defined by XML 1.0, section 2.3."""

TEXT = "#text"
"""The key under which xmltodict stores text next to elements."""

LONGEST = 4 * 1024 * 1024
DEEPEST = 16
MOST = 20_000
"""Maximum bytes and elements of a document, and its maximum depth."""


class _StrictParser:
    """An expat parser for xmltodict that rejects the constructs APIv2 does not use."""

    def __init__(self, encoding: str | None, namespace_separator: str | None) -> None:
        from xml.parsers import expat  # loads much of urllib; APIv3 does not need it

        self._parser = expat.ParserCreate(encoding, namespace_separator)
        self._parser.CommentHandler = self._comment
        self._parser.ProcessingInstructionHandler = self._instruction
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.XmlDeclHandler = self._declaration
        self._count = 0
        self._depth = 0
        self._start: Any = None
        self._end: Any = None

    def __setattr__(self, name: str, value: Any) -> None:
        """Pass on the attributes set by xmltodict; its element handlers run after our own."""
        if name == "StartElementHandler":
            self._start, value = value, self._start_element
        elif name == "EndElementHandler":
            self._end, value = value, self._end_element
        if name.startswith("_"):
            object.__setattr__(self, name, value)
        else:
            setattr(self._parser, name, value)

    def Parse(self, document: bytes, is_final: bool) -> None:  # noqa: N802 - expat's own name
        self._parser.Parse(document, is_final)

    def _start_element(self, name: str, attributes: list[str]) -> None:
        if attributes:
            raise ValueError(
                _("its element {name!r} has attributes, which APIv2 does not use", name=name[:80])
            )
        self._count += 1
        self._depth += 1
        if self._count > MOST or self._depth > DEEPEST:
            raise ValueError(
                _(
                    "it has more than {most} elements, or nests them deeper than {deepest}",
                    most=MOST,
                    deepest=DEEPEST,
                )
            )
        self._start(name, attributes)

    def _end_element(self, name: str) -> None:
        self._depth -= 1
        self._end(name)

    def _comment(self, _text: str) -> None:
        if self._depth > 1:
            raise ValueError(_("it contains a comment inside a field"))

    def _instruction(self, target: str, _data: str) -> None:
        raise ValueError(_("it contains a processing instruction ({target!r})", target=target[:80]))

    def _doctype(self, *_arguments: Any) -> None:
        raise ValueError(
            _("it contains a document type declaration (DTD), which WeChat Pay never sends")
        )

    def _declaration(self, version: str, encoding: str | None, _standalone: int) -> None:
        if version != "1.0":
            raise ValueError(_("it declares XML {version!r}; expected 1.0", version=version[:20]))
        if encoding is not None and encoding.lower() not in ("utf-8", "utf8"):
            raise ValueError(
                _(
                    "it declares the encoding {encoding!r}; expected UTF-8",
                    encoding=encoding[:40],
                )
            )


class _StrictExpat:
    """Replaces the module `xml.parsers.expat` in xmltodict."""

    ParserCreate = _StrictParser


def _read(document: bytes) -> Any:
    from xml.parsers import expat

    import xmltodict

    try:
        # This encoding takes precedence over the document's declaration.
        parsed = xmltodict.parse(document, "utf-8", _StrictExpat, strip_whitespace=False)
    except expat.ExpatError as error:
        raise ValueError(
            _("it is not well-formed XML 1.0 in UTF-8 ({error})", error=error)
        ) from None
    (root,) = parsed.values()
    return _fields(root)


def _fields(node: Any) -> Any:
    """Return an element parsed by xmltodict, without the white space between its elements."""
    if isinstance(node, dict):
        if node.pop(TEXT, "").strip(BLANK):
            raise ValueError(_("it has text next to elements"))
        return {name: _fields(value) for name, value in node.items()}
    if isinstance(node, list):
        return [_fields(value) for value in node]
    return node or ""


def _utf8(document: str | bytes) -> bytes:
    """Return the document in UTF-8; a UTF-16 byte order mark or a NUL makes expat switch."""
    if len(document) > LONGEST:
        raise ValueError(_("it is larger than {longest} bytes", longest=LONGEST))
    try:
        source = document.encode() if isinstance(document, str) else bytes(document)
        source.decode()
    except UnicodeError as error:
        raise ValueError(_("it is not UTF-8 ({error})", error=error)) from None
    if b"\0" in source:
        raise ValueError(
            _("it is not well-formed XML 1.0: a NUL at byte {index}", index=source.index(0))
        )
    return source


def loads(document: str | bytes) -> dict[str, Any]:
    """Parse a document and return the fields below its root element; empty elements give ''.

    The fields may be surrounded by one byte order mark, an XML declaration, white space and
    comments.

    Args:
        document: text, or bytes in UTF-8.

    Raises:
        ValueError: the document is not well-formed XML 1.0 or not UTF-8, has a DTD, an attribute or
            a processing instruction, is larger than 4 MiB, is nested deeper than 16 elements, or
            has no fields.
    """
    fields = _read(_utf8(document))
    if not isinstance(fields, dict):
        raise ValueError(_("its root element has no fields"))
    return fields


def copied(value: Any) -> Any:
    """Return a deep copy of a result of `loads`."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return [copied(each) for each in value]
    return {name: copied(each) for name, each in value.items()}


class Repeated(list[Any]):
    """Values that `dumps` writes as elements with the same name."""


def dumps(fields: Mapping[str, Any], root: str = "xml") -> str:
    """Serialize fields: nested mappings become nested elements, a list becomes `item` elements.

    Args:
        fields: names and values. None is omitted; characters that XML does not allow are removed.
        root: the name of the root element.

    Raises:
        ConfigurationError: a name is not an XML name, or a value is neither text nor a number.
    """
    return f"<{root}>{_children(fields)}</{root}>"


def _children(fields: Mapping[str, Any]) -> str:
    return "".join(_element(name, value) for name, value in fields.items())


def _element(name: str, value: Any) -> str:
    if not (isinstance(name, str) and NAME.fullmatch(name)):
        raise ConfigurationError(_("{name!r} is not a valid XML element name", name=name))
    if isinstance(value, Mapping):
        return f"<{name}>{_children(value)}</{name}>"
    if isinstance(value, Repeated):
        return "".join(_element(name, each) for each in value)
    if isinstance(value, list | tuple):
        return f"<{name}>{''.join(_element('item', item) for item in value)}</{name}>"
    content = text(value, name)
    if content is None:
        return ""
    return f"<{name}>{_escape(clean(content))}</{name}>"


def clean(content: str) -> str:
    """Remove the characters that XML does not allow, and normalize line ends as a parser does."""
    return re.sub(NOT_XML, "", content).replace("\r\n", "\n").replace("\r", "\n")


def _escape(content: str) -> str:
    if not any(mark in content for mark in '<>&"'):
        return content
    return f"<![CDATA[{content.replace(']]>', ']]]]><![CDATA[>')}]]>"
