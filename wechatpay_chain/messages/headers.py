"""Header fields of a request or a response."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..utils.display import printable
from ..utils.secret import MASK

__all__ = ["Headers", "SentFields"]

NONE: Mapping[str, list[str]] = {}
SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})


class SentFields(dict[str, str]):
    """Header fields as a library takes them, whose `repr` in its frames shows no credential."""

    def copy(self) -> SentFields:
        return SentFields(self)

    def __repr__(self) -> str:
        return repr({name: _shown(name, value) for name, value in self.items()})

    def __sentry_repr__(self) -> str:
        return repr(self)


class Headers(Mapping[str, str]):
    """Header fields: case-insensitive, in order, duplicates kept.

    Args:
        fields: a mapping, or pairs of name and value.
    """

    __slots__ = ("_fields", "_first", "_lookup", "_repeated")

    _first: dict[str, str] | None
    """The first value of each field, by its name in lower case."""
    _repeated: Mapping[str, list[str]]
    """All values of the fields that stand more than once."""

    def __init__(self, fields: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> None:
        if not isinstance(fields, tuple):
            fields = tuple(fields.items() if isinstance(fields, Mapping) else fields)
        self._fields: tuple[tuple[str, str], ...] = fields
        self._first = None
        self._repeated = NONE
        self._lookup: Callable[[str], Sequence[str]] | None = None

    @classmethod
    def over(
        cls, pairs: Iterable[tuple[str, str]], lookup: Callable[[str], Sequence[str]]
    ) -> Headers:
        """Fields that stay in an HTTP library's own header until all of them are asked for.

        Args:
            pairs: all fields, to be gone through when needed.
            lookup: from a name in any case to the field's values.
        """
        headers = object.__new__(cls)
        headers._fields = pairs  # type: ignore[assignment]
        headers._first = None
        headers._repeated = NONE
        headers._lookup = lookup
        return headers

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """All fields as pairs, as they were given."""
        if self._lookup is not None:
            self._fields, self._lookup = tuple(self._fields), None
        return self._fields

    def get_all(self, name: str) -> Sequence[str]:
        """Every value of a field, in order; empty where there is none."""
        if self._lookup is not None:
            return self._lookup(name)
        first, key = self._first or self._by_name(), name.lower()
        if key in self._repeated:
            return self._repeated[key]
        return [first[key]] if key in first else ()

    def only(self, name: str) -> str | None:
        """The value of a field that stands once; None where it is missing or repeated."""
        if self._lookup is not None:
            values = self._lookup(name)
            return values[0] if len(values) == 1 else None
        first, key = self._first or self._by_name(), name.lower()
        return None if key in self._repeated else first.get(key)

    def _by_name(self) -> dict[str, str]:
        if self._first is None:
            fields = self.pairs()
            first = {name.lower(): value for name, value in fields}
            if len(first) < len(fields):
                self._repeated = _repeated(fields)
                first.update((name, values[0]) for name, values in self._repeated.items())
            self._first = first
        return self._first

    def __getitem__(self, name: str) -> str:
        """The first value of a field."""
        value: str | None = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def get(self, name: str, default: Any = None) -> Any:
        """The first value of a field, or `default` where there is none."""
        if self._lookup is None:
            return (self._first or self._by_name()).get(name.lower(), default)
        values = self._lookup(name)
        return values[0] if values else default

    def __iter__(self) -> Iterator[str]:
        return iter({name.lower(): name for name, _ in reversed(self.pairs())}.values())

    def __len__(self) -> int:
        return len(self._by_name())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Headers)
            and self._by_name() == other._by_name()
            and self._repeated == other._repeated
        )

    __hash__ = None  # type: ignore[assignment]

    def added(self, name: str, value: str) -> Headers:
        """A copy with one more field at its end."""
        headers = Headers((*self.pairs(), (name, value)))
        if self._first is not None and (key := name.lower()) not in self._first:
            headers._first = {**self._first, key: value}
            headers._repeated = self._repeated
        return headers

    def merged(self, fields: Mapping[str, str]) -> Headers:
        """A copy in which `fields` replace the fields of the same names."""
        replaced = {name.lower() for name in fields}
        kept = [(name, value) for name, value in self.pairs() if name.lower() not in replaced]
        return Headers([*kept, *fields.items()])

    def __copy__(self) -> Headers:
        return self

    def __deepcopy__(self, memo: object) -> Headers:
        return self

    def __reduce__(self) -> tuple[type[Headers], tuple[tuple[tuple[str, str], ...]]]:
        return Headers, (self._masked(),)  # a pickle leaves the process; credentials do not

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{printable(name)}: {printable(value)}" for name, value in self._masked()
        )
        return f"<Headers {shown}>"

    def __sentry_repr__(self) -> str:
        return repr(self)  # Sentry's SDK records every item of a mapping otherwise

    def _masked(self) -> tuple[tuple[str, str], ...]:
        return tuple((name, _shown(name, value)) for name, value in self.pairs())


def _repeated(fields: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    """The values of the fields that stand more than once, by their names in lower case."""
    found: dict[str, list[str]] = {}
    for name, value in fields:
        found.setdefault(name.lower(), []).append(value)
    return {name: values for name, values in found.items() if len(values) > 1}


def _shown(name: str, value: str) -> str:
    return MASK if name.lower() in SECRET_HEADERS else value
