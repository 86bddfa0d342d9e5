"""The columns of a row that this version does not know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

__all__ = ["NONE", "Extra"]


class Extra(Mapping[str, str]):
    """Texts by heading; immutable, and its `repr` shows only the headings."""

    __slots__ = ("_items",)

    def __init__(self, items: Iterable[tuple[str, str]] = ()) -> None:
        self._items = tuple(items)

    def __getitem__(self, heading: str) -> str:
        for name, text in self._items:
            if name == heading:
                return text
        raise KeyError(heading)

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        return hash(frozenset(self._items))

    def __reduce__(self) -> tuple[type[Extra], tuple[tuple[tuple[str, str], ...]]]:
        return Extra, (self._items,)

    def __repr__(self) -> str:
        return f"<Extra {', '.join(self)}>" if self._items else "<Extra>"


NONE = Extra()
"""For a row with only known columns."""
