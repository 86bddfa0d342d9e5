"""Removes personal data and credentials from paths, queries and URLs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from .... import catalogue
from ....messages.authority import WECHAT_PAY_DOMAINS
from ....messages.identifiers import in_path
from ....messages.percent_encoding import query_string
from .members import Rules, is_app, is_merchant, plain_name
from .placeholders import NUMBERED, Placeholders

__all__ = ["ORIGIN", "Addresses"]

ORIGIN = "https://api.mch.weixin.qq.com"
"""Replaces the client's host, such as a local gateway, in a cassette."""
WORD = re.compile("[a-z][A-Za-z0-9_.-]{0,39}")
NOT_OF_A_WORD = re.compile("[A-Z0-9]")
MOST = 3
"""Maximum capitals and digits in a segment that is part of an address rather than a value."""
ELSEWHERE = "https://example.com/"


class Addresses:
    """Replaces the values in addresses.

    Args:
        rules: which values are kept.
        placeholders: replace the others.
        swaps: the merchant's IDs and their replacements.
        hides_merchant: whether merchant IDs and appids are replaced.
    """

    def __init__(
        self,
        rules: Rules,
        placeholders: Placeholders,
        swaps: Mapping[str, str],
        *,
        hides_merchant: bool,
    ) -> None:
        self._rules = rules
        self._placeholders = placeholders
        self._swaps = swaps
        self._hides_merchant = hides_merchant
        self.origin = ""

    def value(self, name: str, value: str) -> str:
        """Return the value of a parameter, replaced if necessary.

        Args:
            name: the name of the parameter.
            value: the plain value.
        """
        plain = plain_name(name)
        hidden = self._hides_merchant and (is_merchant(plain) or is_app(plain))
        if hidden or not self._rules.keeps(name, value):
            return self._placeholders.of(name, value)
        return self.swapped(value)

    def swapped(self, text: str) -> str:
        """Return a text with the merchant's own IDs replaced."""
        for own, instead in self._swaps.items():
            text = text.replace(own, instead)
        return text

    def path(self, method: str, path: str) -> str:
        """Return a path, with its variables replaced if necessary.

        Args:
            method: upper-case HTTP method.
            path: the path without that of `base_uri`; APIv2 paths begin with `v2/`.
        """
        segments = path.lstrip("/").split("/")
        operation = catalogue.find(method, "/".join(segments))
        if operation is None:
            known = set(in_path(f"/{path}").values())
            return "/".join(self._segment(each, known) for each in segments)
        return "/".join(
            quote(self.value(name[1:-1], unquote(segment)), safe="*")
            if name.startswith("{")
            else segment
            for name, segment in zip(operation.segments, segments, strict=True)
        )

    def _segment(self, segment: str, known: set[str]) -> str:
        """Return a segment of an unknown path, replaced if necessary."""
        text = unquote(segment)
        if text in known or not text or _is_word(text):
            return self.swapped(segment)
        return quote(self._placeholders.of("path", text), safe="*")

    def query(self, pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """Return the parameters of a query, in their order."""
        return [(name, self.value(name, value)) for name, value in pairs]

    def url(self, text: str) -> str:
        """Return a URL in a message: without values for WeChat Pay, replaced for other hosts."""
        try:
            parts = urlsplit(text)
            host = parts.hostname or ""
        except ValueError:
            return self._placeholders.of("text", text)
        origin = f"{parts.scheme}://{parts.netloc}"
        if parts.scheme in ("http", "https"):
            theirs = host.endswith(tuple(f".{each}" for each in WECHAT_PAY_DOMAINS))
            if origin.lower() == self.origin.lower():
                origin = ORIGIN
            elif not theirs and NUMBERED.fullmatch(text.removeprefix(ELSEWHERE)):
                return text
            elif not theirs:
                return f"{ELSEWHERE}{self._placeholders.of('text', text)}"
        elif parts.scheme not in ("weixin", "wxp"):
            return self._placeholders.of("text", text)
        path = self.path("GET", parts.path) if parts.path.strip("/") else ""
        query = query_string(self.query(parse_qsl(parts.query, keep_blank_values=True)))
        return f"{origin}{'/' if parts.path else ''}{path}{'?' if query else ''}{query}"


def _is_word(segment: str) -> bool:
    return WORD.fullmatch(segment) is not None and len(NOT_OF_A_WORD.findall(segment)) <= MOST
