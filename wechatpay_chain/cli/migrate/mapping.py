"""The mapping of the functions of other libraries: `wechatpayv3.tsv` and `wechatpy.tsv`.

A function has a row for each request that it can make. The columns:

- `when`: which row it is, in words with spaces between them: `direct`, `partner` (the client's
  mode), `name` (the argument is there), `name=A,B` (it is one of these). The first row that fits
  counts.
- `verb` and `path` of the request. Without a verb nothing is sent, and `path` says what takes the
  function's place.
- `members` of the body; of the query for GET and DELETE. See `Member`.
- `options`: `sensitive="auto"`, `security`, `nonceless`, `base_uri=…`, `media=PATH[,NAME]`,
  `headers:NAME=ARGUMENT`; `content` and `text` say what of the response is returned, `query=json`
  that the members of the query are JSON, `fapiao` that `meta` is that of an invoice.
- `differs`: how the other library's request differs, where it does: `line`, `body`, or `raises`.
- `note`, `note_zh`: what the other library does, from a verb on, in English and Chinese.
"""

from __future__ import annotations

import ast
import csv
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import cast

from ...utils.translation import Message, _, current

__all__ = ["LIBRARIES", "Function", "Member", "Parameter", "Row", "functions"]

LIBRARIES = ("wechatpayv3", "wechatpy")
MEMBER = re.compile(
    r"(?P<field>[\w.{}]+)(?:=(?P<argument>[\w.]+))?(?:=:(?P<constant>.+?))?(?P<missing>=!)?"
    r"(?:\|client\.(?P<fallback>\w+))?(?P<optional>\?{0,2})(?P<must>!?)(?:#(?P<form>\w+))?"
    r"(?P<partner>@partner)?"
)
EXTRA = "*"
"""Stands among members for keyword arguments that become members by themselves."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a function.

    Attributes:
        name: the name of it.
        default: as Python text; None if it is required.
    """

    name: str
    default: str | None


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a body or a query, and where its value comes from.

    Attributes:
        field: its name, with dots if it is nested, in braces if it is in the path.
        argument: the parameter that has the value; `client.…` an attribute of the client.
        constant: the value as Python text, if it is always the same.
        fallback: the client's attribute that counts where the argument is empty.
        optional: `?` omits an empty argument, `??` omits None.
        needed: the other library generates a value, here it is required.
        form: the format of the value: `json`, `time`, `expiry`, `day`, `now`, `rsa`,
            `sensitive`.
        partner: only a service provider's client sends it.
    """

    field: str
    argument: str
    constant: str
    fallback: str
    optional: str
    needed: bool
    form: str
    partner: bool

    @classmethod
    def of(cls, text: str) -> Member:
        """Return a member in the spelling of the table."""
        match = MEMBER.fullmatch(text)
        if match is None:
            raise ValueError(_("{text!r} is not a field", text=text))
        return cls(
            match["field"],
            match["argument"] or match["field"],
            match["constant"] or "",
            match["fallback"] or "",
            match["optional"],
            bool(match["must"] or match["missing"]),
            match["form"] or "",
            bool(match["partner"]),
        )


@dataclass(frozen=True, slots=True)
class Row:
    """One request that a function can make, or what takes its place; see the module."""

    when: tuple[str, ...]
    verb: str
    path: str
    members: tuple[Member, ...]
    takes_more: bool
    options: tuple[str, ...]
    differs: str
    note: str
    note_zh: str

    @property
    def remark(self) -> str:
        """The note in the language of the process."""
        return Message(self.note_zh, self.note) if current() == "zh" else self.note

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of the variables of `path`."""
        return tuple(re.findall(r"\{(\w+)\}", self.path))

    @property
    def body(self) -> str:
        """The option that takes the members."""
        if self.path.startswith("v2/"):
            return "xml"
        return "query" if self.verb in ("GET", "DELETE") else "json"


@dataclass(frozen=True, slots=True)
class Function:
    """A public function of the other library.

    Attributes:
        name: with the attribute of the client that has it: `order.create`.
        parameters: in their order.
        takes_more: any other keyword argument too.
        rows: the calls that replace it.
    """

    name: str
    parameters: tuple[Parameter, ...]
    takes_more: bool
    rows: tuple[Row, ...]


@cache
def functions(library: str) -> dict[str, Function]:
    """Return all public functions of a library, by their names; `WeChatPay` is the constructor.

    Args:
        library: `wechatpayv3` or `wechatpy`.
    """
    text = (resources.files(__package__) / f"{library}.tsv").read_text("utf-8")
    found: dict[str, list[dict[str, str]]] = {}
    reader = csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    for line in reader:
        found.setdefault(line["function"], []).append(line)
    return {name: _function(name, lines) for name, lines in found.items()}


def _function(name: str, lines: list[dict[str, str]]) -> Function:
    lambda_ = ast.parse(f"lambda {lines[0]['parameters']}: 0", mode="eval").body
    taken = cast("ast.Lambda", lambda_).args
    defaults = [None] * (len(taken.args) - len(taken.defaults)) + [
        ast.unparse(each) for each in taken.defaults
    ]
    parameters = tuple(
        Parameter(each.arg, default) for each, default in zip(taken.args, defaults, strict=True)
    )
    return Function(name, parameters, taken.kwarg is not None, tuple(map(_row, lines)))


def _row(line: dict[str, str]) -> Row:
    members = line["members"].split()
    return Row(
        tuple(line["when"].split()),
        line["verb"],
        line["path"],
        tuple(Member.of(each) for each in members if each != EXTRA),
        EXTRA in members,
        tuple(line["options"].split()),
        line["differs"],
        line["note"],
        line["note_zh"],
    )
