"""The sources of orders and refunds in options: a file, or a table of a database."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ...utils.translation import _
from ..wording import shown
from .ending import CannotReconcile

__all__ = ["names", "source"]


def source(given: str, option: str) -> Any:
    """Return a path, or an engine with the name of a table.

    Args:
        given: the path of a Parquet or CSV file, or `URL#table`.
        option: the name of the option.

    Raises:
        CannotReconcile: the file does not exist, or the URL is invalid; no password is shown.
    """
    if "://" not in given:
        path = Path(given)
        if not path.exists():
            raise CannotReconcile(
                _("{option}: the file {given} does not exist", option=option, given=shown(given))
            )
        return path
    url, _ignored, table = given.rpartition("#")
    if not (url and table):
        raise CannotReconcile(
            _(
                "{option}: a database URL must end with # and the table name: "
                "postgresql://…/shop#orders",
                option=option,
            )
        )
    return _engine(url, option), table


def _engine(url: str, option: str) -> Any:
    try:
        import sqlalchemy
        from sqlalchemy.exc import ArgumentError, NoSuchModuleError
    except ImportError:
        raise CannotReconcile(
            _(
                "{option}: a database needs SQLAlchemy: pip install 'wechatpay-chain[durable]'",
                option=option,
            )
        ) from None
    try:
        # A command uses a connection once; a pool would keep it open.
        return sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    except NoSuchModuleError:
        raise CannotReconcile(
            _(
                "{option}: SQLAlchemy does not support the dialect {partition}",
                option=option,
                partition=shown(url.partition("://")[0]),
            )
        ) from None
    except (ArgumentError, ValueError):
        raise CannotReconcile(
            _("{option}: not a URL that SQLAlchemy supports", option=option)
        ) from None
    except ImportError as error:
        raise CannotReconcile(
            _(
                "{option}: the database's driver is not installed: pip install {name}",
                option=option,
                name=error.name,
            )
        ) from None


def names(given: Iterable[str], option: str) -> dict[str, str]:
    """Return the names of columns by our names: `total=amount_fen`, separated by commas.

    Raises:
        CannotReconcile: a part has another format.
    """
    found: dict[str, str] = {}
    for pair in (each.strip() for text in given for each in text.split(",")):
        ours, equals, theirs = pair.partition("=")
        if not (ours and equals and theirs):
            raise CannotReconcile(
                _(
                    "{option} {pair}: expected OURS=YOURS, such as total=amount_fen",
                    option=option,
                    pair=shown(pair),
                )
            )
        found[ours.strip()] = theirs.strip()
    return found
