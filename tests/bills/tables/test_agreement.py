"""Tables have the rows of `bills.read`, or raise its error: whatever is in the file."""

from __future__ import annotations

import dataclasses
import datetime
import functools
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wechatpay_chain.bills import BillError, read, tables
from wechatpay_chain.bills.forms import Form
from wechatpay_chain.bills.forms.fund_flow import FUND_FLOW
from wechatpay_chain.bills.forms.trade import ALL, OLD_ALL, OLD_SUCCESS, REFUND, SUCCESS
from wechatpay_chain.bills.tables import duckdb, stream
from wechatpay_chain.bills.tables.connecting import connect

from .making import FLOW, PAYMENT, lines, text, written
from .making import REFUND as REFUNDED

CHINA = datetime.timezone(datetime.timedelta(hours=8))
Outcome = list[dict[str, Any]] | str


def outcome(rows: Callable[[], list[dict[str, Any]]]) -> Outcome:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return rows()
        except BillError as error:
            return f"{error} / {error.line} / {error.column}"


def by_parser(path: Path) -> list[dict[str, Any]]:
    return [
        {field.name: getattr(row, field.name) for field in dataclasses.fields(row)}
        | {"extra": dict(row.extra)}
        for row in read(path)
    ]


def by_arrow(path: Path) -> list[dict[str, Any]]:
    rows = tables.to_arrow(path).to_pylist()
    return [row | {"extra": dict(row["extra"] or ())} for row in rows]


def by_duckdb(path: Path) -> list[dict[str, Any]]:
    connection = connection_of_tests()
    duckdb.load(connection, path, "bill")
    found = connection.execute("SELECT * EXCLUDE (line) FROM bill")
    names = [column[0] for column in found.description]
    rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    return [
        {name: zoned(value) for name, value in row.items()} | {"extra": row["extra"] or {}}
        for row in rows
    ]


@functools.cache
def connection_of_tests() -> Any:
    return connect()


def zoned(value: Any) -> Any:
    return value.replace(tzinfo=CHINA) if isinstance(value, datetime.datetime) else value


def agree(path: Path) -> Outcome:
    expected = outcome(lambda: by_parser(path))
    assert outcome(lambda: by_arrow(path)) == expected
    assert outcome(lambda: by_duckdb(path)) == expected
    return expected


@pytest.fixture
def by_duckdb_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The parser in Python reads headers alone."""

    def refuse(reader: Any) -> Any:
        raise AssertionError("the bill was read in Python")

    monkeypatch.setattr(duckdb, "batches", refuse)
    monkeypatch.setattr(stream, "batches", refuse)


@pytest.mark.usefixtures("by_duckdb_alone")
@pytest.mark.parametrize(
    ("form", "rows"),
    [
        (ALL, []),
        (ALL, [PAYMENT]),
        (ALL, [PAYMENT, REFUNDED] * 1000),
        (SUCCESS, [PAYMENT] * 3),
        (REFUND, [REFUNDED | {"refund_time": "2026-11-24 09:00:00"}]),
        (OLD_ALL, [PAYMENT, REFUNDED]),
        (OLD_SUCCESS, [PAYMENT]),
        (FUND_FLOW, [FLOW, FLOW | {"direction": "支出", "amount": "2.34", "balance": "110.00"}]),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_duckdb_reads_what_wechat_pay_writes(
    tmp_path: Path, form: Form, rows: list[dict[str, str]], newline: str
) -> None:
    path = tmp_path / "bill.csv"
    path.write_bytes(b"\xef\xbb\xbf" + text(rows, form, newline).encode())
    found = agree(path)
    assert isinstance(found, list)
    assert len(found) == len(rows)


@pytest.mark.usefixtures("by_duckdb_alone")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("total", "0.1"),
        ("total", "7"),
        ("settlement_total", "-5.00"),
        ("fee", "-0.5"),
        ("fee", "0"),
        ("rate", ""),
        ("rate", "1.2345%"),
        ("rate", "20.00%"),
        ("coupon", ""),
        ("total", "9999999999.99"),
        ("description", '"茶"\t'),
        ("description", "'; DROP TABLE bill; --"),
        ("attach", "NULL"),
        ("attach", "\\"),
        ("attach", "`"),
        ("attach", "\N{LINE SEPARATOR}\v\f\x1c\x85"),
        ("out_trade_no", "0"),
        ("device_info", "0"),
        ("trade_time", "1988-07-01 00:00:00"),
        ("trade_time", "1000-01-01 00:00:00"),
        ("trade_time", "9999-12-31 23:59:59"),
    ],
)
def test_duckdb_reads_unusual_values(tmp_path: Path, name: str, value: str) -> None:
    found = agree(written(tmp_path / "bill.csv", [PAYMENT, PAYMENT | {name: value}]))
    assert isinstance(found, list)
    assert len(found) == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("total", "1.005"),
        ("total", "1e2"),
        ("total", "１.00"),
        ("total", " 1.00"),
        ("total", "1,000.00"),
        ("total", "0x10"),
        ("total", "1_0.00"),
        ("total", "+1.00"),
        ("total", "01.00"),
        ("total", ".50"),
        ("total", "nan"),
        ("total", ""),
        ("total", "99999999999999.00"),
        ("refund", "-1.00"),
        ("refund", "-0.00"),
        ("coupon", "-0"),
        ("fee", "0.000001"),
        ("rate", "0.60"),
        ("rate", "-0.60%"),
        ("rate", "0.60%%"),
        ("rate", "1000.00%"),
        ("trade_time", "2026-02-30 10:00:00"),
        ("trade_time", "2026-11-25 24:00:00"),
        ("trade_time", "2026-11-25 10:00:60"),
        ("trade_time", "2026-11-25T10:00:00"),
        ("trade_time", "2026-11-25 10:00:00 "),
        ("trade_time", "0000-01-01 00:00:00"),
        ("trade_time", "12026-1-25 10:00:00"),
        ("trade_time", "infinity"),
        ("trade_time", "`2026-11-25 10:00:0"),
        ("mchid", "0"),
        ("mchid", ""),
        ("out_trade_no", ""),
        ("description", "茶,`红"),
        ("description", "茶,`1.00,`红"),
        ("description", "茶\n红"),
        ("description", "茶\r红"),
        ("description", "茶\r\n红"),
        ("description", "茶\n`红"),
        ("description", "\x01"),
        ("description", "\0"),
        ("attach", "a\0b"),
        ("rate_note", "\x01"),
        ("rate_note", "x\n"),
        ("rate_note", "x\r"),
        ("rate_note", "\r"),
        ("rate_note", "x\n\n"),
        ("description", "总交易单数,应结订单总金额"),
        ("description", "\n总交易单数,应结订单总金额"),
        ("description", "a" * (2 << 20)),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_what_is_odd_is_decided_by_the_parser(
    tmp_path: Path, name: str, value: str, newline: str
) -> None:
    path = tmp_path / "bill.csv"
    path.write_bytes(text([PAYMENT, PAYMENT | {name: value}, REFUNDED], ALL, newline).encode())
    agree(path)


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
def test_damage(tmp_path: Path, newline: bytes) -> None:
    """Lines that are missing, doubled, moved, empty, or end otherwise."""
    header, one, two, heading, totals = (line.encode() for line in lines([PAYMENT, REFUNDED]))
    damaged = {
        "no row": [header, heading, totals],
        "lacks one": [header, one, heading, totals],
        "doubled": [header, one, one, two, heading, totals],
        "swapped": [header, two, one, heading, totals],
        "no summary": [header, one, two],
        "no values": [header, one, two, heading],
        "no heading": [header, one, two, totals],
        "summary twice": [header, one, two, heading, totals, heading, totals],
        "heading within": [header, one, heading, two, heading, totals],
        "two bills": [header, one, two, heading, totals, header, one, two, heading, totals],
        "header twice": [header, header, one, two, heading, totals],
        "blank first": [header, b"", one, two, heading, totals],
        "blank within": [header, one, b"", two, heading, totals],
        "blank before the summary": [header, one, two, b"", heading, totals],
        "blank in the summary": [header, one, two, heading, b"", totals],
        "blank last": [header, one, two, heading, totals, b"", b""],
        "spaces": [header, one, b"  ", two, heading, totals],
        "other newline": [header, one + b"\n" + two, heading, totals],
        "carriage return": [header, one + b"\r" + two, heading, totals],
        "carriage returns": [header, one + b"\r", two + b"\r", heading, totals],
        "compensated": [header, one + b"\n" + two, b"", heading, totals],
        "comment": [header, b"#" + one, two, heading, totals],
        "mark within": [header, b"\xef\xbb\xbf" + one, two, heading, totals],
        "no back-quote": [header, one[1:], two, heading, totals],
        "column more": [header, one + b",`", two, heading, totals],
        "comma more": [header, one + b",", two, heading, totals],
        "column less": [header, one.rpartition(b",`")[0], two, heading, totals],
        "not UTF-8": [header, one.replace("茶".encode(), b"\xff"), two, heading, totals],
        "surrogate": [header, one.replace("茶".encode(), b"\xed\xa0\x80"), two, heading, totals],
        "count": [header, one, two, heading, totals.replace(b"`2,", b"`3,")],
        "count as 2.0": [header, one, two, heading, totals.replace(b"`2,", b"`2.0,")],
        "sum": [header, one, two, heading, totals.replace(b"12.34", b"12.35")],
        "sum with exponent": [header, one, two, heading, totals.replace(b"12.34", b"1234e-2")],
        "unknown total": [header, one, two, heading + ",新".encode(), totals + b",`9"],
        "total less": [header, one, two, heading, totals.rpartition(b",`")[0]],
    }
    for name, each in damaged.items():
        for end in (newline, b""):
            path = tmp_path / f"{name}.csv"
            path.write_bytes(newline.join(each) + end)
            agree(path)


def test_encodings_and_spreadsheets(tmp_path: Path) -> None:
    rows = [PAYMENT, REFUNDED]
    path = tmp_path / "bill.csv"
    path.write_bytes(text(rows).encode("gb18030"))
    assert len(agree(path)) == 2
    for line_end in ("\n", "\r\n"):
        padded = line_end.join(f"{line}{',' * 3}" for line in lines(rows))
        path.write_bytes(padded.encode())
        agree(path)


def test_truncation_at_every_byte(tmp_path: Path) -> None:
    whole = text([PAYMENT], SUCCESS).encode()
    path = tmp_path / "bill.csv"
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        agree(path)


def test_columns_that_are_not_known(tmp_path: Path) -> None:
    header, *body, heading, totals = lines([PAYMENT, REFUNDED])
    path = tmp_path / "bill.csv"
    table = [
        f"新'列,{header},又新",
        *(f"`x,{body_line},`y'{{}}" for body_line in body),
        heading,
        totals,
    ]
    path.write_text("\n".join(table), "utf-8")
    found = agree(path)
    assert isinstance(found, list)
    assert found[0]["extra"] == {"新'列": "x", "又新": "y'{}"}


PIECES = st.sampled_from(
    [
        "`",
        ",`",
        ",",
        "\n",
        "\r",
        "\r\n",
        '"',
        "\0",
        "\x01",
        "0",
        "1.00",
        "茶",
        "",
        " ",
        "总交易单数",
        "-",
        "\\",
    ]
)
TEXTS = st.lists(PIECES | st.text(max_size=3), max_size=4).map("".join)
ROWS = st.builds(
    lambda base, name, value, changed: base | ({name: value} if changed else {}),
    st.sampled_from([PAYMENT, REFUNDED]),
    st.sampled_from([column.name for column in ALL.columns]),
    TEXTS,
    st.booleans(),
)


@pytest.mark.hypothesis
@given(rows=st.lists(ROWS, max_size=4), newline=st.sampled_from(["\n", "\r\n"]), data=st.data())
def test_any_bill_is_read_alike(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[dict[str, str]],
    newline: str,
    data: st.DataObject,
) -> None:
    whole = text(rows, ALL, newline).encode("utf-8", "surrogatepass")
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 40)) | st.just(start))
    piece = data.draw(TEXTS).encode("utf-8", "surrogatepass")
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(whole[:start] + piece + whole[end:])
    agree(path)
