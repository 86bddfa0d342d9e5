"""The version of the tables, which is checked before use; this module does not need SQLAlchemy."""

from __future__ import annotations

from ...utils.exceptions import ConfigurationError
from ...utils.translation import _

__all__ = ["SCHEMA_VERSION", "assert_version"]

SCHEMA_VERSION = 1
"""Incremented with every change of the tables; `CHANGELOG.md` has the migration statements."""


def assert_version(found: int | None, migrate: str) -> None:
    """Check the version in the table `wechatpay_schema`.

    Args:
        found: the version, or None if the table is empty.
        migrate: how to migrate from an older version, used in the error message.

    Raises:
        ConfigurationError: the version is not that of this package.
    """
    if found == SCHEMA_VERSION:
        return
    raise ConfigurationError(
        _(
            "the tables have version {found}, but this package needs version {schema_version}: "
            "{migrate}",
            found=found,
            schema_version=SCHEMA_VERSION,
            migrate=migrate,
        )
        if (found or 0) < SCHEMA_VERSION
        else _(
            "the tables have version {found}, which is newer than this package's "
            "{schema_version}: install the version of wechatpay_chain that created them",
            found=found,
            schema_version=SCHEMA_VERSION,
        )
    )
