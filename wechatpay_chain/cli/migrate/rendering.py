"""The call here, as text: which row of the table it is, and what goes into it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ...chain.segments import attribute
from ...utils.translation import _
from .clients import Client
from .mapping import Member, Row
from .values import Binding, Unsure, Value

__all__ = ["Rendered", "chosen", "rendered"]

WIDTH = 88
PLACEHOLDER = "..."
EXPIRY = 'time.strftime("%Y%m%d%H%M%S", time.gmtime(time.time() + 10 * 3600))'
"""In two hours, as Beijing's clocks show it."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A call.

    Attributes:
        text: the text; lines after the first are indented as for the start of a line.
        result: the attribute of the response that the other library returns.
        imports: names that it needs: modules, or names of `wechatpay_chain`.
    """

    text: str
    result: str
    imports: frozenset[str]


def chosen(binding: Binding, client: Client) -> Row:
    """Return the row of a call.

    Raises:
        Unsure: the value is unknown without running the code.
    """
    rows = candidates(binding, client)
    if not rows:
        raise Unsure(_("the other library has no request for these arguments"))
    if len(rows) > 1:
        raise Unsure(_question(rows[0], binding, client))
    return rows[0]


def candidates(binding: Binding, client: Client) -> list[Row]:
    """Return the possible rows of a call; one if it is certain."""
    found = []
    for row in binding.function.rows:
        answers = [_holds(condition, binding, client) for condition in row.when]
        if False in answers or _lacking(row, binding):
            continue
        found.append(row)
        if None not in answers:
            break
    return found


def _lacking(row: Row, binding: Binding) -> bool:
    """Return whether a required member has no value while another row may have all."""
    if len(binding.function.rows) == 1:
        return False
    wanted = [each.argument for each in row.members if _must(each)]
    return any(binding.value(name) is None for name in [*wanted, *_free(row)])


def _must(member: Member) -> bool:
    if member.optional or member.fallback or member.constant or member.partner:
        return False
    return not member.argument.startswith("client.") and not member.field.startswith("{")


def _free(row: Row) -> list[str]:
    """Return the variables of the path without a member for them."""
    filled = {each.field.strip("{}") for each in row.members if each.field.startswith("{")}
    return [each for each in row.variables if each not in filled]


def _holds(condition: str, binding: Binding, client: Client) -> bool | None:
    name, is_list, values = condition.partition("=")
    if name in ("direct", "partner"):
        return None if client.partner is None else client.partner is (name == "partner")
    value = binding.value(name)
    if is_list:
        told = value.last_name() if value is not None else ""
        told = told or (client.kind if name == "pay_type" and value is None else "")
        if value is None and name != "pay_type":
            return False
        return told in values.split(",") if told else None
    return False if value is None else value.truth


def _question(row: Row, binding: Binding, client: Client) -> str:
    for condition in row.when:
        if _holds(condition, binding, client) is None:
            name = condition.partition("=")[0]
            if name in ("direct", "partner"):
                return _("it is unknown here whether the client belongs to a service provider")
            return _("the value of {name} determines the request", name=name)
    raise AssertionError(row)


def rendered(
    row: Row, binding: Binding, client: Client, receiver: str, *, is_async: bool, strict: bool
) -> Rendered:
    """Return the text of a call of a row.

    Args:
        row: the row of the table.
        binding: the arguments.
        client: on which it is made.
        receiver: its name in the program.
        is_async: whether it is awaited.
        strict: raise where something is missing; otherwise `...` stands there.

    Raises:
        Unsure: a value is not known, with `strict`.
    """
    return _Rendering(row, binding, client, receiver, is_async, strict).call()


@dataclass
class _Rendering:
    row: Row
    binding: Binding
    client: Client
    receiver: str
    is_async: bool
    strict: bool

    def call(self) -> Rendered:
        self.imports: set[str] = set()
        row = self.row
        members: dict[str, str] = {}
        path = {name: self._needed(name) for name in _free(row)}
        whole = re.fullmatch(r"\{(\w+)\}", row.path)
        for member in row.members:
            for key, text in self._member(member):
                if member.field.startswith("{"):
                    path[member.field.strip("{}")] = text
                else:
                    members[key] = text
        members.update((_quoted(name), value.text) for name, value in self.binding.more.items())
        arguments = [] if whole else [f"{name}={text}" for name, text in path.items()]
        if members:
            arguments.append(self._body(members))
        arguments += self._options()
        verb = f"{row.verb.lower()}{'_async' if self.is_async else ''}"
        head = f"{self._chain(path[whole[1]] if whole else '')}.{verb}"
        result = "content" if "content" in row.options else "text"
        return Rendered(_joined(head, arguments), result, frozenset(self.imports))

    def _chain(self, whole: str) -> str:
        if whole:
            return f"{self.receiver}[{whole}]"
        parts = self.row.path.split("/")
        names = [attribute(each) if each else None for each in parts]
        if None in names:
            return f'{self.receiver}["{self.row.path}"]'
        return ".".join([self.receiver, *map(str, names)])

    def _needed(self, name: str) -> str:
        value = self.binding.value(name)
        return self._missing(name) if value is None else value.text

    def _missing(self, name: str) -> str:
        if self.strict:
            raise Unsure(
                _("{name} is missing: the other library generated it or left it empty", name=name)
            )
        return PLACEHOLDER

    def _member(self, member: Member) -> list[tuple[str, str]]:
        """Return the item of the mapping for a member: key and value, or `**` and a mapping."""
        key = _quoted(member.field)
        if member.constant:
            constant = member.constant
            if self.row.body != "query" and constant in ("true", "false"):
                constant = constant.title()
            return [(key, f'"{constant}"' if constant in ("true", "false") else constant)]
        if member.form == "now":
            self.imports.add("time")
            return [(key, "int(time.time())")]
        if member.argument.startswith("client."):
            found = self._attribute(member.argument.removeprefix("client."))
            return [] if found is None else [(key, found.text)]
        value = self.binding.value(member.argument)
        if member.partner and value is not None and self.client.partner is not True:
            if self.client.partner is None and self.strict:
                raise Unsure(
                    _("only a service provider's client sends {argument}", argument=member.argument)
                )
            if self.client.partner is False:
                return []
        if member.partner and value is None:
            return []
        if member.fallback:
            value = self._or_attribute(value, member)
        if member.form and member.form != "sensitive":
            return self._formed(key, member, value)
        if value is None:
            must = member.needed or (member.fallback and not member.optional)
            must = must or (_must(member) and self.row.body != "xml")
            return [(key, self._missing(member.argument))] if must else []
        return self._optional(key, member, value)

    def _optional(self, key: str, member: Member, value: Value) -> list[tuple[str, str]]:
        truth = value.truth
        if member.optional == "??" and value.literal is not NotImplemented:
            truth = True
        text = value.text
        if member.form == "sensitive":
            self.imports.add("Sensitive")
            text = f"Sensitive({text})"
        if not member.optional or truth is True:
            return [(key, text)]
        if truth is False:
            return []
        if self.row.body == "query":
            return [(key, f"{value.closed} or None")]
        if not value.may_be_repeated and self.strict:
            raise Unsure(
                _(
                    "{argument} is omitted if empty: compute it beforehand",
                    argument=member.argument,
                )
            )
        test = f"{value.closed} is not None" if member.optional == "??" else value.text
        return [(f"**{key}", f"({{{key}: {text}}} if {test} else {{}})")]

    def _attribute(self, name: str) -> Value | None:
        try:
            return self.client.attribute(name, self.receiver)
        except Unsure:
            if self.strict:
                raise
            return Value(PLACEHOLDER)

    def _or_attribute(self, value: Value | None, member: Member) -> Value | None:
        if value is not None and value.truth is True:
            return value
        own = self._attribute(member.fallback)
        if own is None:
            return value
        if value is None or value.truth is False:
            return own
        return Value(f"{value.closed} or {own.text}", certain=own.truth)

    def _formed(self, key: str, member: Member, value: Value | None) -> list[tuple[str, str]]:
        form = member.form
        if form == "expiry" and value is None:
            self.imports.add("time")
            return [(key, EXPIRY)]
        if value is None:
            return [] if form != "day" else [(key, self._missing(member.argument))]
        if form == "json":
            self.imports.add("json")
            return [(key, f"json.dumps({value.text}, ensure_ascii=False)")]
        if form in ("time", "expiry"):
            return [(key, f'{value.closed}.strftime("%Y%m%d%H%M%S")')]
        if form == "rsa":
            if self.strict:
                raise Unsure(_("it is encrypted with the key from risk/getpublickey"))
            return [(key, f"rsa.encrypt({value.text}, public_key)")]
        if not value.is_text and self.strict:
            raise Unsure(_("{argument} must be text, such as 20260101", argument=member.argument))
        return [(key, value.text)]

    def _body(self, members: dict[str, str]) -> str:
        nested: dict[str, object] = {}
        for key, text in members.items():
            *above, last = key.strip('"').split(".") if key.startswith('"') else [key]
            place = nested
            for name in above:
                place = place.setdefault(_quoted(name), {})  # type: ignore[assignment]
            place[_quoted(last) if key.startswith('"') else key] = text
        if "query=json" in self.row.options:
            self.imports.add("json")
            nested = {
                name: f"json.dumps({_flat(each)})" if isinstance(each, dict) else each
                for name, each in nested.items()
            }
        return f"{self.row.body}={_mapping(nested, 1)}"

    def _options(self) -> list[str]:
        found: list[str] = []
        for option in self.row.options:
            name, _ignored, text = option.partition("=")
            if name in ("security", "nonceless"):
                found.append(f"{name}=True")
            elif name in ("sensitive", "base_uri"):
                found.append(option)
            elif name.startswith("headers:"):
                field = name.removeprefix("headers:")
                found.append(f'headers={{"{field}": {self._needed(text)}}}')
            elif name == "media":
                path, _ignored, renamed = text.partition(",")
                found.append(f"media={self._media(path, renamed)}")
            elif name == "fapiao":
                found.append(f"meta={self._fapiao()}")
        return found

    def _fapiao(self) -> str:
        """Return the description of an invoice's file; the API misspells the name of the digest."""
        path = self.binding.value("filepath")
        kind = str(path.literal)[-4:].lower() if path is not None else ""
        if kind != ".pdf" and self.strict:
            raise Unsure(_("file_type is PDF or OFD, depending on the file"))
        self.imports.add("Media")
        digest = f'Media({self._needed("filepath")}, digest="sm3").meta["sm3"]'
        return f'{{"file_type": "PDF", "digest_alogrithm": "SM3", "digest": {digest}}}'

    def _media(self, path: str, renamed: str) -> str:
        if not renamed or self.binding.value(renamed) is None:
            return self._needed(path)
        self.imports.add("Media")
        return f"Media({self._needed(path)}, name={self._needed(renamed)})"


def _quoted(name: str) -> str:
    return json.dumps(name)


def _flat(mapping: dict[str, object]) -> str:
    return "{" + ", ".join(f"{key}: {each}" for key, each in mapping.items()) + "}"


def _mapping(members: dict[str, object], depth: int) -> str:
    entries = []
    for key, each in members.items():
        if isinstance(each, dict):
            entries.append(f"{key}: {_mapping(each, depth + 1)}")
        elif key.startswith("**"):
            entries.append(f"**{each}")
        else:
            entries.append(f"{key}: {each}")
    flat = "{" + ", ".join(entries) + "}"
    if len(flat) <= WIDTH - 40 and "\n" not in flat:
        return flat
    inner = "    " * (depth + 1)
    return "{\n" + "".join(f"{inner}{each},\n" for each in entries) + "    " * depth + "}"


def _joined(head: str, arguments: Sequence[str]) -> str:
    flat = f"{head}({', '.join(arguments)})"
    if len(flat) <= WIDTH - 20 and "\n" not in flat:
        return flat
    return f"{head}(\n" + "".join(f"    {each},\n" for each in arguments) + ")"
