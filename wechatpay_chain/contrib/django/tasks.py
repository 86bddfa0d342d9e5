"""Django tasks integration: a task processes rows as soon as they are committed.

    connect(inbox)   # settings.WECHATPAY_INBOX names the same inbox, for the tasks' workers

The database rows are authoritative. A lost task only delays a row until the next run of `manage.py
wechatpay_inbox run --once`, which also makes later attempts.
"""

from __future__ import annotations

from typing import Any

from ...durable.operations import Table
from ...durable.worker import Worker
from ...utils.exceptions import ConfigurationError
from ...utils.translation import _
from .instances import worker_of

try:
    from django.tasks import task
except ImportError:  # Django 5.2 has no tasks
    task = None

__all__ = ["connect", "work_off"]


def _as_task(function: Any) -> Any:
    return function if task is None else task(function)


@_as_task
def work_off(table: Table) -> None:
    """Process the due rows of a table until none are left."""
    worker = worker_of(table)
    while worker.run_once():
        pass


def connect(*workers: Worker, **options: Any) -> None:
    """Start a task when there is work.

    Args:
        workers: an `Inbox`, an `Outbox`, a `Sweeper` named in the settings.
        options: the arguments of Django's `Task.using`: `queue_name`, `priority`, `backend`.

    Raises:
        ConfigurationError: Django is older than 6.0, which introduced tasks.
    """
    if task is None:
        from django import get_version

        raise ConfigurationError(
            _(
                "Django {get_version} has no tasks: use Django 6.0 or newer, or run the worker "
                "`manage.py wechatpay_inbox run`",
                get_version=get_version(),
            )
        )
    for worker in workers:
        worker.wake = _starter(worker.table, options)


def _starter(table: Table, options: dict[str, Any]) -> Any:
    def start(_ignored: int) -> None:
        work_off.using(**options).enqueue(table)

    return start
