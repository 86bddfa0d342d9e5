"""The members of a JSON schema in the catalogue, and the limits of their values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["KEYWORDS", "Member", "in_words", "limits", "members"]

Schema = Mapping[str, Any]

KEYWORDS = (
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
    "format",
    "pattern",
)
FORMATS = {"date-time": "RFC 3339 time", "uri": "URL"}


class Member:
    """One member of an object, or one parameter.

    Attributes:
        name: as sent; `$n` stands for a number in numbered APIv2 names.
        schema: its JSON schema; for an array, that of the array.
        required: whether WeChat Pay's documentation marks it as required.
        title: its short Chinese name; may be empty.
    """

    __slots__ = ("_item", "_members", "_type", "name", "required", "schema", "title")

    def __init__(self, name: str, schema: Schema, *, required: bool, title: str = "") -> None:
        self.name = name
        self.schema = schema
        self.required = required
        self.title = title or schema.get("title", "")
        # A gateway needs these for every request, and a catalogue has many members.
        self._item: Schema | None = None
        self._type = ""
        self._members: tuple[Member, ...] | None = None

    @property
    def item(self) -> Schema:
        """Its schema; for an array, that of the items; for alternatives, the first."""
        if self._item is None:
            form = self._form
            self._item = form["items"] if form.get("type") == "array" else form
        return self._item

    @property
    def _form(self) -> Schema:
        """Its schema; of several forms, the first. `anyOf` next to a type is a condition."""
        forms = () if "type" in self.schema else self.schema.get("anyOf", ())
        return next(iter(forms), self.schema)

    @property
    def type(self) -> str:
        """`string`, `integer`, `number`, `boolean` or `object`; with `[]` for an array."""
        if not self._type:
            array = self._form.get("type") == "array"
            self._type = f"{self.item.get('type', 'any')}{'[]' if array else ''}"
        return self._type

    @property
    def enum(self) -> tuple[Any, ...]:
        """The permitted values; empty if there is no list."""
        return tuple(self.item.get("enum", ()))

    @property
    def limits(self) -> dict[str, Any]:
        """The schema keywords that limit its value, such as `{"maxLength": 127}`."""
        return limits(self._form)

    @property
    def limits_in_words(self) -> tuple[str, ...]:
        """The limits as phrases: `("at most 127 characters",)`."""
        return in_words(self.limits)

    @property
    def encrypted(self) -> str:
        """The encryption: `RSAES-OAEP` or `AEAD_AES_256_GCM`; otherwise empty."""
        return str(self.item.get("x-wechatpay-encrypted", ""))

    @property
    def encoded(self) -> str:
        """The media type of the string's content, such as `application/json`; otherwise empty."""
        return str(self.item.get("contentMediaType", ""))

    @property
    def members(self) -> tuple[Member, ...]:
        """Its members if it is an object, an array of objects, or a string that contains one."""
        if self._members is None:
            self._members = members(self.schema)
        return self._members

    def __repr__(self) -> str:
        return f"<Member {self.name}: {self.type}>"


def members(schema: Schema) -> tuple[Member, ...]:
    """Return the members of an object, of an array's items, or of an encoded string's content.

    For alternatives, the members of all of them, without duplicates; a member is required only if
    it is required in every form.
    """
    found: dict[str, Member] = {}
    for member in _members(schema):
        found.setdefault(member.name, member)
    forms = schema.get("contentSchema", schema).get("oneOf", ())
    needed = [set(form.get("required", ())) for form in forms]
    if needed:
        always = set.intersection(*needed)
        return tuple(
            Member(each.name, each.schema, required=each.name in always) for each in found.values()
        )
    return tuple(found.values())


def _members(schema: Schema) -> Iterator[Member]:
    if schema.get("type") == "array":
        schema = schema["items"]
    schema = schema.get("contentSchema", schema)
    required = schema.get("required", ())
    for name, inner in schema.get("properties", {}).items():
        yield Member(name, inner, required=name in required)
    for pattern, inner in schema.get("patternProperties", {}).items():
        yield Member(_counted(pattern), inner, required=False)
    for alternative in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from _members(alternative)


def _counted(pattern: str) -> str:
    r"""Convert `^coupon_id_\d+_\d+$` to the form in the documentation: `coupon_id_$n_$m`."""
    name = pattern.removeprefix("^").removesuffix("$")
    return name.replace(r"\d+", "$n", 1).replace(r"\d+", "$m", 1)


def limits(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keywords of a schema that limit its value; for an array, also those of its items.

    Args:
        schema: the JSON schema of a member.
    """
    item = schema.get("items", {}) if schema.get("type") == "array" else {}
    return {key: part[key] for part in (item, schema) for key in KEYWORDS if key in part}


def in_words(limited: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the limits as phrases: `("6 to 32 characters", "^[0-9A-Za-z]+$")`.

    Args:
        limited: a result of `limits`.
    """
    return tuple(_phrases(limited))


def _phrases(limited: Mapping[str, Any]) -> Iterator[str]:
    for lower, upper, unit in (
        ("minLength", "maxLength", " characters"),
        ("minimum", "maximum", ""),
        ("minItems", "maxItems", " items"),
    ):
        least, most = limited.get(lower), limited.get(upper)
        if least is not None and least == most:
            yield f"exactly {least}{unit}"
        elif least is not None and most is not None:
            yield f"{least} to {most}{unit}"
        elif most is not None:
            yield f"at most {most}{unit}"
        elif least is not None:
            yield f"at least {least}{unit}"
    if "format" in limited:
        yield FORMATS.get(limited["format"], limited["format"])
    if "pattern" in limited:
        yield limited["pattern"]
