"""`wechatpay-chain inbox|outbox|sweeper`: lists, replays and processes rows."""

from __future__ import annotations

import contextlib
import importlib
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import click

from ..display.layout import Column, Table, text
from ..utils.display import printable
from ..utils.signals import stopped_by
from ..utils.translation import _
from .failure import Failure
from .output import table, tell, write, write_json
from .usage import examples, json_option
from .wording import shown

if TYPE_CHECKING:
    from ..durable.worker import Worker

__all__ = ["COMMANDS"]

STATES = ("pending", "done", "dead")
HIDDEN = ("body", "headers", "options", "response")
"""Columns that are encrypted or long."""


class Kind(NamedTuple):
    """A durable table with its commands.

    Attributes:
        name: the name of the command.
        title: the name of its rows.
        columns: the columns of a list between the state and the error.
    """

    name: str
    title: str
    columns: tuple[str, ...]


KINDS = (
    Kind("inbox", "received notifications", ("event_type", "notification_id")),
    Kind("outbox", "recorded calls", ("operation", "number")),
    Kind("sweeper", "watched orders and refunds", ("kind", "number")),
)


def _group(kind: Kind) -> click.Group:
    """Return the commands of one table."""
    variable = f"WECHATPAY_{kind.name.upper()}"

    @click.group(kind.name, short_help=f"Show {kind.title}; replay and process them.")
    @click.option(
        "--app",
        envvar=variable,
        metavar="MODULE:NAME",
        help=f"The location of your {kind.name.capitalize()}, such as shop.payments:{kind.name}."
        f"  [env: {variable}]",
    )
    @click.pass_context
    def group(ctx: click.Context, app: str | None) -> None:
        ctx.obj = app

    group.help = f"Show {kind.title}; replay and process them."
    group.epilog = examples(
        f"{kind.name} --app shop.payments:{kind.name} list --state dead",
        f"{kind.name} replay 42",
        f"{kind.name} run",
    )
    group.add_command(_list(kind))
    group.add_command(_show(kind))
    group.add_command(_replay(kind))
    group.add_command(_run(kind))
    return group


def _list(kind: Kind) -> click.Command:
    @click.command("list", short_help="List rows, the newest first.")
    @click.option("--state", type=click.Choice(STATES), help="List only rows in this state.")
    @click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True)
    @json_option
    @click.pass_obj
    def command(app: str | None, state: Any, limit: int, as_json: bool) -> None:
        """List rows, the newest first."""
        worker = _worker(app, kind)
        rows = _call(worker, "find", state, limit=limit)
        if as_json:
            write_json([_record(row) for row in rows])
            return
        names = ("id", "state", *kind.columns, "attempts", "due", "error")
        table(
            Table(tuple(Column(name) for name in names), tuple(_cells(row, names) for row in rows))
        )

    return command


def _show(kind: Kind) -> click.Command:
    @click.command("show", short_help="Show one row.")
    @click.argument("number", metavar="ID", type=int)
    @json_option
    @click.pass_obj
    def command(app: str | None, number: int, as_json: bool) -> None:
        """Show one row; its content stays encrypted."""
        row = _call(_worker(app, kind), "get", number)
        if row is None:
            raise Failure(_("the {name} has no row {number}", name=kind.name, number=number))
        record = _record(row)
        if as_json:
            write_json(record)
            return
        width = max(map(len, record))
        for name, value in record.items():
            shown_value = "" if value is None else printable(value, 2000)
            write(f"{name:{width}}  {shown_value}".rstrip() + "\n")

    return command


def _replay(kind: Kind) -> click.Command:
    @click.command("replay", short_help="Process rows again.")
    @click.argument("numbers", metavar="ID...", type=int, nargs=-1, required=True)
    @click.pass_obj
    def command(app: str | None, numbers: tuple[int, ...]) -> None:
        """Mark dead or done rows as pending, so a worker processes them again."""
        worker = _worker(app, kind)
        replayed = _calls(worker, "replay", [(each,) for each in numbers])
        missing = [each for each, was in zip(numbers, replayed, strict=True) if not was]
        tell(
            _(
                "{count} of {count_2} will be processed again",
                count=len(numbers) - len(missing),
                count_2=len(numbers),
            )
        )
        if missing:
            raise Failure(
                _("already pending, or not found: {map}", map=", ".join(map(str, missing)))
            )

    return command


def _run(kind: Kind) -> click.Command:
    @click.command("run", short_help="Process rows until stopped.")
    @click.option(
        "--poll",
        type=click.FloatRange(0.01, 3600),
        default=1.0,
        show_default=True,
        help="Seconds to wait if no row is due.",
    )
    @click.option("--once", is_flag=True, help="Process the rows that are due now, and exit.")
    @click.pass_obj
    def command(app: str | None, poll: float, once: bool) -> None:
        """Process rows until SIGINT or SIGTERM; the current row is finished first."""
        worker = _worker(app, kind)
        if once:
            tell(_("{call} processed", call=_call(worker, "run_once", sys.maxsize)))
            return
        tell(_("processing the {name}; press Ctrl+C to stop", name=kind.name))
        (_run_async if worker.database.is_async else _run_sync)(worker, poll)
        tell(
            ", ".join(f"{name} {many}" for name, many in worker.counters.items() if many) or "idle"
        )

    return command


def _run_sync(worker: Worker, poll: float) -> None:
    with stopped_by(signal.SIGINT, signal.SIGTERM) as stop:
        worker.run(poll=poll, stop=stop)


def _run_async(worker: Worker, poll: float) -> None:
    import asyncio

    async def run() -> None:
        task = asyncio.ensure_future(worker.run_async(poll=poll))
        loop = asyncio.get_running_loop()
        for each in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(NotImplementedError):  # on Windows, Ctrl+C cancels by itself
                loop.add_signal_handler(each, task.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await cast("Awaitable[None]", worker.database.dispose())

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run())


def _worker(app: str | None, kind: Kind) -> Worker:
    """Return the user's inbox, outbox or sweeper.

    Raises:
        Failure: its place is not given, or it is not there.
    """
    from ..durable.worker import Worker

    if not app:
        raise Failure(
            _("the location of your {name} is missing", name=kind.name),
            [
                _(
                    "Pass --app MODULE:NAME, or set WECHATPAY_{name}",
                    name=kind.name.upper(),
                )
            ],
        )
    module, colon, name = app.partition(":")
    if not (module and colon and name):
        raise Failure(
            _(
                "--app {app}: expected MODULE:NAME, such as shop.payments:{name}",
                app=shown(app),
                name=kind.name,
            )
        )
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)  # as `python -m` does
    try:
        found: Any = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise Failure(_("--app {app}: {error}", app=shown(app), error=error)) from None
    expected = {"sweeper": "watch"}.get(kind.name, kind.name)
    if not (isinstance(found, Worker) and found.table == expected):
        raise Failure(
            _(
                "--app {app}: expected the {name}, not an object of type {type}",
                app=shown(app),
                type=type(found).__name__,
                name=kind.name,
            )
        )
    return found


def _call(worker: Worker, method: str, *arguments: Any, **options: Any) -> Any:
    """Call a method, or its async variant on an async engine."""
    return _calls(worker, method, [arguments], **options)[0]


def _calls(
    worker: Worker, method: str, several: list[tuple[Any, ...]], **options: Any
) -> list[Any]:
    """Call a method several times, on an async engine in one event loop."""
    if not worker.database.is_async:
        return [getattr(worker, method)(*each, **options) for each in several]
    import asyncio

    async def call() -> list[Any]:
        function: Callable[..., Any] = getattr(worker, f"{method}_async")
        try:
            return [await function(*each, **options) for each in several]
        finally:
            await cast("Awaitable[None]", worker.database.dispose())

    return asyncio.run(call())


def _record(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row for people: with times, and without encrypted columns."""
    record = {}
    for name, value in row.items():
        if name.endswith("_at"):
            record[name.removesuffix("_at")] = _time(value)
        elif name not in HIDDEN:
            record[name] = value
    return record


def _cells(row: Mapping[str, Any], names: tuple[str, ...]) -> tuple[Any, ...]:
    record = _record(row)
    return tuple(
        text(
            "" if record[name] is None else printable(record[name], 200),
            "name" if name == "id" else "",
        )
        for name in names
    )


def _time(milliseconds: int | None) -> str | None:
    if milliseconds is None:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="seconds")


COMMANDS = tuple(_group(kind) for kind in KINDS)
