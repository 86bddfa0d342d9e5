"""The gateway's bills with the library's own client: downloaded, read, and reconciled."""

from __future__ import annotations

import collections
from decimal import Decimal

import pytest

from tests.gateway.support import SUB, paid, paid_by_v2, paid_to_partner
from tests.gateway.test_bill_forms import give_back, share
from tests.gateway.test_bills import a_busy_day, refund
from wechatpay_chain import BillError, bills

SHARED = {"settle_info": {"profit_sharing": True}}
FEW = {"orders": 400, "refunds": 0.2, "differences": "every"}


@pytest.fixture(autouse=True)
def today(gateway):
    """A day without earlier entries."""
    gateway.advance(hours=48)
    yield gateway.state.clock.date()
    gateway.faults.clear()
    gateway.set_bills(fee_rate="0", next_day=False, parts=1)


@pytest.fixture
def download(gateway, wxpay, today, tmp_path):
    def downloaded(kind="trade", date=today, **options):
        return bills.download(wxpay, date, kind=kind, to=tmp_path, **options)

    return downloaded


def rows(file):
    return list(bills.read(file))


def test_a_busy_day(gateway, wxpay, download):
    gateway.set_bills(fee_rate="0.0060")
    first, by_v2, partner, refunds = a_busy_day(gateway, wxpay)
    whole = rows(download())
    read = {(row.out_trade_no, row.out_refund_no): row for row in whole}
    row = read[first["out_trade_no"], None]
    assert (row.total, row.fee, row.rate) == (12_345, 74, Decimal("0.0060"))
    assert (row.description, row.attach) == ("one, two", "a,b\\nc")
    assert (row.sub_mchid, read[partner["out_trade_no"], None].sub_mchid) == (None, "1900000109")
    assert read[by_v2["out_trade_no"], None].total == 1
    given_back = [read[first["out_trade_no"], each["out_refund_no"]] for each in refunds]
    assert [each.refund_requested for each in given_back] == [5, 67, 300, 4000]
    flows = rows(download("fund_flow"))
    balance = gateway.state.ledger.opening(gateway.state.clock.date(), ["merchant", "frozen"])
    for each in flows:
        balance += each.amount if each.direction == "收入" else -each.amount
        assert each.balance == balance
    sizes = [
        len(rows(download("trade", type="SUCCESS"))),
        len(rows(download("trade", type="REFUND"))),
    ]
    assert sum(sizes) == len(whole) == 10


@pytest.mark.parametrize("parts", [1, 4])
def test_sub_merchants(gateway, wxpay, download, parts):
    gateway.set_bills(parts=parts)
    for total in (100, 2_000, 30_000):
        paid_to_partner(gateway, wxpay, total)
    file = download("sub_merchant_fund_flow", **SUB)
    assert [row.amount for row in rows(file)] == [100, 2_000, 30_000]
    assert [row.amount for row in rows(download("ecommerce_fund_flow"))] == [100, 2_000, 30_000]


def test_shares(gateway, wxpay, download):
    order = paid(gateway, wxpay, 5_000, **SHARED)
    give_back(wxpay, share(gateway, wxpay, order, 70), 20)
    first, second = rows(download("profit_sharing"))
    assert (first.transaction_id, second.transaction_id) == (order["transaction_id"],) * 2
    assert first.out_order_no != second.out_order_no


def test_by_v2(gateway, wxpay, download):
    order = paid_by_v2(gateway, wxpay, 77)
    options = {"api": "v2", "appid": gateway.identity.appid}
    (row,) = rows(download(**options))
    assert (row.out_trade_no, row.total) == (order["out_trade_no"], 77)
    (row,) = rows(download("fund_flow", **options))
    assert (row.amount, row.voucher_no) == (77, order["out_trade_no"])


def test_statements(gateway, wxpay, today, tmp_path):
    order = paid(gateway, wxpay, 12_345)
    refund(wxpay, order, 345)
    base_uri = gateway.base_uris["https://apihk.mch.weixin.qq.com/"]
    with gateway.client(base_uri=base_uri) as abroad:
        file = bills.download(abroad, today, kind="statement", to=tmp_path)
    first, second = rows(file)
    assert first.out_trade_no == second.out_trade_no == order["out_trade_no"]
    assert str(first.total) == "123.45"
    assert str(second.refund_requested) == "3.45"


def test_nothing_on_a_day_and_not_ready(gateway, wxpay, download):
    assert download().empty
    paid(gateway, wxpay)
    gateway.set_bills(next_day=True)
    with pytest.raises(bills.BillNotReady):
        download("fund_flow")


@pytest.mark.parametrize("form", ["direct", "partner"])
def test_a_filled_day_is_reconciled(gateway, wxpay, download, form):
    pytest.importorskip("duckdb")
    day = gateway.fill(form=form, **FEW)
    before, file, after = (
        download(date=each) for each in (day.before.date, day.date, day.after.date)
    )
    result = bills.reconcile(
        rows(file),
        list(day.orders()),
        list(day.refunds()),
        neighbours=[*rows(before), *rows(after)],
        rate=day.rate,
    )
    assert dict(result.counts) == day.expected
    found = [
        (each.kind, each.out_trade_no, each.out_refund_no or "") for each in result.differences
    ]
    wanted = [(each.kind, each.out_trade_no, each.out_refund_no) for each in day.differences]
    assert collections.Counter(found) == collections.Counter(wanted)


def test_a_large_day_that_is_spoiled(gateway, wxpay, download):
    day = gateway.fill(2_000)
    gateway.faults.add("v3/billdownload/*", "wrong_body")
    with pytest.raises(BillError):
        download(date=day.date)
    gateway.faults.clear()
    assert len(rows(download(date=day.date))) == 2_000 + 100 + 8  # payments, refunds, reversals
