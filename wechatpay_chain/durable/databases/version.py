"""The version of the tables, which is checked before they are used. It needs no SQLAlchemy."""

from __future__ import annotations

from ...utils.exceptions import ConfigurationError
from ...utils.translation import _

__all__ = ["SCHEMA_VERSION", "assert_version"]

SCHEMA_VERSION = 1
"""Raised with every change of the tables; `CHANGELOG.md` has the statements that migrate."""


def assert_version(found: int | None, migrate: str) -> None:
    """Check the version that the table `wechatpay_schema` has.

    Args:
        found: the version; None where the table is empty.
        migrate: what to do where it is older than this package's.

    Raises:
        ConfigurationError: it is not this package's.
    """
    if found == SCHEMA_VERSION:
        return
    raise ConfigurationError(
        _(
            "the tables are of version {found}, and this package needs version {schema_version}: "
            "{migrate}",
            found=found,
            schema_version=SCHEMA_VERSION,
            migrate=migrate,
        )
        if (found or 0) < SCHEMA_VERSION
        else _(
            "the tables are of version {found}, which is newer than this package's "
            "{schema_version}: install the version of wechatpay_chain that made them",
            found=found,
            schema_version=SCHEMA_VERSION,
        )
    )
