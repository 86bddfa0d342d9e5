"""Reads rows of a database in batches, through SQLAlchemy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ....utils.exceptions import ConfigurationError
from ....utils.translation import _

__all__ = ["rows"]

BATCH = 10_000
"""Rows per batch of a server-side cursor."""


def rows(
    database: Any, what: Any, known: Mapping[str, str], required: tuple[str, ...], name: str
) -> Iterator[Any]:
    """Yield the rows of a table or statement; for a table, only the required columns.

    Args:
        database: an engine or a connection.
        what: a `Table`, a `Select`, `text(…)`, a mapped class, or the name of a table.
        known: the source's column names, by our name.
        required: our names of the mandatory columns.
        name: the name of the source in messages.

    Raises:
        ConfigurationError: the table or a column does not exist, or the database raises an error.
    """
    import sqlalchemy
    from sqlalchemy.exc import SQLAlchemyError

    try:
        statement = _statement(sqlalchemy, database, what, known, required, name)
        if isinstance(database, sqlalchemy.Engine):
            with database.connect() as connection:
                yield from _streamed(connection, statement)
        else:
            yield from _streamed(database, statement)
    except SQLAlchemyError as error:
        raise ConfigurationError(
            _("{name}: the database says: {error}", name=name, error=error)
        ) from None


def _streamed(connection: Any, statement: Any) -> Iterator[Any]:
    with connection.execution_options(yield_per=BATCH).execute(statement) as result:
        yield from result.mappings()


def _statement(
    sqlalchemy: Any,
    database: Any,
    what: Any,
    known: Mapping[str, str],
    required: tuple[str, ...],
    name: str,
) -> Any:
    if isinstance(what, str):
        schema, _ignored, table = what.rpartition(".")
        what = sqlalchemy.Table(
            table, sqlalchemy.MetaData(), schema=schema or None, autoload_with=database
        )
    what = getattr(what, "__table__", what)
    if not isinstance(what, sqlalchemy.FromClause) or isinstance(what, sqlalchemy.Select):
        return what
    there = {column.name: column for column in what.columns}
    for column, own in known.items():
        if own not in there and (column in required or own != column):
            raise ConfigurationError(
                _(
                    "{name}: {what} has no column {own!r}; its columns are {there}. Map the name "
                    "with columns={{...}}",
                    name=name,
                    own=own,
                    what=what,
                    there=", ".join(there),
                )
            )
    return sqlalchemy.select(*(there[own] for own in dict.fromkeys(known.values()) if own in there))
