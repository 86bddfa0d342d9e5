"""The project's inbox, outbox and sweeper, as named in its settings.

WECHATPAY_INBOX = "shop.payments.inbox"
WECHATPAY_OUTBOX = "shop.payments.outbox"
WECHATPAY_SWEEPER = "shop.payments.sweeper"
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from ...durable.operations import Table
from ...durable.worker import Worker
from ...utils.display import represented
from ...utils.exceptions import ConfigurationError
from ...utils.translation import _

__all__ = ["SETTINGS", "worker_of"]

SETTINGS: dict[Table, str] = {
    "inbox": "WECHATPAY_INBOX",
    "outbox": "WECHATPAY_OUTBOX",
    "watch": "WECHATPAY_SWEEPER",
}


def worker_of(table: Table) -> Worker:
    """Return the inbox, outbox or sweeper named in the settings.

    Args:
        table: the table of the worker.

    Raises:
        ConfigurationError: the setting is missing, or names something else.
    """
    setting = SETTINGS[table]
    path = getattr(settings, setting, None)
    if not isinstance(path, str):
        name = setting.removeprefix("WECHATPAY_").lower()
        raise ConfigurationError(
            _(
                "settings.{setting} = {represented}: expected the dotted path of your {name}, "
                "such as 'shop.payments.{name}'",
                setting=setting,
                represented=represented(path),
                name=name,
            )
        )
    try:
        found: Any = import_string(path)
    except ImportError as error:
        raise ConfigurationError(
            _(
                "settings.{setting} = {path}: {error}",
                setting=setting,
                path=represented(path),
                error=error,
            )
        ) from error
    if not isinstance(found, Worker) or found.table != table:
        raise ConfigurationError(
            _(
                "settings.{setting} = {represented} points to an object of type {type}",
                setting=setting,
                represented=represented(path),
                type=type(found).__name__,
            )
        )
    if found.database.is_async:
        raise ConfigurationError(
            _(
                "settings.{setting} = {represented} has an async engine: use a DjangoDatabase",
                setting=setting,
                represented=represented(path),
            )
        )
    return found
