"""Locates the cursor in a call: the argument, the member of a body, and the text typed so far.

The module reads Python source up to the cursor. Brackets and often a string are therefore still
open. The source is tokenized and never executed.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

__all__ = ["Site", "site"]

TOKEN = re.compile(
    r"""
    (?P<string>
        [rRbBuUfF]{0,2}
        (?:
            (?P<triple>\"{3}|'{3}) (?P<long>(?:\\.|(?!(?P=triple)).)*) (?P<ended>(?P=triple))?
          | (?P<quote>["']) (?P<short>(?:\\.|(?!(?P=quote))[^\\\n])*) (?P<closed>(?P=quote))?
        )
    )
  | (?P<comment>\#[^\n]*)
  | (?P<name>[^\W\d]\w*)
  | (?P<number>\d[\w.]*)
  | (?P<sign>==|[^\s\w])
    """,
    re.VERBOSE | re.DOTALL,
)
WORD = re.compile(r"(?<!\w)\w*\Z")
LONGEST = 100_000
"""Maximum number of characters read before the cursor; a call does not begin further up."""
PAIRS = {")": "(", "]": "[", "}": "{"}

Kind = Literal["argument", "key", "bare key", "value"]


class Site(NamedTuple):
    """A place in a call.

    Attributes:
        before: the text before the call's opening parenthesis.
        kind: what is being typed: an argument's name, a dict key with or without its quotes, or a
            string value.
        path: the keys that lead to the place, beginning with the argument's name. An item of a list
            has the path of the list.
        given: the names already present in the call or dict.
        typed: the part of the name or value typed so far.
    """

    before: str
    kind: Kind
    path: tuple[str, ...]
    given: frozenset[str]
    typed: str


class _Bracket:
    """An open bracket, and the tokens read since."""

    def __init__(self, sign: str, start: int, label: str | None) -> None:
        self.sign = sign
        self.start = start
        self.label = label
        """The name before the bracket, if the bracket opens its value."""
        self.name: str | None = None
        """The name for which a value is being read."""
        self.names: list[str] = []
        self.before = self.last = ("sign", sign)
        """The last two tokens."""

    def take(self, kind: str, text: str) -> None:
        """Process one more token."""
        if text == "," and kind == "sign":
            self.name = None
        elif self.name is None and kind == "sign":
            by_name = self.sign == "(" and text == "=" and self.last[0] == "name"
            by_key = self.sign == "{" and text == ":" and self.last[0] == "string"
            if by_name or by_key:
                self.name = self.last[1]
                self.names.append(self.last[1])
        self.before, self.last = self.last, (kind, text)


def site(text: str) -> Site | None:
    """Return the place of a cursor at the end of a text, or None if it is not in a call.

    Args:
        text: Python source up to the cursor.
    """
    text = text[-LONGEST:]
    brackets = [_Bracket("", 0, None)]
    in_string = False
    for match in TOKEN.finditer(text):
        kind, token = _token(match)
        if kind in ("comment", "open string") and match.end() < len(text):
            continue  # this line has an unterminated string; the next one may be valid
        if kind == "comment":
            return None
        in_string = kind == "open string"
        if kind == "sign" and token in PAIRS.values():
            inner = _Bracket(token, match.start(), brackets[-1].name)
            brackets[-1].take("bracket", token)
            brackets.append(inner)
        elif kind == "sign" and token in PAIRS:
            if brackets[-1].sign != PAIRS[token]:
                return None
            brackets.pop()
        else:
            brackets[-1].take(kind, token)
    return _site(text, brackets, in_string)


def _token(match: re.Match[str]) -> tuple[str, str]:
    """Return the kind and the text of a token; for a string, its content."""
    if match["string"] is None:
        return match.lastgroup or "", match[0]
    content = match["long"] if match["triple"] else match["short"]
    is_closed = match["ended"] or match["closed"]
    return "string" if is_closed else "open string", content


def _site(text: str, brackets: list[_Bracket], in_string: bool) -> Site | None:
    inner = brackets[-1]
    typed = inner.last[1] if in_string else _word(text)
    kind = _kind(inner, typed, in_string)
    path = [inner.name] if inner.name is not None else []
    for bracket in reversed(brackets):
        if bracket.sign == "(":  # the arguments of an enclosing call are different
            break
        if bracket.label is not None:
            path.append(bracket.label)
    else:
        return None
    if kind is None:
        return None
    return Site(text[: bracket.start], kind, tuple(reversed(path)), frozenset(inner.names), typed)


def _word(text: str) -> str:
    """Return the incomplete name at the end of a text."""
    found = WORD.search(text)
    return found[0] if found is not None else ""


def _kind(inner: _Bracket, typed: str, in_string: bool) -> Kind | None:
    """Return what is being typed, or None if it has no name."""
    if in_string:
        return "key" if inner.sign == "{" and inner.name is None else "value"
    begun = inner.before if typed else inner.last
    if inner.name is not None or begun not in {("sign", inner.sign), ("sign", ",")}:
        return None
    if inner.sign == "(":
        return "argument"
    return "bare key" if inner.sign == "{" and not typed else None
