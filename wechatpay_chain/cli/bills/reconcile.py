"""`wechatpay-chain bills reconcile`: compares trade bills with orders and refunds."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ...display.layout import Column, Facts, Table, text
from ...utils.display import printable
from ...utils.exceptions import WeChatPayError
from ...utils.files import why_not
from ...utils.translation import _
from ..output import page, table, tell, write, write_json
from ..usage import PathType, examples, json_option
from .ending import CannotReconcile
from .files import remarks
from .progress import working
from .rows import plain
from .sources import names, source

if TYPE_CHECKING:
    from ...bills import Balance, Changes, Reconciliation

__all__ = ["reconcile"]

FILE = PathType(exists=True, dir_okay=False)
TARGET = PathType(dir_okay=False)
COLUMNS = ("kind", "out_trade_no", "out_refund_no", "field", "here", "there", "amount")


@click.command(
    short_help="Reconcile a trade bill with your orders.",
    epilog=examples(
        "bills reconcile trade.csv --orders orders.parquet --html day.html",
        "bills reconcile trade.csv --orders orders.csv --columns total=amount_fen --json",
    ),
)
@click.argument("trade_bills", metavar="BILL...", type=FILE, nargs=-1, required=True)
@click.option(
    "--orders",
    envvar="WECHATPAY_ORDERS",
    required=True,
    metavar="SOURCE",
    help="A Parquet or CSV file, or a table: postgresql://…/shop#orders.  [env: WECHATPAY_ORDERS]",
)
@click.option(
    "--refunds",
    envvar="WECHATPAY_REFUNDS",
    metavar="SOURCE",
    help="The same for refunds.  [env: WECHATPAY_REFUNDS]",
)
@click.option(
    "--columns",
    multiple=True,
    metavar="OURS=YOURS",
    help="The name of a column in your orders, such as total=amount_fen; may be repeated.",
)
@click.option(
    "--refund-columns", multiple=True, metavar="OURS=YOURS", help="The same for your refunds."
)
@click.option(
    "--neighbour",
    "neighbours",
    multiple=True,
    type=FILE,
    metavar="BILL",
    help="The bill of the day before or after, for payments around midnight; may be repeated.",
)
@click.option("--fund-flow", type=FILE, metavar="BILL", help="Also reconcile this fund flow bill.")
@click.option("--rate", metavar="RATE", help="The agreed fee rate, such as 0.6%.")
@click.option("--date", metavar="DAY", help="The day of the bill.  [default: from its rows]")
@click.option(
    "--mchid",
    metavar="MCHID",
    help="The merchant of the orders, if their data does not contain it.",
)
@click.option("--html", type=TARGET, metavar="FILE", help="Write the report as HTML.")
@click.option("--excel", type=TARGET, metavar="FILE", help="Write the report as an Excel workbook.")
@click.option(
    "--last",
    type=TARGET,
    metavar="FILE",
    help="Compare with the last run in FILE, then save this run there.",
)
@click.option(
    "--limit",
    type=click.IntRange(0, 1_000_000),
    default=100,
    show_default=True,
    help="The number of differences to list.",
)
@json_option
def reconcile(
    html: Path | None,
    excel: Path | None,
    last: Path | None,
    limit: int,
    as_json: bool,
    **given: Any,
) -> None:
    """Reconcile trade bills with your orders and refunds.

    Exit code 0: everything agrees; 1: there are differences; 2: the comparison failed. SOURCE may
    contain a password; in an environment variable, other users of the machine cannot see it.
    """
    with _failing_as_two():
        with remarks(), working("reconciling"):
            result = _reconciled(**given)
        changes = result.compare(last) if last is not None and last.exists() else None
        for target, written in ((html, result.to_html), (excel, result.to_excel)):
            if target is not None:
                written(target, last=changes)
                tell(_("wrote {target}", target=target))
        if last is not None:
            result.save(last)
    if as_json:
        write_json(_json(result, changes, limit))
    else:
        _show(result, changes, limit)
    raise SystemExit(result.exit_code)


def _reconciled(
    trade_bills: tuple[Path, ...],
    orders: str,
    refunds: str | None,
    columns: tuple[str, ...],
    refund_columns: tuple[str, ...],
    neighbours: tuple[Path, ...],
    fund_flow: Path | None,
    rate: str | None,
    date: str | None,
    mchid: str | None,
) -> Reconciliation:
    from ... import bills

    return bills.reconcile(
        list(trade_bills),
        source(orders, "--orders"),
        source(refunds, "--refunds") if refunds else (),
        columns=names(columns, "--columns"),
        refund_columns=names(refund_columns, "--refund-columns"),
        neighbours=list(neighbours),
        fund_flow=fund_flow,
        rate=rate,
        date=date,
        mchid=mchid,
    )


@contextlib.contextmanager
def _failing_as_two() -> Iterator[None]:
    try:
        yield
    except click.ClickException:
        raise
    except WeChatPayError as error:
        raise CannotReconcile(str(error)) from None
    except OSError as error:
        raise CannotReconcile(f"{error.filename}: {why_not(error)}") from None
    except Exception as error:  # noqa: BLE001 - exit code 1 would say that there are differences
        raise CannotReconcile(
            _(
                "internal error: {type}: {error}",
                type=type(error).__name__,
                error=printable(error),
            )
        ) from None


def _json(result: Reconciliation, changes: Changes | None, limit: int) -> dict[str, Any]:
    listed = itertools.islice(result.each(), limit)
    return {
        "days": [str(day) for day in result.days],
        "mchids": list(result.mchids),
        "ok": result.ok,
        "counts": dict(result.counts),
        "sums": {name: plain(value) for name, value in result.sums.items()},
        "balance": None if result.balance is None else _balance(result.balance),
        "changes": None if changes is None else dict(changes.counts),
        "differences": [_record(each) for each in listed],
    }


def _balance(balance: Balance) -> dict[str, Any]:
    return {**dataclasses.asdict(balance), "ok": balance.ok}


def _record(difference: Any) -> dict[str, Any]:
    return {
        field.name: plain(getattr(difference, field.name))
        for field in dataclasses.fields(difference)
    }


def _show(result: Reconciliation, changes: Changes | None, limit: int) -> None:
    from ...bills.report.amounts import yuan

    facts = [
        ("days", ", ".join(map(str, result.days))),
        ("merchants", ", ".join(result.mchids)),
        *((name, yuan(value)) for name, value in result.sums.items()),
        *((name, f"{count:,}") for name, count in result.counts.items()),
    ]
    if result.balance is not None:
        balance = result.balance
        facts += [(name, yuan(getattr(balance, name))) for name in ("opening", "closing")]
        facts.append((_("not explained"), f"{len(balance.unexplained):,}"))
    if changes is not None:
        facts += [
            (_("{name} since the last run", name=name), f"{n:,}")
            for name, n in changes.counts.items()
        ]
    page([[Facts(tuple((name, text(value)) for name, value in facts))]])
    listed = list(itertools.islice(result.each(), limit))
    if listed:
        write("\n")
        table(_table(listed))
    more = sum(result.counts.values()) - result.counts["matched"] - len(listed)
    if more:
        tell(
            _(
                "{more:,} more differences: --limit lists more of them, --excel writes all of them",
                more=more,
            )
        )


def _table(differences: list[Any]) -> Table:
    from ...bills.report.cells import shown

    columns = tuple(Column(name, "number" if name == "amount" else "text") for name in COLUMNS)
    records = [_record(each) for each in differences]
    return Table(
        columns,
        tuple(tuple(text(shown(each, name)) for name in COLUMNS) for each in records),
    )
