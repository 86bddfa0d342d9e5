"""Damaged bills: each is a `BillError`, or it is read as the rows that it was written from."""

from __future__ import annotations

import gzip
import random
import warnings
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.bills import texts
from tests.bills.consistency import assert_consistent, one_by_one, outcome
from tests.bills.texts import BILLS, PAYMENT, REFUND, TRADE_TOTALS, bill
from wechatpay_chain.bills import BillWarning
from wechatpay_chain.bills.forms import fund_flow, trade

FORMS = {
    "ALL": (trade.ALL, [PAYMENT, REFUND], TRADE_TOTALS),
    "OLD": (trade.OLD_ALL, [PAYMENT, REFUND], TRADE_TOTALS),
    "FUND_FLOW": (fund_flow.FUND_FLOW, [texts.CAME, texts.WENT], texts.FLOW_TOTALS),
}
MUTATED = {name: BILLS[name].encode() for name in ("ALL", "SUCCESS", "OLD", "FUND_FLOW")}
PIECES = [
    b"",
    b",",
    b"`",
    b",`",
    b"\n",
    b"\r\n",
    b'"',
    b'"`',
    b"0",
    b".",
    b"-",
    b"\0",
    b"\xe7",
    b"`0.00,",
]
NAMES = st.text(
    st.sampled_from(',`"\n\r a中0.\u2028\x85é') | st.characters(codec="utf-8"), max_size=12
)

pytestmark = pytest.mark.filterwarnings("ignore::wechatpay_chain.bills.BillWarning")


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("name", BILLS)
def test_cut_at_every_byte(name: str, encoding: str, ending: str) -> None:
    data = BILLS[name].replace("\n", ending).encode(encoding)
    if name == "SHARES" and encoding == "gb18030":
        pytest.skip("its headings are ASCII")
    right = outcome(data)
    assert right is not None
    read = 0
    for size in range(len(data)):
        found = outcome(data[:size])
        if found is not None:
            assert found[0] == right[0]
            read += 1
    assert read < 30


def test_gzip_cut_at_every_byte() -> None:
    data = gzip.compress(BILLS["ALL"].encode())
    for size in range(len(data)):
        assert outcome(data[:size]) is None


def test_every_byte_of_gzip_changed() -> None:
    data = bytearray(gzip.compress(BILLS["ALL"].encode(), mtime=0))
    right = outcome(bytes(data))
    for at in range(len(data)):
        data[at] ^= 0x55
        assert outcome(bytes(data)) in (None, right)
        data[at] ^= 0x55


@pytest.mark.parametrize("name", ["ALL", "FUND_FLOW"])
def test_every_byte_changed(name: str) -> None:
    """A change of a summed amount, of the summary, or of what separates, is noticed."""
    data = MUTATED[name]
    right = outcome(data)
    assert right is not None
    totals = right[1].totals if right[1] else {}
    for at in range(len(data)):
        for piece in (b"", b"1", b"\n", data[at : at + 1] * 2):
            found = outcome(data[:at] + piece + data[at + 1 :])
            if found is not None:
                assert found[1] is not None
                assert {k: v for k, v in totals.items() if k in found[1].totals} == found[1].totals
                assert len(found[0]) == len(right[0])


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A bill with some places cut out, doubled, exchanged or overwritten."""
    data = MUTATED[draw(st.sampled_from(sorted(MUTATED)))]
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 40)))
        put = draw(
            st.sampled_from(PIECES)
            | st.just(data[start:end] * 2)
            | st.binary(max_size=4)
            | st.builds(lambda line: line + b"\n", st.sampled_from(data.split(b"\n")))
        )
        data = data[:start] + put + data[end:]
    return data


@given(damaged())
def test_damaged_in_several_places(data: bytes) -> None:
    assert_consistent(data)


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    assert_consistent(data)


def readable(text: str) -> str:
    return text.replace("\r\n", "\n")


@given(name=st.sampled_from(["ALL", "OLD"]), texts_=st.lists(NAMES, min_size=2, max_size=2))
@example(name="ALL", texts_=['"', "\n"])
@example(name="ALL", texts_=["a\n`b", "c"])
def test_any_product_name_and_attach(name: str, texts_: list[str]) -> None:
    form, rows, totals = FORMS[name]
    written = [{**rows[0], "description": texts_[0], "attach": texts_[1]}, rows[1]]
    data = bill(form, written, totals).encode()
    found = outcome(data)
    assert found == one_by_one(data)
    if found is not None:
        [row, _] = found[0]
        assert (row.description or "", row.attach or "") == tuple(map(readable, texts_))
        assert row.total == 1234
    assert found is not None or any(mark in "".join(texts_) for mark in '`\n"\0')


@given(remark=NAMES)
def test_any_remark(remark: str) -> None:
    form, rows, totals = FORMS["FUND_FLOW"]
    data = bill(form, [{**rows[0], "remark": remark}, rows[1]], totals).encode()
    found = outcome(data)
    assert found == one_by_one(data)
    if found is not None:
        assert (found[0][0].remark or "") == readable(remark)


def shuffled(text: str, seed: int, *, drop: int) -> tuple[str, list[str]]:
    """A bill with its columns in another order and without some of them."""
    header, *rest = text.splitlines()
    headings = header.split(",")
    order = list(range(len(headings)))
    random.Random(seed).shuffle(order)
    order = order[drop:]
    lines = [",".join(headings[i] for i in order)]
    for number, line in enumerate(rest):
        cells = line.removeprefix("`").split(",`")
        lines.append("`" + ",`".join(cells[i] for i in order) if number < len(rest) - 2 else line)
    return "\n".join(lines), [headings[i] for i in order]


@pytest.mark.parametrize("drop", [0, 1, 2, 4])
@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("name", ["ALL", "OLD", "FUND_FLOW"])
def test_columns_in_another_order_and_missing(name: str, seed: int, drop: int) -> None:
    text, headings = shuffled(BILLS[name], seed, drop=drop)
    right, found = outcome(BILLS[name].encode()), outcome(text.encode())
    assert found == one_by_one(text.encode())
    assert right is not None
    columns = {column.heading: column.name for column in FORMS[name][0].columns}
    present = {columns[heading] for heading in headings}
    if drop == 0:
        assert found == right
    if found is not None:
        for row, original in zip(found[0], right[0], strict=True):
            for field in present:
                assert getattr(row, field) == getattr(original, field)
            for field in set(columns.values()) - present - {"total", "refund_requested"}:
                assert getattr(row, field) is None


def warned(text: str) -> Iterator[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        outcome(text.encode())
    yield from (str(each.message) for each in caught if each.category is BillWarning)


def test_a_bill_warns_once() -> None:
    text, _ = shuffled(BILLS["ALL"], 1, drop=0)
    assert list(warned(text)) == []
    assert len(list(warned(text.replace("设备号", "新列").replace("费率备注", "新列二")))) == 1
