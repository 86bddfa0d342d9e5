"""The same JSON value in the formats of common languages and libraries."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from ...utils.translation import _

__all__ = ["other_serializations"]

Written = tuple[str, str]
"""A text, and how it differs from the usual one."""


def other_serializations(body: bytes) -> Iterator[tuple[bytes, str]]:
    """Yield the value of a JSON body in other formats, with their descriptions.

    Args:
        body: a body; for one that is not JSON, there are no other formats.
    """
    try:
        value = json.loads(body)
        if isinstance(value, dict | list):
            texts = [*_in_styles(value), *_in_other_formats(value, body.decode(errors="replace"))]
            for text, detail in texts:
                yield text.encode(errors="replace"), detail
    except (ValueError, RecursionError):
        return  # not JSON, or nested deeper than any real request


def _in_other_formats(value: Any, text: str) -> Iterator[Written]:
    """Yield the text of a JSON body in formats that are not JSON, or that encode it again."""
    formats = {
        _("as Python displays it, str()"): str(value),
        _("as a JSON string"): json.dumps(text, ensure_ascii=False),
        _("as a JSON string, ASCII only"): json.dumps(text),
        _("in Base64"): base64.b64encode(text.encode(errors="replace")).decode(),
    }
    if isinstance(value, dict):
        pairs = [(name, str(each)) for name, each in value.items()]
        formats |= {
            _("as name=value&…"): "&".join(f"{name}={each}" for name, each in pairs),
            _("as sorted name=value&…"): "&".join(f"{name}={each}" for name, each in sorted(pairs)),
            _("as a form"): urlencode(pairs),
        }
    for style, written in formats.items():
        yield written, _("the body was signed {style}", style=style)


def _in_styles(value: Any) -> Iterator[Written]:
    dropped = _without_nulls(value)
    values = [(value, "")] + ([(dropped, _(", without null"))] if dropped != value else [])
    layouts: tuple[tuple[str, int | str | None, tuple[str, str]], ...] = (
        (_("without spaces"), None, (",", ":")),
        (_("a space after each comma and colon"), None, (", ", ": ")),
        (_("indented by 2"), 2, (",", ": ")),
        (_("indented by 4"), 4, (",", ": ")),
        (_("indented with tabs"), "\t", (",", ": ")),
    )
    for (thing, less), ascii_only, ordered in itertools.product(
        values, (False, True), (False, True)
    ):
        for layout, indent, separators in layouts:
            text = json.dumps(
                thing,
                ensure_ascii=ascii_only,
                sort_keys=ordered,
                indent=indent,
                separators=separators,
            )
            style = _(
                "{layout}, {charset}{order}{less}",
                layout=layout,
                charset=_("ASCII only") if ascii_only else "UTF-8",
                order=_(", sorted") if ordered else "",
                less=less,
            )
            for written, more in _escaped(text):
                yield written, _("the signed JSON: {style}{more}", style=style, more=more)


def _escaped(text: str) -> Iterator[Written]:
    yield text, ""
    if "/" in text:
        yield text.replace("/", "\\/"), _(", with escaped slashes (PHP)")
    html = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    if html != text:
        yield html, _(", <, > and & escaped (Go)")
    gson = html.replace("=", "\\u003d").replace("'", "\\u0027")
    if gson != html:
        yield gson, _(", =, ' and more escaped (Gson)")


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(each) for name, each in value.items() if each is not None}
    return [_without_nulls(each) for each in value] if isinstance(value, list) else value
