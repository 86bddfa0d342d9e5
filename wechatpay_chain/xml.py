"""APIv2's XML: flat fields below one root element, read safely.

A document type declaration is refused before it is looked into: no entity, no external file, no
expansion (CWE-611, CWE-776).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .canonical import text
from .errors import ConfigurationError

__all__ = ["dumps", "loads"]

NOT_XML = "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+"
"""Whatever XML 1.0, section 2.2, does not allow as a character; compiled when first used."""

NAME = re.compile(r"[^\W\d][\w.-]*", re.UNICODE)


class _Forbidden(ValueError):
    pass


def _no_doctype(*_: Any) -> None:
    raise _Forbidden("it carries a document type declaration (DTD), which WeChat Pay never sends")


def _parse(source: str) -> dict[str, Any]:
    """What xmltodict makes of a document, with a parser that refuses a DTD."""
    from xml.parsers import expat  # loads half of urllib, and APIv3 alone never needs it

    import xmltodict

    class SafeExpat:
        ExpatError = expat.ExpatError

        @staticmethod
        def ParserCreate(*args: Any) -> Any:  # noqa: N802 - expat's own name
            parser = expat.ParserCreate(*args)
            parser.StartDoctypeDeclHandler = _no_doctype
            return parser

    try:
        parsed: dict[str, Any] = xmltodict.parse(
            source, strip_whitespace=False, xml_attribs=False, expat=SafeExpat
        )
    except expat.ExpatError as error:
        raise ValueError(str(error)) from None
    return parsed


def loads(document: str | bytes) -> dict[str, Any]:
    """The fields below the root element; an empty element is an empty string.

    Raises:
        ValueError: not well-formed, carries a DTD, is not UTF-8, or has no fields.
    """
    try:
        source = document if isinstance(document, str) else document.decode("utf-8-sig")
        source = re.sub(NOT_XML, "", source.lstrip("\ufeff"))
        parsed = _parse(re.sub(r"^\s*<\?xml[^>]*\?>", "", source).strip())
        fields = _fields(next(iter(parsed.values())))
    except _Forbidden:
        raise
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not UTF-8 (byte {error.start})") from None
    except (ValueError, RecursionError) as error:
        raise ValueError(f"it is not well-formed XML ({error})") from None
    if not isinstance(fields, dict):
        raise ValueError("its root element holds no fields")
    return fields


def _fields(node: Any) -> Any:
    if isinstance(node, dict):
        return {name: _fields(value) for name, value in node.items() if name != "#text"}
    if isinstance(node, list):
        return [_fields(value) for value in node]
    return node or ""


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
