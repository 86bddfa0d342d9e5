"""Checks the app and its tables before they are used."""

from __future__ import annotations

from typing import Any

from django.apps import apps

from ...durable.databases.version import assert_version
from ...utils.exceptions import ConfigurationError
from ...utils.translation import _

__all__ = ["assert_current"]

APP = "wechatpay_chain.contrib.django"
LABEL = "wechatpay_chain"
TABLE = "wechatpay_schema"


def assert_current(connection: Any) -> None:
    """Check that the app is installed, and that the table version matches this package.

    Args:
        connection: a Django connection to the database with the tables.

    Raises:
        ConfigurationError: a check fails, or the database does not support SKIP LOCKED.
    """
    if not apps.is_installed(APP):
        raise ConfigurationError(_("{app!r} is missing from settings.INSTALLED_APPS", app=APP))
    features = connection.features
    if features.has_select_for_update and not features.has_select_for_update_skip_locked:
        raise ConfigurationError(
            _(
                "the database {alias!r} does not support SKIP LOCKED: use MySQL 8.0.1, MariaDB "
                "10.6 or newer",
                alias=connection.alias,
            )
        )
    if _is_without_migrations():
        return
    migrate = f"python manage.py migrate {LABEL} --database={connection.alias}"
    with connection.cursor() as cursor:
        if TABLE not in connection.introspection.table_names(cursor):
            raise ConfigurationError(
                _(
                    "the database {alias!r} has no tables of wechatpay_chain: {migrate}",
                    alias=connection.alias,
                    migrate=migrate,
                )
            )
        cursor.execute(f"SELECT MAX(version) FROM {TABLE}")  # noqa: S608 - a constant
        found = cursor.fetchone()[0]
    assert_version(found, migrate)


def _is_without_migrations() -> bool:
    """Return whether the project creates tables without migrations, as some test runs do."""
    from django.db.migrations.loader import MigrationLoader

    return MigrationLoader.migrations_module(LABEL)[0] is None
