"""A large trade bill, read, typed and checked, beside DuckDB's bare `read_csv` of it.

Bare is what DuckDB needs for the texts alone: the delimiter, the columns and their types (VARCHAR)
are given, and nothing is converted or checked. Each way hands out its result as ours does: values
that are counted, Arrow batches that are dropped, a table of DuckDB in memory. The ways take turns,
each in a process of its own, so that its memory can be told; the least time of each is compared.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from wechatpay_chain.bills.forms.trade import ALL

from ..report import Figure, heading, line
from .making import trade_bill

COLUMNS = ", ".join(f"'c{number}': 'VARCHAR'" for number in range(len(ALL.columns)))
BARE = (
    f"read_csv($path, columns = {{{COLUMNS}}}, delim = ',`', quote = '', escape = '', "
    "header = false, skip = 1, auto_detect = false, null_padding = true)"
)
"""What `all_varchar = true` gives, without the time for finding the columns out."""

SETUP = """
import json, sys, time
import duckdb
from wechatpay_chain import bills
from wechatpay_chain.bills.tables.connecting import connect
from wechatpay_chain.bills.tables.scan import scan_of
path, begin, worked = sys.argv[1], time.perf_counter(), time.process_time()
"""
REPORT = """
seconds, worked = time.perf_counter() - begin, time.process_time() - worked
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]
print(json.dumps([seconds, worked, int(peak)]))
"""
WAYS = {
    "counted": (
        f'connect().execute("SELECT count(COLUMNS(*)) FROM {BARE}", {{"path": path}}).fetchall()',
        "scan = scan_of(bills.read(path))\n"
        "sums = scan.sums('(' + scan.statement('$path') + ')')\n"
        "query = sums.replace('SELECT', 'SELECT count(COLUMNS(*)),', 1)\n"
        "found = connect().execute(query, {'path': scan.pattern}).fetchone()\n"
        "assert scan.agrees(found[-2 - len(scan.totals):])",
    ),
    "as Arrow batches": (
        "connection = connect()\n"
        'connection.execute("SET VARIABLE path = $path", {"path": path})\n'
        f"""query = "SELECT * FROM {BARE.replace("$path", "getvariable('path')")}"\n"""
        "for batch in connection.sql(query).to_arrow_reader(100_000): pass",
        "for batch in bills.to_arrow(path, batch_size=100_000): pass",
    ),
    "as a table of DuckDB": (
        f'connect().execute("CREATE TABLE bill AS SELECT * FROM {BARE}", {{"path": path}})',
        "bills.to_duckdb(path)",
    ),
}
"""Of each way: the bare one, and ours."""


class Run(NamedTuple):
    """One process that reads a bill in one way."""

    seconds: float
    worked: float
    """Seconds of the processor."""
    kib: int
    """The most memory that the process had."""


def measure(quick: bool) -> list[Figure]:
    """Read a bill of 10 million rows in all ways.

    Args:
        quick: 200,000 rows.
    """
    rows, times = (200_000, 3) if quick else (10_000_000, 2)
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        path = trade_bill(Path(folder) / "bill.csv", rows)
        size = path.stat().st_size / 2**20
        heading(f"tables: a trade bill of {rows:,} rows, {size:,.0f} MiB, best of {times}")
        line("", "bare", "ours", "of processor", "peak MiB")
        for name, programs in WAYS.items():
            runs = [[_run(program, path) for program in programs] for _ in range(times)]
            bare, ours = (min(each) for each in zip(*runs, strict=True))
            line(
                f"  {name}",
                f"{bare.seconds:.2f} s",
                f"{ours.seconds:.2f} s",
                f"{bare.worked:.1f}, {ours.worked:.1f} s",
                f"{bare.kib / 1024:.0f}, {ours.kib / 1024:.0f}",
            )
            figures += [
                Figure(f"{name}: read, typed, checked, to bare", ours.seconds / bare.seconds, 2),
                Figure(f"{name}: memory", ours.kib / 1024, 1024, "MiB"),
            ]
    return figures


def _run(program: str, path: Path) -> Run:
    done = subprocess.run(
        [sys.executable, "-c", f"{SETUP}{program}{REPORT}", str(path)],
        capture_output=True,
        text=True,
        check=True,
    )
    return Run(*json.loads(done.stdout))
