"""The common part of `manage.py wechatpay_inbox`, `wechatpay_outbox` and `wechatpay_sweeper`."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import close_old_connections

from ....durable.operations import Table
from ....durable.worker import Worker
from ....utils.display import printable
from ....utils.exceptions import ConfigurationError
from ....utils.signals import stopped_by
from ....utils.translation import _
from ..instances import worker_of
from ..models import STATES

__all__ = ["WorkerCommand"]

HIDDEN = ("body", "headers", "options", "parameters", "path", "response")
"""Columns that are encrypted, or may identify a customer."""


class WorkerCommand(BaseCommand):
    """Runs a worker, and displays its rows.

    Attributes:
        table: the table of the worker.
        columns: the columns in a list, between the state and the error.
    """

    table: ClassVar[Table]
    columns: ClassVar[tuple[str, ...]]

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        run = actions.add_parser("run", help=_("Process rows until stopped."))
        run.add_argument(
            "--once", action="store_true", help=_("Process the rows that are due now, and exit.")
        )
        run.add_argument(
            "--poll", type=float, default=1.0, help=_("Seconds between two checks for due rows.")
        )
        rows = actions.add_parser("list", help=_("List rows, newest first."))
        rows.add_argument("--state", choices=[name for name, _ignored in STATES])
        rows.add_argument("--limit", type=int, default=100)
        show = actions.add_parser("show", help=_("Show one row, without its encrypted content."))
        show.add_argument("id", type=int)
        replay = actions.add_parser("replay", help=_("Process rows again."))
        replay.add_argument("ids", metavar="id", type=int, nargs="+")

    def handle(self, *, action: str, **options: Any) -> None:
        """Run the requested action.

        Raises:
            CommandError: the settings name no worker, or the row does not exist.
        """
        try:
            worker = worker_of(self.table)
            getattr(self, f"_{action}")(worker, **options)
        except ConfigurationError as error:
            raise CommandError(str(error)) from error

    def _run(self, worker: Worker, *, once: bool, poll: float, **_ignored: Any) -> None:
        if once:
            count = 0
            while many := worker.run_once():
                count += many
            self.stdout.write(_("{count} processed", count=count))
            return
        with stopped_by(signal.SIGINT, signal.SIGTERM) as stop:
            worker.run(poll=poll, stop=stop, before=close_old_connections)
        counted = [f"{name} {many}" for name, many in worker.counters.items() if many]
        self.stdout.write(", ".join(counted) or _("idle"))

    def _list(self, worker: Worker, *, state: Any, limit: int, **_ignored: Any) -> None:
        names = ("id", "state", *self.columns, "attempts", "due", "error")
        lines = [names, *(_cells(row, names) for row in worker.find(state, limit=limit))]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        for line in lines:
            cells = (f"{cell:{width}}" for cell, width in zip(line, widths, strict=True))
            self.stdout.write("  ".join(cells).rstrip())

    def _show(self, worker: Worker, *, id: int, **_ignored: Any) -> None:  # noqa: A002 - the option's name
        row = worker.get(id)
        if row is None:
            raise CommandError(_("the row {id} does not exist", id=id))
        names = tuple(_record(row))
        width = max(map(len, names))
        for name, cell in zip(names, _cells(row, names), strict=True):
            self.stdout.write(f"{name:{width}}  {cell}".rstrip())

    def _replay(self, worker: Worker, *, ids: list[int], **_ignored: Any) -> None:
        missing = [each for each in ids if not worker.replay(each)]
        self.stdout.write(
            _(
                "{count} of {total} will be processed again",
                count=len(ids) - len(missing),
                total=len(ids),
            )
        )
        if missing:
            raise CommandError(
                _("already pending, or not found: {map}", map=", ".join(map(str, missing)))
            )


def _record(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a readable row: with times, and without encrypted columns."""
    return {
        name.removesuffix("_at"): _time(value) if name.endswith("_at") else value
        for name, value in row.items()
        if name not in HIDDEN
    }


def _cells(row: Mapping[str, Any], names: tuple[str, ...]) -> tuple[str, ...]:
    record = _record(row)
    return tuple("" if record[name] is None else printable(record[name], 500) for name in names)


def _time(milliseconds: int | None) -> str | None:
    if milliseconds is None:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="seconds")
