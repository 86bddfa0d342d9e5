"""Where in a call a cursor stands: which argument, which member of a body, and what was typed.

Python is read up to the cursor, so most of what is read has an open bracket, and often an open
string. It is cut into tokens and never run.
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
"""Characters before the cursor that are read; a call does not begin further up."""
PAIRS = {")": "(", "]": "[", "}": "{"}

Kind = Literal["argument", "key", "bare key", "value"]


class Site(NamedTuple):
    """A place in a call.

    Attributes:
        before: the text before the call's opening parenthesis.
        kind: of what is being typed: an argument's name; a key in a dict, within quotes or not yet;
            a string that is a value.
        path: the keys on the way there, beginning with the argument's name. What is in a list has
            the path of the list.
        given: the names that the call, or the dict, has already.
        typed: the part that is there.
    """

    before: str
    kind: Kind
    path: tuple[str, ...]
    given: frozenset[str]
    typed: str


class _Bracket:
    """An open bracket, and what was read since."""

    def __init__(self, sign: str, start: int, label: str | None) -> None:
        self.sign = sign
        self.start = start
        self.label = label
        """The name that it is the value of."""
        self.name: str | None = None
        """The name whose value is being read."""
        self.names: list[str] = []
        self.before = self.last = ("sign", sign)
        """The last two tokens."""

    def take(self, kind: str, text: str) -> None:
        """Go on by one token."""
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
    """The place that a cursor at the end of a text is at; None where it is in no call.

    Args:
        text: Python up to the cursor.
    """
    text = text[-LONGEST:]
    brackets = [_Bracket("", 0, None)]
    in_string = False
    for match in TOKEN.finditer(text):
        kind, token = _token(match)
        if kind in ("comment", "open string") and match.end() < len(text):
            continue  # an open string there is a line that is wrong; the next one may be right
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
    """The kind of a token and its text; of a string, what is in it."""
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
        if bracket.sign == "(":  # a call around this one takes something else
            break
        if bracket.label is not None:
            path.append(bracket.label)
    else:
        return None
    if kind is None:
        return None
    return Site(text[: bracket.start], kind, tuple(reversed(path)), frozenset(inner.names), typed)


def _word(text: str) -> str:
    """The part of a name that a text ends with."""
    found = WORD.search(text)
    return found[0] if found is not None else ""


def _kind(inner: _Bracket, typed: str, in_string: bool) -> Kind | None:
    """What is being typed; None where it is nothing that has a name."""
    if in_string:
        return "key" if inner.sign == "{" and inner.name is None else "value"
    begun = inner.before if typed else inner.last
    if inner.name is not None or begun not in {("sign", inner.sign), ("sign", ",")}:
        return None
    if inner.sign == "(":
        return "argument"
    return "bare key" if inner.sign == "{" and not typed else None
