"""Converts the texts below a header to values and rows, one block at a time.

A block is transposed: each column is converted at once by functions written in C (`map` with a
dictionary, a regular expression over all texts). That is several times as fast as row by row.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import cache
from typing import Any, cast

from ..forms import Column, ColumnType
from ..rows import ROWS, Row, UnknownRow
from ..rows.extra import NONE, Extra
from .header import Header
from .values import BadValue, reader_of, value_of

__all__ = ["Layout", "Values"]

Values = dict[str, Sequence[Any]]
"""The values of a block by field name."""


class Layout:
    """How the rows below a header are read.

    Attributes:
        header: the header.
        width: the number of columns.
        free: for each column, whether its text may contain the separator.
        row_class: the class of the rows.
    """

    def __init__(self, header: Header) -> None:
        self.header = header
        self.width = len(header.columns)
        self.free = tuple(column is None or column.free for column in header.columns)
        self.row_class: type[Row] = ROWS[header.form.kind] if header.form else UnknownRow
        self._readers = [
            (index, column.name, reader_of(column))
            for index, column in enumerate(header.columns)
            if column is not None
        ]
        self._checks = [_check(column) for column in header.columns]
        self._extra = [i for i, column in enumerate(header.columns) if column is None]
        names = {name for _, name, _ in self._readers}
        pairs = header.form.copies if header.form else ()
        self._copies = [(to, of) for to, of in pairs if to not in names and of in names]
        self._fields = tuple(field.name for field in dataclasses.fields(self.row_class))
        self._draft = _draft(cast("Hashable", self.row_class))

    def values(self, columns: Sequence[Sequence[str]]) -> Values:
        """Return the values of a block; raises `BadValue` without a position."""
        values = {name: read(columns[index]) for index, name, read in self._readers}
        for target, source in self._copies:
            values[target] = values[source]
        if self._extra:
            headings = [self.header.headings[i] for i in self._extra]
            texts = zip(*(columns[i] for i in self._extra), strict=True)
            values["extra"] = [Extra(zip(headings, each, strict=True)) for each in texts]
        return values

    def drafts(self, values: Values, count: int) -> Iterator[Any]:
        """Yield drafts of a block's rows; their `__class__` must be set to `row_class`."""
        columns = [
            values[name] if name in values else [NONE if name == "extra" else None] * count
            for name in self._fields
        ]
        return map(self._draft, *columns)

    def fault(self, index: int, text: str) -> str:
        """Return the error in the text of a column; empty if there is none."""
        return self._checks[index](text)


@cache
def _draft(row_class: Hashable) -> type[Any]:
    """Return a class with the slots of a row class that is not frozen.

    A frozen dataclass sets each field through `object.__setattr__`, which takes longer than all the
    rest. A draft sets them directly, and becomes a row by assignment of its `__class__`.
    """
    names = [(field.name, Any) for field in dataclasses.fields(cast("type[Row]", row_class))]
    return dataclasses.make_dataclass("Draft", names, slots=True, eq=False, repr=False)


def _check(column: Column | None) -> Callable[[str], str]:
    if column is None or (column.type is ColumnType.TEXT and not column.required):
        return lambda text: ""
    value = value_of(column)

    def fault(text: str) -> str:
        try:
            value(text)
        except BadValue as bad:
            return str(bad)
        return ""

    return fault
