"""`wechatpay-chain bills check`: checks that bills are complete and match their sums."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ...display.layout import Column, Table, text
from ...utils.exceptions import BillError
from ...utils.files import why_not
from ...utils.translation import _
from ..failure import Failure
from ..output import table, write_json
from ..usage import PathType, examples, json_option
from .files import each_bill, remarks
from .progress import counting

__all__ = ["check"]


@click.command(
    short_help="Check that bills are complete and add up.",
    epilog=examples("bills check bills/", "bills check bills/*.csv --json"),
)
@click.argument("paths", metavar="PATH...", type=PathType(exists=True), nargs=-1, required=True)
@json_option
def check(paths: tuple[Path, ...], as_json: bool) -> None:
    """Check that each PATH is a complete bill whose rows match its summary.

    In a folder and its subfolders, all .csv and .csv.gz files are checked. If a bill is damaged,
    the exit code is 1, and the line and column of the fault are printed.
    """
    files = each_bill(paths)
    with remarks(), counting("checking", files) as counted:
        found = [_checked(path) for path in counted]
    if as_json:
        write_json(found)
    else:
        columns = (
            *(Column(_("result")), Column(_("file"), "path"), Column(_("kind"))),
            *(Column(_("rows"), "number"), Column(_("fault"))),
        )
        table(Table(columns, tuple(_row(each) for each in found)))
    damaged = sum(not each["ok"] for each in found)
    if damaged:
        raise Failure(
            _("1 of {count} is damaged", count=len(found))
            if damaged == 1
            else _("{damaged} of {count} are damaged", damaged=damaged, count=len(found))
        )


def _checked(path: Path) -> dict[str, Any]:
    from ...bills import check as checked

    result: dict[str, Any] = {"file": str(path), "ok": True, "kind": None, "count": None}
    try:
        summary = checked(path)
    except BillError as error:
        return {
            **result,
            "ok": False,
            "error": str(error),
            "line": error.line or None,
            "column": error.column or None,
        }
    except OSError as error:
        return {
            **result,
            "ok": False,
            "error": _("{path} cannot be read: {why_not}", path=path, why_not=why_not(error)),
        }
    kind = " ".join(filter(None, (summary.kind or "unknown", summary.type)))
    return {**result, "kind": kind, "count": summary.count}


def _row(found: dict[str, Any]) -> tuple[Any, ...]:
    if not found["ok"]:
        return (
            text("damaged", "warning"),
            text(found["file"]),
            text(""),
            text(""),
            text(found["error"]),
        )
    return (
        text("ok", "enum"),
        text(found["file"]),
        text(found["kind"]),
        text(f"{found['count']}"),
        text(""),
    )
