"""Bills: the ledger of a day, exact to the fen, in WeChat Pay's form, by both APIs."""

from __future__ import annotations

import datetime
import gzip
import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.gateway.support import (
    ASKING,
    SUB,
    control,
    new_code,
    new_number,
    paid,
    paid_by_v2,
    paid_to_partner,
)
from wechatpay_chain import APIError
from wechatpay_chain.crypto import rsa
from wechatpay_chain.gateway.messages.exchange import IncomingRequest
from wechatpay_chain.gateway.simulation.bills.text import yuan
from wechatpay_chain.messages import canonical

SHARED = {"settle_info": {"profit_sharing": True}}
STAFF = {"type": "MERCHANT_ID", "account": "1900000110"}


@pytest.fixture(autouse=True)
def a_day_of_its_own(gateway):
    """A day without earlier entries for each test."""
    gateway.advance(hours=24)
    return gateway.state.clock.date()


@pytest.fixture
def today(a_day_of_its_own):
    return a_day_of_its_own


def rejected(call, *arguments, **options):
    with pytest.raises(APIError) as caught:
        call(*arguments, **options)
    return caught.value


def refund(wxpay, order, fen, **changes):
    body = {
        "out_trade_no": order["out_trade_no"],
        "out_refund_no": new_number("R"),
        "amount": {"refund": fen, "total": order["total"], "currency": "CNY"},
        **changes,
    }
    return wxpay.v3.refund.domestic.refunds.post(json=body).json()


def fen(text):
    whole, _, rest = text.partition(".")
    assert len(rest) == 2
    return int(whole) * 100 + (-int(rest) if whole.startswith("-") else int(rest))


def read(text):
    """Return the rows and totals of a bill by heading."""
    heading, *rows, totals_heading, totals = text.split("\n")[:-1]
    assert all(line.startswith("`") for line in (*rows, totals))
    plain = [line[1:].split(",`") for line in (*rows, totals)]
    made = [dict(zip(heading.split(","), row, strict=True)) for row in plain[:-1]]
    return made, dict(zip(totals_heading.split(","), plain[-1], strict=True))


def download(wxpay, path, **query):
    told = wxpay.chain(path).get(query=query).json()
    answer = wxpay[told["download_url"]].get()
    assert not answer.verified
    content = answer.content
    if query.get("tar_type") == "GZIP":
        content = gzip.decompress(content)
    assert told["hash_type"] == "SHA1"
    assert told["hash_value"] == hashlib.sha1(content).hexdigest()
    return content.decode()


def trades(wxpay, day, **query):
    return read(download(wxpay, "v3/bill/tradebill", bill_date=day, **query))


def flow(wxpay, day, **query):
    return read(download(wxpay, "v3/bill/fundflowbill", bill_date=day, **query))


def entries(gateway, day, *kinds):
    return [each for each in gateway.state.ledger.entries(day) if each["kind"] in kinds]


def micropay(gateway, wxpay):
    body = {
        "appid": gateway.identity.appid,
        "mch_id": gateway.identity.mchid,
        "body": "by code",
        "out_trade_no": new_number("M"),
        "total_fee": 7,
        "auth_code": new_code(),
        "spbill_create_ip": "127.0.0.1",
    }
    return wxpay.v2.pay.micropay.post(xml=body).xml()["out_trade_no"]


def reverse(gateway, wxpay, number):
    identity = gateway.identity
    body = {"appid": identity.appid, "mch_id": identity.mchid, "out_trade_no": number}
    wxpay.v2.secapi.pay.reverse.post(xml=body, security=True)


def a_busy_day(gateway, wxpay):
    first = paid(gateway, wxpay, 12_345, attach="a,b\nc", description="one, two")
    by_v2 = paid_by_v2(gateway, wxpay, 1)
    partner = paid_to_partner(gateway, wxpay, 100)
    refunds = [refund(wxpay, first, each) for each in (5, 67, 300, 4000)]
    refund(wxpay, partner, 99, **SUB)
    control(gateway, f"refunds/{refunds[1]['out_refund_no']}/fail")
    control(gateway, f"refunds/{refunds[2]['out_refund_no']}/close")
    control(gateway, f"refunds/{refunds[3]['out_refund_no']}/succeed")
    reverse(gateway, wxpay, micropay(gateway, wxpay))
    return first, by_v2, partner, refunds


def test_the_trade_bill_is_the_ledgers_day(gateway, wxpay, today):
    first, by_v2, partner, refunds = a_busy_day(gateway, wxpay)
    gateway.advance(hours=24)
    paid(gateway, wxpay, 999)  # on the next day
    rows, totals = trades(wxpay, today)
    payments, refunded = (
        entries(gateway, today, *kinds) for kinds in (["payment"], ["refund", "reverse"])
    )
    assert len(rows) == len(payments) + len(refunded) == 10
    assert sum(fen(row["订单金额"]) for row in rows) == sum(each["amount"] for each in payments)
    asked = sum(fen(row["申请退款金额"]) for row in rows)
    assert asked == sum(each["amount"] for each in refunded)
    assert totals == {
        "总交易单数": "10",
        "应结订单总金额": "124.53",
        "退款总金额": "44.78",
        "充值券退款总金额": "0.00",
        "手续费总金额": "0.00000",
        "订单总金额": "124.53",
        "申请退款总金额": "44.78",
    }
    row = next(row for row in rows if row["商户订单号"] == first["out_trade_no"])
    assert row["交易时间"].startswith(f"{today} ")
    assert row["公众账号ID"] == gateway.identity.appid
    assert (row["商户号"], row["特约商户号"]) == (gateway.identity.mchid, "0")
    assert (row["微信订单号"], row["用户标识"]) == (first["transaction_id"], first["openid"])
    assert (row["交易类型"], row["交易状态"], row["货币种类"]) == ("NATIVE", "SUCCESS", "CNY")
    assert (row["应结订单金额"], row["退款金额"], row["微信退款单号"]) == ("123.45", "0.00", "0")
    assert (row["商品名称"], row["商户数据包"]) == ("one, two", "a,b\\nc")
    states = {row["商户退款单号"]: row["退款状态"] for row in rows if row["交易状态"] == "REFUND"}
    assert [states[each["out_refund_no"]] for each in refunds] == [
        "SUCCESS",
        "CHANGE",
        "FAIL",
        "SUCCESS",
    ]
    revoked = next(row for row in rows if row["交易状态"] == "REVOKED")
    assert (revoked["申请退款金额"], revoked["微信退款单号"]) == ("0.07", "0")
    whose = {row["商户订单号"]: row["特约商户号"] for row in rows}
    assert whose[partner["out_trade_no"]] == SUB["sub_mchid"]
    assert whose[by_v2["out_trade_no"]] == "0"


def test_bills_of_one_kind(gateway, wxpay, today):
    *_, refunds = a_busy_day(gateway, wxpay)
    rows, totals = trades(wxpay, today, bill_type="SUCCESS")
    assert {row["交易状态"] for row in rows} == {"SUCCESS"}
    assert "退款金额" not in rows[0]
    assert totals == {
        "总交易单数": "4",
        "应结订单总金额": "124.53",
        "手续费总金额": "0.00000",
        "订单总金额": "124.53",
    }
    rows, totals = trades(wxpay, today, bill_type="REFUND")
    assert {row["交易状态"] for row in rows} == {"REFUND", "REVOKED"}
    assert totals["申请退款总金额"] == "44.78"
    by_number = {row["商户退款单号"]: row for row in rows}
    assert by_number[refunds[0]["out_refund_no"]]["退款成功时间"] == ""
    assert by_number[refunds[3]["out_refund_no"]]["退款成功时间"].startswith(today)
    rows, _ = trades(wxpay, today, **SUB)
    assert [row["订单金额"] for row in rows] == ["1.00", "0.00"]
    for kind in ("RECHARGE_REFUND", "ALL_SPECIAL"):
        error = rejected(trades, wxpay, today, bill_type=kind)
        assert (error.status_code, error.code) == (400, "NO_STATEMENT_EXIST")


def test_the_headings_are_wechat_pays(gateway, wxpay, today):
    paid(gateway, wxpay, 100)
    heading = download(wxpay, "v3/bill/tradebill", bill_date=today).split("\n")[0]
    assert heading == (
        "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,"
        "交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,"
        "充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,"
        "费率备注"
    )
    text = download(wxpay, "v3/bill/fundflowbill", bill_date=today)
    assert text.split("\n")[0] == (
        "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),"
        "账户结余(元),资金变更提交申请人,备注,业务凭证号"
    )
    assert text.endswith("\n")


def test_the_fund_flow_adds_up_to_the_account(gateway, wxpay, today):
    ledger = gateway.state.ledger
    before = sum(ledger.balance(name) for name in ("merchant", "frozen"))
    *_, refunds = a_busy_day(gateway, wxpay)
    shared = paid(gateway, wxpay, 5000, **SHARED)
    appid = gateway.identity.appid
    wxpay.v3.profitsharing.receivers.add.post(
        json={**STAFF, "appid": appid, "relation_type": "SUPPLIER"}
    )
    made = wxpay.v3.profitsharing.orders.post(
        json={
            "appid": appid,
            "transaction_id": shared["transaction_id"],
            "out_order_no": new_number("S"),
            "receivers": [{**STAFF, "amount": 70, "description": "share"}],
            "unfreeze_unsplit": True,
        }
    ).json()
    wxpay.v3.profitsharing.returnOrders.post(
        json={
            "order_id": made["order_id"],
            "out_return_no": new_number("B"),
            "return_mchid": STAFF["account"],
            "amount": 20,
            "description": "back",
        }
    )
    after = sum(ledger.balance(name) for name in ("merchant", "frozen"))
    gateway.advance(hours=24)
    rows, totals = flow(wxpay, today)
    came, went = (
        [fen(row["收支金额(元)"]) for row in rows if row["收支类型"] == way]
        for way in ("收入", "支出")
    )
    assert sum(came) - sum(went) == after - before
    assert fen(rows[-1]["账户结余(元)"]) == after
    balance = before
    for row in rows:
        balance += fen(row["收支金额(元)"]) * (1 if row["收支类型"] == "收入" else -1)
        assert fen(row["账户结余(元)"]) == balance
    assert totals == {
        "资金流水总笔数": str(len(rows)),
        "收入笔数": str(len(came)),
        "收入金额": f"{sum(came) // 100}.{sum(came) % 100:02}",
        "支出笔数": str(len(went)),
        "支出金额": f"{sum(went) // 100}.{sum(went) % 100:02}",
    }
    row = next(row for row in rows if row["业务凭证号"] == refunds[0]["out_refund_no"])
    assert (row["微信支付业务单号"], row["资金流水单号"]) == (
        refunds[0]["refund_id"],
        refunds[0]["transaction_id"],
    )
    assert (row["业务名称"], row["备注"]) == ("退款", "退款总金额0.05元;含手续费0.00元")
    assert [row["业务类型"] for row in rows[-3:]] == ["交易", "分账", "分账回退"]
    rows, _ = flow(wxpay, today, **SUB)
    assert [row["收支金额(元)"] for row in rows] == ["1.00", "0.99"]


def test_transfers_are_on_the_account_they_are_paid_from(gateway, wxpay, today):
    body = {
        "appid": gateway.identity.appid,
        "out_bill_no": new_number("T"),
        "transfer_scene_id": "1000",
        "openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o",
        "transfer_amount": 250,
        "transfer_remark": "thanks",
        "transfer_scene_report_infos": [{"info_type": "a", "info_content": "b"}],
    }
    made = wxpay.v3.fundApp.mchTransfer.transferBills.post(json=body).json()
    gateway.advance(hours=25)  # without a confirmation, and without a query
    rows, _ = flow(wxpay, today, account_type="OPERATION")
    assert [(row["业务类型"], row["账户结余(元)"]) for row in rows] == [
        ("充值", "2.50"),
        ("商家转账", "0.00"),
    ]
    assert rows[1]["业务凭证号"] == body["out_bill_no"]
    tomorrow = datetime.date.fromisoformat(today) + datetime.timedelta(days=1)
    rows, totals = flow(wxpay, tomorrow.isoformat(), account_type="OPERATION")
    assert [(row["业务类型"], row["微信支付业务单号"]) for row in rows] == [
        ("商家转账退回", made["transfer_bill_no"])
    ]
    assert totals["收入金额"] == "2.50"
    assert rejected(flow, wxpay, today, account_type="FEES").code == "NO_STATEMENT_EXIST"
    assert rejected(flow, wxpay, today).code == "NO_STATEMENT_EXIST"


def test_a_packed_bill_has_the_digest_of_what_is_in_it(gateway, wxpay, today):
    paid(gateway, wxpay, 100)
    plain = download(wxpay, "v3/bill/tradebill", bill_date=today)
    assert download(wxpay, "v3/bill/tradebill", bill_date=today, tar_type="GZIP") == plain


def test_a_bill_goes_to_a_file(gateway, wxpay, today, tmp_path):
    paid(gateway, wxpay, 100)
    told = wxpay.v3.bill.tradebill.get(query={"bill_date": today}).json()
    assert told["download_url"].startswith(f"{gateway.tls_base_uri}v3/billdownload/file?token=")
    wxpay[told["download_url"]].get(sink=tmp_path / "bill.csv")
    with (tmp_path / "bill.csv").open("rb") as file:
        assert hashlib.file_digest(file, "sha1").hexdigest() == told["hash_value"]


def test_the_address_is_the_one_that_the_client_knows(gateway, wxpay, today):
    paid(gateway, wxpay, 100)
    with gateway.client(tls=True) as secure:
        rows, _ = trades(secure, today)
        assert len(rows) == 1
        told = secure.v3.bill.tradebill.get(query={"bill_date": today}).json()
        assert told["download_url"].startswith(gateway.tls_base_uri)


@pytest.mark.parametrize("host", ["[", "a/b", "a:b", "", None])
def test_a_client_that_does_not_know_the_address(gateway, wxpay, today, host):
    paid(gateway, wxpay, 100)
    identity, target = gateway.identity, f"/v3/bill/tradebill?bill_date={today}"
    stamp, nonce = canonical.timestamp(), canonical.nonce()
    signature = rsa.sign(canonical.request("GET", target, stamp, nonce), identity.merchant_key)
    parts = (identity.mchid, nonce, signature, stamp, identity.serial)
    headers = {**ASKING, "Authorization": canonical.authorization(*parts), "Host": host}
    sent = {name: value for name, value in headers.items() if value is not None}
    answer = gateway.answer(IncomingRequest("GET", target, sent, b""))
    assert json.loads(answer.body)["download_url"].startswith(gateway.base_uri)


def test_an_address_is_good_for_five_minutes(gateway, wxpay, today):
    paid(gateway, wxpay, 100)
    ask = wxpay.v3.bill.tradebill.get
    told = ask(query={"bill_date": today}).json()
    gateway.advance(minutes=5)
    for url in (told["download_url"], "v3/billdownload/file?token=nobody"):
        error = rejected(wxpay[url].get)
        assert (error.status_code, error.code) == (400, "INVALID_REQUEST")
    ask(query={"bill_date": today})
    assert gateway.state.store.count("bill") == gateway.state.store.count("bill-text") == 1


@pytest.mark.parametrize("path", ["v3/bill/tradebill", "v3/bill/fundflowbill"])
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "/bill_date"),
        ({"bill_date": ""}, "/bill_date"),
        ({"bill_date": "20260101"}, "/bill_date"),
        ({"bill_date": "2026-1-1"}, "/bill_date"),
        ({"bill_date": "2026-02-30"}, "/bill_date"),
        ({"bill_date": "9999-12-31"}, "/bill_date"),
        ({"bill_date": "2020-01-01"}, "/bill_date"),
        ({"tar_type": "ZIP"}, "/tar_type"),
        ({"bill_type": "NONE", "account_type": "NONE"}, "/"),
    ],
)
def test_bills_that_there_cannot_be(wxpay, path, query, field):
    error = rejected(wxpay.chain(path).get, query=query)
    assert (error.status_code, error.code) == (400, "PARAM_ERROR")
    assert error.detail["field"].startswith(field)
    assert error.detail["location"] == "query"


def test_a_day_without_anything(wxpay, today):
    for path in ("v3/bill/tradebill", "v3/bill/fundflowbill"):
        error = rejected(wxpay.chain(path).get, query={"bill_date": today})
        assert (error.status_code, error.code) == (400, "NO_STATEMENT_EXIST")


# APIv2


def ask_v2(gateway, wxpay, path, **fields):
    identity = gateway.identity
    xml = {"appid": identity.appid, "mch_id": identity.mchid, **fields}
    return wxpay.chain(path).post(xml=xml, security="fundflow" in path)


def test_v2_is_the_same_bill_as_text(gateway, wxpay, today):
    a_busy_day(gateway, wxpay)
    day = today.replace("-", "")
    answer = ask_v2(gateway, wxpay, "v2/pay/downloadbill", bill_date=day, bill_type="ALL")
    plain = download(wxpay, "v3/bill/tradebill", bill_date=today)
    assert answer.content.decode() == "\ufeff" + plain.replace("\n", "\r\n")
    packed = ask_v2(gateway, wxpay, "v2/pay/downloadbill", bill_date=day, tar_type="GZIP")
    assert gzip.decompress(packed.content) == answer.content
    only = {"bill_date": day, "bill_type": "SUCCESS", "sub_mch_id": SUB["sub_mchid"]}
    rows, _ = read(ask_v2(gateway, wxpay, "v2/pay/downloadbill", **only).content.decode()[1:])
    assert [row["订单金额"] for row in rows] == ["1.00"]
    funds = {"bill_date": day, "account_type": "Basic", "sign_type": "HMAC-SHA256"}
    answer = ask_v2(gateway, wxpay, "v2/pay/downloadfundflow", **funds)
    plain = download(wxpay, "v3/bill/fundflowbill", bill_date=today)
    assert answer.content.decode("utf-8-sig").replace("\r\n", "\n") == plain


def test_v2_without_anything(gateway, wxpay, today):
    day = today.replace("-", "")
    error = rejected(ask_v2, gateway, wxpay, "v2/pay/downloadbill", bill_date=day)
    assert "No Bill Exist" in str(error)
    assert b"<error_code>20002</error_code>" in error.response.content
    funds = {"bill_date": day, "account_type": "Basic", "sign_type": "HMAC-SHA256"}
    error = rejected(ask_v2, gateway, wxpay, "v2/pay/downloadfundflow", **funds)
    assert error.code == "NO_BILL_EXIST"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"bill_date": "2026-01-01"}, "invalid bill_date"),
        ({"bill_date": "99991231"}, "invalid bill_date"),
        ({"bill_type": "NONE"}, "invalid bill_type"),
        ({"tar_type": "ZIP"}, "invalid tar_type"),
    ],
)
def test_v2_bills_that_there_cannot_be(gateway, wxpay, today, fields, words):
    given = {"bill_date": today.replace("-", ""), **fields}
    error = rejected(ask_v2, gateway, wxpay, "v2/pay/downloadbill", **given)
    assert words in str(error)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"bill_date": "2026-01-01"}, "/bill_date"),
        ({"account_type": "Secret"}, "/account_type"),
        ({"account_type": ""}, "/account_type"),
        ({"tar_type": "ZIP"}, "/tar_type"),
        ({"sign_type": "MD5"}, "HMAC-SHA256"),
    ],
)
def test_v2_fund_flows_that_there_cannot_be(gateway, wxpay, today, fields, words):
    given = {
        "bill_date": today.replace("-", ""),
        "account_type": "Basic",
        "sign_type": "HMAC-SHA256",
        **fields,
    }
    error = rejected(ask_v2, gateway, wxpay, "v2/pay/downloadfundflow", **given)
    assert words in str(error)


@given(st.integers())
def test_yuan_are_exact(amount):
    whole, _, rest = yuan(amount).rpartition(".")
    assert len(rest) == 2
    assert int(whole + rest) == amount
