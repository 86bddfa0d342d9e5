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
    """Header fields for an HTTP library; their `repr` in tracebacks shows no credential."""

    def copy(self) -> SentFields:
        return SentFields(self)

    def __repr__(self) -> str:
        return repr({name: _shown(name, value) for name, value in self.items()})

    def __sentry_repr__(self) -> str:
        return repr(self)


class Headers(Mapping[str, str]):
    """Header fields: case-insensitive and ordered; duplicates are kept.

    Args:
        fields: a mapping, or pairs of name and value.
    """

    __slots__ = ("_fields", "_first", "_lookup", "_repeated")

    _first: dict[str, str] | None
    """The first value of each field, by its lower-case name."""
    _repeated: Mapping[str, list[str]]
    """All values of the repeated fields."""

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
        """Return fields backed by an HTTP library's own object, which is read on demand.

        Args:
            pairs: all fields, iterated on demand.
            lookup: returns the values of a field, by its case-insensitive name.
        """
        headers = object.__new__(cls)
        headers._fields = pairs  # type: ignore[assignment]
        headers._first = None
        headers._repeated = NONE
        headers._lookup = lookup
        return headers

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Return all fields as pairs, in their original order."""
        if self._lookup is not None:
            self._fields, self._lookup = tuple(self._fields), None
        return self._fields

    def get_all(self, name: str) -> Sequence[str]:
        """Return all values of a field, in order; empty if there are none."""
        if self._lookup is not None:
            return self._lookup(name)
        first, key = self._first or self._by_name(), name.lower()
        if key in self._repeated:
            return self._repeated[key]
        return [first[key]] if key in first else ()

    def only(self, name: str) -> str | None:
        """Return the value of a field that occurs once, or None if it is missing or repeated."""
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
        """Return the first value of a field."""
        value: str | None = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def get(self, name: str, default: Any = None) -> Any:
        """Return the first value of a field, or `default` if there is none."""
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
        """Return a copy with one more field at the end."""
        headers = Headers((*self.pairs(), (name, value)))
        if self._first is not None and (key := name.lower()) not in self._first:
            headers._first = {**self._first, key: value}
            headers._repeated = self._repeated
        return headers

    def merged(self, fields: Mapping[str, str]) -> Headers:
        """Return a copy in which `fields` replace the fields with the same names."""
        replaced = {name.lower() for name in fields}
        kept = [(name, value) for name, value in self.pairs() if name.lower() not in replaced]
        return Headers([*kept, *fields.items()])

    def __copy__(self) -> Headers:
        return self

    def __deepcopy__(self, memo: object) -> Headers:
        return self

    def __reduce__(self) -> tuple[type[Headers], tuple[tuple[tuple[str, str], ...]]]:
        return Headers, (self._masked(),)  # pickles leave the process: no credentials

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{printable(name)}: {printable(value)}" for name, value in self._masked()
        )
        return f"<Headers {shown}>"

    def __sentry_repr__(self) -> str:
        return repr(self)  # Sentry's SDK would otherwise record every item of the mapping

    def _masked(self) -> tuple[tuple[str, str], ...]:
        return tuple((name, _shown(name, value)) for name, value in self.pairs())


def _repeated(fields: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    """Return the values of the repeated fields, by lower-case name."""
    found: dict[str, list[str]] = {}
    for name, value in fields:
        found.setdefault(name.lower(), []).append(value)
    return {name: values for name, values in found.items() if len(values) > 1}


def _shown(name: str, value: str) -> str:
    return MASK if name.lower() in SECRET_HEADERS else value
