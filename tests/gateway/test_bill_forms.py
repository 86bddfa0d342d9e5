"""Bills in all forms: with fees, encrypted, of profit sharing, abroad, and not available yet."""

from __future__ import annotations

import datetime
import gzip
import hashlib

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.gateway.support import SUB, control, new_number, paid, paid_to_partner
from tests.gateway.test_bills import (
    ask_v2,
    download,
    entries,
    fen,
    flow,
    micropay,
    read,
    refund,
    rejected,
    reverse,
    trades,
)
from wechatpay_chain.crypto import aes

SHARED = {"settle_info": {"profit_sharing": True}}
STAFF = {"type": "MERCHANT_ID", "account": "1900000110"}
OTHER = {"sub_mchid": "1900000111"}
APIHK = "https://apihk.mch.weixin.qq.com/"


@pytest.fixture(autouse=True)
def today(gateway):
    """A day without earlier entries, with default settings."""
    gateway.advance(hours=24)
    yield gateway.state.clock.date()
    gateway.set_bills(fee_rate="0", next_day=False, parts=1)


@pytest.fixture
def charged(gateway):
    gateway.set_bills(fee_rate="0.0060")


def share(gateway, wxpay, order, amount):
    appid = gateway.identity.appid
    wxpay.v3.profitsharing.receivers.add.post(
        json={**STAFF, "appid": appid, "relation_type": "SUPPLIER"}
    )
    return wxpay.v3.profitsharing.orders.post(
        json={
            "appid": appid,
            "transaction_id": order["transaction_id"],
            "out_order_no": new_number("S"),
            "receivers": [{**STAFF, "amount": amount, "description": "share, staff"}],
            "unfreeze_unsplit": True,
        }
    ).json()


def give_back(wxpay, shared, amount):
    return wxpay.v3.profitsharing.returnOrders.post(
        json={
            "order_id": shared["order_id"],
            "out_return_no": new_number("B"),
            "return_mchid": STAFF["account"],
            "amount": amount,
            "description": "back",
        }
    ).json()


# Fees


def test_a_fee_is_in_both_bills(gateway, wxpay, today, charged):
    order = paid(gateway, wxpay, 12_345)
    made = refund(wxpay, order, 2_345)
    rows, totals = trades(wxpay, today)
    assert [(row["手续费"], row["费率"]) for row in rows] == [
        ("0.74000", "0.60%"),
        ("-0.14000", "0.60%"),
    ]
    assert totals["手续费总金额"] == "0.60000"
    rows, _ = flow(wxpay, today)
    assert [(row["业务类型"], row["收支类型"], row["收支金额(元)"]) for row in rows] == [
        ("交易", "收入", "123.45"),
        ("扣除交易手续费", "支出", "0.74"),
        ("退还交易手续费", "收入", "0.14"),
        ("退款", "支出", "23.45"),
    ]
    assert rows[1]["微信支付业务单号"] == order["transaction_id"]
    assert rows[3]["微信支付业务单号"] == made["refund_id"]
    assert rows[3]["备注"] == "退款总金额23.45元;含手续费0.14元"


@pytest.mark.parametrize("total", [1, 83, 84, 99_999])
def test_all_of_a_fee_comes_back_with_all_of_the_money(gateway, wxpay, today, charged, total):
    before = gateway.state.ledger.balance("merchant")
    order = paid(gateway, wxpay, total)
    refund(wxpay, order, total)
    assert gateway.state.ledger.balance("merchant") == before
    rows, _ = trades(wxpay, today)
    assert sum(fen(row["手续费"][:-3]) for row in rows) == 0


def test_parts_of_an_order_never_give_back_more_than_its_fee(gateway, wxpay, today, charged):
    order = paid(gateway, wxpay, 300)
    for _ in range(3):
        refund(wxpay, order, 100)
    taken = sum(each["amount"] for each in entries(gateway, today, "fee"))
    returned = sum(each["amount"] for each in entries(gateway, today, "fee_returned"))
    assert (taken, returned) == (2, 2)


def test_a_fee_is_taken_again_where_a_refund_is_closed(gateway, wxpay, today, charged):
    before = gateway.state.ledger.balance("merchant")
    order = paid(gateway, wxpay, 10_000)
    made = refund(wxpay, order, 5_000)
    control(gateway, f"refunds/{made['out_refund_no']}/close")
    assert gateway.state.ledger.balance("merchant") == before + 10_000 - 60
    refund(wxpay, order, 10_000)
    assert gateway.state.ledger.balance("merchant") == before


def test_a_reversed_payment_gives_its_fee_back(gateway, wxpay, today):
    gateway.set_bills(fee_rate="0.1")
    before = gateway.state.ledger.balance("merchant")
    reverse(gateway, wxpay, micropay(gateway, wxpay))
    assert gateway.state.ledger.balance("merchant") == before
    rows, _ = trades(wxpay, today)
    assert [row["手续费"] for row in rows] == ["0.01000", "-0.01000"]


def test_a_fee_is_not_shared(gateway, wxpay, today, charged):
    order = paid(gateway, wxpay, 10_000, **SHARED)
    transaction = order["transaction_id"]
    left = wxpay.chain(f"v3/profitsharing/transactions/{transaction}/amounts").get().json()
    assert left["unsplit_amount"] == 9_940
    refund(wxpay, order, 10_000)
    assert gateway.state.ledger.balance("frozen") == 0


def test_the_fund_flow_explains_the_trade_bill(gateway, wxpay, today, charged):
    for total in (1, 84, 12_345, 99_999):
        order = paid(gateway, wxpay, total)
    refund(wxpay, order, 33_333)
    rows, _ = trades(wxpay, today)
    net = sum(
        fen(row["应结订单金额"]) - fen(row["退款金额"]) - fen(row["手续费"][:-3]) for row in rows
    )
    rows, totals = flow(wxpay, today)
    assert net == fen(totals["收入金额"]) - fen(totals["支出金额"])


@settings(max_examples=20, suppress_health_check=list(HealthCheck), deadline=None)
@example(rate=128, parts=[(1, False), (273, False)], more=0, shared=True)
@example(rate=40, parts=[(100, False)] * 4, more=1, shared=True)
@example(rate=5_000, parts=[(1, False), (1, True), (1, False)], more=1, shared=True)
@given(
    rate=st.integers(0, 10_000),
    parts=st.lists(st.tuples(st.integers(1, 3_000), st.booleans()), min_size=1, max_size=4),
    more=st.integers(0, 3_000),
    shared=st.booleans(),
)
def test_fees_of_any_rate(gateway, wxpay, rate, parts, more, shared):
    """After any refunds and closings, the bills match the balance."""
    gateway.advance(hours=24)
    day, ledger = gateway.state.clock.date(), gateway.state.ledger
    before = ledger.balance("merchant") + ledger.balance("frozen")
    gateway.set_bills(fee_rate=f"{rate / 10_000:.4f}")
    total = sum(amount for amount, _ in parts) + more
    order = paid(gateway, wxpay, total, **(SHARED if shared else {}))
    for amount, closed in parts:
        made = refund(wxpay, order, amount)
        if closed:
            control(gateway, f"refunds/{made['out_refund_no']}/close")
    ledger.check()
    after = ledger.balance("merchant") + ledger.balance("frozen")
    kept = total - sum(amount for amount, closed in parts if not closed)
    fees = ledger.balance("wechatpay")
    assert after - before == kept - sum(
        each["amount"] * (1 if each["kind"] == "fee" else -1)
        for each in entries(gateway, day, "fee", "fee_returned")
    )
    assert fees >= 0
    _, totals = flow(wxpay, day)
    assert fen(totals["收入金额"]) - fen(totals["支出金额"]) == after - before


@pytest.mark.parametrize(
    "wrong",
    [
        {"fee_rate": "0.00601"},
        {"fee_rate": "-0.1"},
        {"fee_rate": "1.1"},
        {"fee_rate": "much"},
        {"fee_rate": "NaN"},
        {"fee_rate": "Infinity"},
        {"fee_rate": "1e999999"},
        {"next_day": "yes"},
        {"parts": 0},
        {"parts": True},
        {"parts": "2"},
        {"parts": 101},
    ],
)
def test_settings_that_cannot_be(gateway, wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        gateway.set_bills(**wrong)
    status, told = control(gateway, "bills", **wrong)
    assert status == 400
    assert next(iter(wrong)) in told["error"]


def test_settings_by_the_control_api(gateway):
    changed = control(gateway, "bills", fee_rate="0.0038", parts=3)
    assert changed == {"fee_rate": "0.0038", "next_day": False, "parts": 3}
    assert control(gateway, "bills") == changed


# Not available yet


def test_a_bill_is_ready_the_next_morning(gateway, wxpay, today):
    gateway.set_bills(next_day=True)
    paid(gateway, wxpay)
    now = datetime.datetime.fromisoformat(gateway.state.clock.rfc3339())
    morning = now.replace(hour=10, minute=0, second=0) + datetime.timedelta(days=1)
    for early in (now, morning - datetime.timedelta(minutes=1)):
        here = datetime.datetime.fromisoformat(gateway.state.clock.rfc3339())
        gateway.advance(max(0, (early - here).total_seconds()))
        for path in ("v3/bill/tradebill", "v3/bill/fundflowbill", "v3/profitsharing/bills"):
            error = rejected(wxpay.chain(path).get, query={"bill_date": today})
            assert (error.status_code, error.code) == (400, "STATEMENT_CREATING")
        day = today.replace("-", "")
        error = rejected(ask_v2, gateway, wxpay, "v2/pay/downloadbill", bill_date=day)
        assert "Bill Creating" in str(error)
    gateway.advance(minutes=2)
    rows, _ = trades(wxpay, today)
    assert len(rows) == 1
    rows, _ = read(
        ask_v2(gateway, wxpay, "v2/pay/downloadbill", bill_date=day)
        .content.decode("utf-8-sig")
        .replace("\r\n", "\n")
    )
    assert len(rows) == 1


# Encrypted


def opened(wxpay, told, *, packed=False):
    """Return the bill from the files in a response."""
    parts = []
    for sequence, each in enumerate(told["download_bill_list"], 1):
        assert each["bill_sequence"] == sequence
        sealed = wxpay[each["download_url"]].get().content
        key = wxpay.decrypt(each["encrypt_key"])
        plain = aes.gcm_decrypt(sealed, key, each["nonce"], binary=True)
        plain = gzip.decompress(plain) if packed else plain
        assert each["hash_value"] == hashlib.sha1(plain).hexdigest()
        parts.append(plain)
    assert told["download_bill_count"] == len(parts)
    return b"".join(parts).decode(), len(parts)


def sub_merchant_bill(wxpay, day, **changes):
    query = {
        **SUB,
        "bill_date": day,
        "account_type": "BASIC",
        "algorithm": "AEAD_AES_256_GCM",
        **changes,
    }
    return wxpay.v3.bill.subMerchantFundflowbill.get(query=query).json()


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("parts", [1, 3, 100])
def test_a_sub_merchants_bill_is_encrypted(gateway, wxpay, today, charged, parts, packed):
    gateway.set_bills(parts=parts)
    for total in (100, 2_000, 30_000):
        order = paid_to_partner(gateway, wxpay, total)
    refund(wxpay, order, 5_000, **SUB)
    paid(gateway, wxpay, 7)
    tar = {"tar_type": "GZIP"} if packed else {}
    text, count = opened(wxpay, sub_merchant_bill(wxpay, today, **tar), packed=packed)
    assert count == min(parts, text.count("\n"))
    assert text == download(wxpay, "v3/bill/fundflowbill", bill_date=today, **SUB)
    rows, totals = read(text)
    assert [row["收支金额(元)"] for row in rows if row["业务类型"] == "交易"] == [
        "1.00",
        "20.00",
        "300.00",
    ]
    assert totals["资金流水总笔数"] == str(len(rows))


def test_all_sub_merchants_together(gateway, wxpay, today):
    paid_to_partner(gateway, wxpay, 100)
    paid_to_partner(gateway, wxpay, 200, **OTHER)
    paid(gateway, wxpay, 7)
    query = {"bill_date": today, "account_type": "ALL", "algorithm": "AEAD_AES_256_GCM"}
    told = wxpay.v3.ecommerce.bill.fundflowbill.get(query=query).json()
    rows, totals = read(opened(wxpay, told)[0])
    assert [row["收支金额(元)"] for row in rows] == ["1.00", "2.00"]
    assert totals["收入金额"] == "3.00"
    error = rejected(
        wxpay.v3.ecommerce.bill.fundflowbill.get, query={**query, "account_type": "BASIC"}
    )
    assert error.detail["field"] == "/account_type"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"sub_mchid": ""}, "/sub_mchid"),
        ({"sub_mchid": "../x"}, "/sub_mchid"),
        ({"algorithm": ""}, "/algorithm"),
        ({"algorithm": "SM4_GCM"}, "/algorithm"),
        ({"account_type": ""}, "/account_type"),
        ({"account_type": "ALL"}, "/account_type"),
        ({"tar_type": "ZIP"}, "/tar_type"),
        ({"bill_date": "20260101"}, "/bill_date"),
    ],
)
def test_encrypted_bills_that_there_cannot_be(wxpay, today, changes, field):
    error = rejected(sub_merchant_bill, wxpay, today, **changes)
    assert (error.status_code, error.code) == (400, "PARAM_ERROR")
    assert error.detail["field"] == field


def test_a_sub_merchant_without_anything(gateway, wxpay, today):
    paid(gateway, wxpay, 7)
    assert rejected(sub_merchant_bill, wxpay, today).code == "NO_STATEMENT_EXIST"


# Profit sharing


def test_the_profit_sharing_bill(gateway, wxpay, today):
    order = paid(gateway, wxpay, 5_000, **SHARED)
    shared = share(gateway, wxpay, order, 70)
    returned = give_back(wxpay, shared, 20)
    text = download(wxpay, "v3/profitsharing/bills", bill_date=today)
    (first, second), totals = read(text)
    assert totals == {
        "分账总笔数": "1",
        "分账总金额": "0.70",
        "回退总笔数": "1",
        "回退总金额": "0.20",
    }
    assert text.startswith("create_time,initiator,sponsor,sub_mchid,transaction_id,order_id")
    assert (first["amount"], first["business_type"]) == ("0.70", "PROFITSHARING")
    assert (first["order_id"], first["receiver_account"]) == (shared["order_id"], STAFF["account"])
    assert first["description"] == "share, staff"
    assert (second["amount"], second["business_type"]) == ("0.20", "RETURN")
    assert (second["order_id"], second["sponsor"]) == (returned["return_id"], STAFF["account"])
    moved = entries(gateway, today, "share", "return")
    assert sum(fen(row["amount"]) for row in (first, second)) == sum(
        each["amount"] for each in moved
    )
    gateway.advance(hours=24)
    tomorrow = gateway.state.clock.date()
    assert download(wxpay, "v3/profitsharing/bills", bill_date=today, tar_type="GZIP") == text
    error = rejected(wxpay.v3.profitsharing.bills.get, query={"bill_date": tomorrow})
    assert error.code == "NO_STATEMENT_EXIST"


# Abroad


@pytest.fixture(params=["hk", "global"])
def statement(request, gateway, wxpay):
    """Request a statement."""

    def ask(day, **options):
        query = {"date": day.replace("-", ""), "mchid": gateway.identity.mchid}
        query |= options.pop("query", {})
        if request.param == "global":
            base_uri = gateway.base_uris[APIHK]
            return wxpay["v3/global/statements"].get(query=query, base_uri=base_uri, **options)
        base_uri = f"{gateway.tls_base_uri}hk/"
        return wxpay["v3/statements"].get(query=query, base_uri=base_uri, **options)

    return ask


def test_a_statement_is_signed_by_its_sha1(gateway, wxpay, today, statement):
    order = paid(gateway, wxpay, 12_345, description="one, two")
    refund(wxpay, order, 345)
    answer = statement(today)
    assert answer.verified
    rows, totals = read(answer.text)
    assert totals["总交易单数"] == "2"
    assert rows[0]["订单金额(标价币种)"] == rows[0]["应结订单金额"] == "123.45"
    assert (rows[0]["标价币种"], rows[0]["商品名称"]) == ("CNY", "one, two")
    assert rows[1]["申请退款金额"] == rows[1]["退款应结订单金额"] == "3.45"


def test_a_packed_statement(gateway, wxpay, today, statement, tmp_path):
    paid(gateway, wxpay, 100)
    plain = statement(today).content
    answer = statement(today, headers={"Accept-Encoding": "gzip"}, sink=tmp_path / "a.gz")
    assert answer.verified
    assert gzip.decompress((tmp_path / "a.gz").read_bytes()) == plain


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"date": "2026-11-20"}, "PARAM_ERROR"),
        ({"date": "20200101"}, "PARAM_ERROR"),
        ({"mchid": "1"}, "PARAM_ERROR"),
        ({}, "NO_STATEMENT_EXIST"),
    ],
)
def test_statements_that_there_cannot_be(statement, today, query, code):
    assert rejected(statement, today, query=query).code == code


def test_a_statement_that_is_not_ready(gateway, wxpay, today, statement):
    gateway.set_bills(next_day=True)
    paid(gateway, wxpay)
    assert rejected(statement, today).code == "STATEMENT_CREATING"
