"""`wechatpay-chain bills download`: saves bills as CSV files in a folder."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ...display.layout import Column, Table, text
from ...utils.display import printable
from ...utils.translation import _
from ..failure import Failure
from ..output import table, write_json
from ..usage import PathType, examples, json_option, seconds
from .client import client, gateway_option

if TYPE_CHECKING:
    import datetime

    from ...bills import Progress
    from ...bills.downloading.jobs import Job
    from ...bills.downloading.running import Outcome

__all__ = ["download"]

RANGE = ".."


@click.command(
    short_help="Download bills as CSV files and check their digests.",
    epilog=examples(
        "bills download yesterday --to bills/",
        "bills download 2026-11-01..2026-11-25 --kind fund_flow --type BASIC --to bills/",
        "bills download yesterday --kind sub_merchant_fund_flow --sub-mchid 1900000209 --to bills/",
    ),
)
@click.argument("dates", nargs=-1, required=True, metavar="DATE...")
@click.option(
    "--to", type=PathType(), metavar="DIR", required=True, help="The folder for the files."
)
@click.option(
    "--kind", default="trade", show_default=True, help="The kind of bill: trade, fund_flow, …"
)
@click.option("--type", "of_type", metavar="TYPE", help="The type of bill: ALL, REFUND, BASIC, …")
@click.option("--sub-mchid", "subs", multiple=True, metavar="MCHID", help="The sub-merchant ID.")
@click.option("--api", metavar="API", help="The API: v3 or v2; for statements, global or hk.")
@click.option("--appid", default="", metavar="APPID", help="The merchant's appid, for APIv2.")
@click.option("--institution", is_flag=True, help="Download the statement of an institution.")
@click.option(
    "--wait", metavar="DURATION", help="Wait for bills that are not ready, such as 90s, 30m, 2h."
)
@click.option("--force", is_flag=True, help="Download existing bills again.")
@click.option(
    "--concurrency",
    type=int,
    default=4,
    show_default=True,
    help="The number of concurrent downloads.",
)
@gateway_option
@json_option
def download(
    dates: tuple[str, ...],
    to: Path,
    kind: str,
    of_type: str | None,
    subs: tuple[str, ...],
    api: str | None,
    appid: str,
    institution: bool,
    wait: str | None,
    force: bool,
    concurrency: int,
    gateway: Path | None,
    as_json: bool,
) -> None:
    """Download bills as CSV files and check their digests.

    DATE is a day such as 2026-11-25, yesterday, or a range such as 2026-11-01..2026-11-25. The
    merchant comes from the WECHATPAY_* variables or from a local gateway. Existing bills are not
    downloaded again. KIND is trade, fund_flow, profit_sharing, sub_merchant_fund_flow,
    ecommerce_fund_flow, statement, withdraw or funds_to_oversea.
    """
    from ...bills.downloading.api import attempt, named
    from ...bills.downloading.options import Options, settings

    options: Options = {
        "api": api,
        "appid": appid,
        "institution": institution,
        "force": force,
        "concurrency": concurrency,
        "wait": None if wait is None else seconds(wait, "--wait"),
    }
    days = [day for each in dates for day in _days(each)]
    with client(gateway) as wxpay, _bar() as progress:
        chosen = settings({**options, "progress": progress})
        outcomes = attempt(wxpay, days, to, kind, of_type, subs or None, chosen)
    if as_json:
        write_json([_record(*each) for each in outcomes])
    else:
        columns = (
            *(Column(_("date")), Column("sub_mchid")),
            *(Column(_("state")), Column(_("path"), "path")),
        )
        table(Table(columns, tuple(_row(*each) for each in outcomes)))
    told = [named(job, each) for job, each in outcomes if isinstance(each, Exception)]
    if told:
        raise Failure(
            _(
                "{count} of {count_2} bills could not be downloaded",
                count=len(told),
                count_2=len(outcomes),
            ),
            told,
        )


def _days(given: str) -> list[datetime.date]:
    from ...bills import days
    from ...bills.downloading.days import day

    first, dots, last = given.partition(RANGE)
    return days(first, last) if dots else [day(given)]


def _record(job: Job, outcome: Outcome) -> dict[str, Any]:
    """Return a bill as a JSON record."""
    file = None if isinstance(outcome, Exception) else outcome
    path = None if file is None or file.empty else file.path
    return {
        "kind": job.operation.kind,
        "date": job.date.isoformat(),
        "type": job.type,
        "mchid": job.mchid,
        "sub_mchid": job.sub_mchid,
        "path": None if path is None else str(path),
        "empty": file is not None and file.empty,
        "sha1": None if file is None or file.empty else file.sha1,
        "size": None if path is None else path.stat().st_size,
        "error": str(outcome) if file is None else None,
        "retry_at": _retry_at(outcome),
    }


def _retry_at(outcome: Outcome) -> str | None:
    from ...utils.exceptions import BillNotReady

    moment = outcome.retry_at if isinstance(outcome, BillNotReady) else None
    return None if moment is None else moment.isoformat()


def _row(job: Job, outcome: Outcome) -> tuple[Any, ...]:
    if isinstance(outcome, Exception):
        state, path = "not ready" if _retry_at(outcome) else "failed", ""
    else:
        state, path = ("no bill", "") if outcome.empty else ("done", printable(job.path, 4096))
    return text(job.date.isoformat()), text(job.sub_mchid), text(state), text(path)


@contextlib.contextmanager
def _bar() -> Iterator[Callable[[Progress], None] | None]:
    """Return a progress bar on standard error, if that is a terminal."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.filesize import decimal
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    sizes: dict[str, int] = {}
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[size]}"),
        TimeElapsedColumn(),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("bills", total=None, size="")

        def tell(progress: Progress) -> None:
            if progress.size:
                sizes[progress.name] = progress.size
            bar.update(
                task,
                description=progress.name if progress.total == 1 else "bills",
                completed=progress.finished,
                total=progress.total,
                size=decimal(sum(sizes.values())),
            )

        yield tell
