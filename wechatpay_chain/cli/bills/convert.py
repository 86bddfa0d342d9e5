"""`wechatpay-chain bills convert`: converts bills to Parquet, CSV, Excel or DuckDB."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ...utils.exceptions import ConfigurationError
from ...utils.translation import _
from ..failure import Failure
from ..output import tell, write, write_json
from ..usage import PathType, examples, json_option
from ..wording import shown
from .files import each_bill, remarks, with_record
from .progress import counting, working
from .rows import plain

if TYPE_CHECKING:
    from ...bills import BillFile, BillReader

__all__ = ["convert"]

SUFFIXES = {".csv": "csv", ".xlsx": "xlsx", ".parquet": "parquet", ".duckdb": "duckdb"}
FORMATS = tuple(SUFFIXES.values())


@click.command(
    short_help="Convert bills to Parquet, CSV, Excel or DuckDB.",
    epilog=examples(
        "bills convert bills/ --to parquet --output lake/",
        "bills convert bill.csv --output bill.xlsx",
        "bills convert bill.csv --to csv > clean.csv",
    ),
)
@click.argument("paths", metavar="PATH...", type=PathType(exists=True), nargs=-1, required=True)
@click.option(
    "--to",
    "form",
    type=click.Choice(FORMATS),
    help="The format.  [default: by the extension of OUTPUT]",
)
@click.option(
    "-o",
    "--output",
    "target",
    type=PathType(),
    metavar="OUTPUT",
    help="A file, or for Parquet a folder.  [default: standard output, for CSV]",
)
@click.option("--date", metavar="DAY", help="The day of bills that this program did not download.")
@click.option("--type", "of_type", metavar="TYPE", default="", help="Their type: ALL, BASIC, …")
@click.option("--mchid", metavar="MCHID", default="", help="Their merchant.")
@json_option
def convert(
    paths: tuple[Path, ...],
    form: str | None,
    target: Path | None,
    date: str | None,
    of_type: str,
    mchid: str,
    as_json: bool,
) -> None:
    """Convert the bills in each PATH, a file or a folder, to another format.

    Parquet is written into a folder, kind=…/date=…/, one file for each bill. CSV is for programs:
    API names, no backquotes, amounts in fen, no summary, one kind of bill. Excel is for people:
    official headings, amounts in yuan. DuckDB has one table for each kind of bill, which is
    replaced. All formats contain personal data, like the bills.
    """
    form = form or (SUFFIXES.get(target.suffix.lower()) if target is not None else None)
    if form is None:
        raise Failure(_("the format is missing: pass --to {formats}", formats="|".join(FORMATS)))
    if target is None and (form != "csv" or as_json):
        raise Failure(_("the output is missing: pass --output FILE"))
    files = each_bill(paths)
    if target is not None and any(_same(target, file) for file in files):
        raise Failure(
            _("{target} is one of the bills; choose another name", target=shown(str(target)))
        )
    with remarks(), working(_("converting {count} bills", count=len(files))):
        if target is None:
            for line in _csv(_readers(files)):
                write(line)
            return
        if form == "parquet":
            written = _parquet(files, target, date, of_type, mchid)
        else:
            written = WRITERS[form](files, target)
    if as_json:
        write_json([str(path) for path in written])
        return
    for path in written:
        tell(_("wrote {path}", path=path))


def _same(target: Path, file: Path) -> bool:
    return target.exists() and target.samefile(file)


def _readers(files: Iterable[Path]) -> list[BillReader[Any]]:
    """Return readers of bills with the same columns.

    Raises:
        Failure: the bills are of several kinds.
    """
    from ...bills import read

    readers = [read(file) for file in files]
    first = readers[0]
    for each in readers:
        if (each.row_class, each.unknown) != (first.row_class, first.unknown):
            raise Failure(
                _(
                    "{path} and {path_2} are bills of different kinds: convert them separately",
                    path=each.path,
                    path_2=first.path,
                )
            )
    return readers


def _parquet(
    files: list[Path], folder: Path, date: str | None, of_type: str, mchid: str
) -> list[Path]:
    from ...bills import to_parquet

    written: list[Path] = []
    with counting("converting", files) as counted:
        for file in counted:
            bill = with_record(file)
            day, merchant = _first(bill) if bill is file else ("", "")
            written += to_parquet(
                bill, folder, date=date or day or None, type=of_type, mchid=mchid or merchant
            )
    return written


def _first(bill: Path | BillFile) -> tuple[str, str]:
    """Return the day and the merchant in the first row of a bill."""
    from ...bills import read

    for row in read(bill):
        time = getattr(row, "trade_time", None) or getattr(row, "accounting_time", None)
        return str(time.date()) if time else "", getattr(row, "mchid", None) or ""
    return "", ""


def _write_csv(files: list[Path], target: Path) -> list[Path]:
    from ...utils.whole_file import whole

    readers = _readers(files)
    with whole(target) as part, part.open("w", encoding="utf-8", newline="") as file:
        file.writelines(_csv(readers))
    return [target]


class _Line:
    """A file for `csv.writer` that keeps the last line."""

    text = ""

    def write(self, text: str) -> None:
        self.text = text


def _csv(readers: list[BillReader[Any]]) -> Iterator[str]:
    """Yield lines of CSV (RFC 4180, with LF), a header first."""
    first, line = readers[0], _Line()
    names = [each.name for each in dataclasses.fields(first.row_class) if each.name != "extra"]
    writer = csv.writer(line, lineterminator="\n")
    writer.writerow([*names, *first.unknown])
    yield line.text
    for row in (row for reader in readers for row in reader):
        cells = [plain(getattr(row, name)) for name in names]
        writer.writerow([*cells, *(row.extra.get(heading) for heading in first.unknown)])
        yield line.text


def _excel(files: list[Path], target: Path) -> list[Path]:
    from ...bills.report.bill_workbook import bill_to_excel
    from ...utils.whole_file import whole

    readers = _readers(files)
    with whole(target) as part:
        bill_to_excel(readers, part)
    return [target]


def _duckdb(files: list[Path], target: Path) -> list[Path]:
    from ...bills import read, to_duckdb

    kinds: dict[str, list[Path | BillFile]] = {}
    for file in files:
        bill = with_record(file)
        kinds.setdefault(read(bill).kind or "unknown", []).append(bill)
    with _database(target) as connection:
        for kind, bills in kinds.items():
            to_duckdb(bills, connection, table=kind, replace=True)
    return [target]


def _database(target: Path) -> Any:
    try:
        import duckdb
    except ImportError:
        raise ConfigurationError(
            _("duckdb is not installed: pip install 'wechatpay-chain[bills]'")
        ) from None
    try:
        return duckdb.connect(str(target))
    except duckdb.Error as error:
        raise ConfigurationError(
            _(
                "{target} cannot be opened as a DuckDB database: {splitlines}",
                target=target,
                splitlines=str(error).splitlines()[0],
            )
        ) from None


WRITERS: dict[str, Callable[[list[Path], Path], list[Path]]] = {
    "csv": _write_csv,
    "xlsx": _excel,
    "duckdb": _duckdb,
}
