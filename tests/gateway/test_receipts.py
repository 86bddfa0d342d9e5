"""Receipts of transfers: applied for, made, downloaded as PDF files, and their digests."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.gateway.support import SUB
from tests.gateway.test_transfer_batches import DIRECT as BATCHES
from tests.gateway.test_transfer_batches import PLATFORM, batch, reserve, reserved_batch
from tests.gateway.test_transfers import DIRECT, PARTNERS, bill, create, rejected
from wechatpay_chain import Sensitive
from wechatpay_chain.crypto import digest

ELECSIGN = "v3/fund-app/mch-transfer/elecsign"
NAMED = {"user_name": Sensitive("张三")}


def text_of(pdf: bytes) -> list[str]:
    """Return the lines of a PDF file, after a check of its cross-reference table."""
    assert pdf.startswith(b"%PDF-1.4\n")
    assert pdf.endswith(b"%%EOF\n")
    start = int(re.findall(rb"startxref\n(\d+)\n", pdf)[0])
    head, _, *entries = pdf[start:].split(b"trailer")[0].splitlines()[1:]
    assert int(head.split()[1]) == len(entries) + 1
    for number, entry in enumerate(entries, 1):
        assert pdf[int(entry[:10]) :].startswith(b"%d 0 obj\n" % number)
    (length, drawn) = re.findall(rb"/Length (\d+) >>\nstream\n(.*?)\nendstream", pdf, re.DOTALL)[0]
    assert int(length) == len(drawn)
    return [
        bytes.fromhex(each.decode()).decode("utf-16-be") for each in re.findall(rb"<(.*?)>", drawn)
    ]


def downloaded(wxpay: Any, receipt: dict[str, Any]) -> list[str]:
    """Return the lines of a receipt, after a check of its file's digest."""
    response = wxpay[receipt["download_url"]].get()
    assert response.headers["Content-Type"] == "application/octet-stream"
    kind = receipt["hash_type"].lower()
    assert digest.hexdigest(kind, response.content) == receipt["hash_value"].lower()
    return text_of(response.content)


def transfer(gateway: Any, wxpay: Any, base: str = DIRECT, **changes: Any) -> dict[str, Any]:
    made = create(wxpay, bill(gateway, **{**NAMED, **changes}), base)
    gateway.transfers.confirm(made["out_bill_no"])
    return made


def test_the_receipt_of_a_transfer(gateway, wxpay):
    made = transfer(gateway, wxpay, transfer_remark="新会员有礼")
    number, by_id = made["out_bill_no"], made["transfer_bill_no"]
    path = f"{ELECSIGN}/out-bill-no/{number}"
    assert rejected(wxpay[path].get).code == "NOT_FOUND"
    apply = wxpay[f"{ELECSIGN}/out-bill-no"]
    applied = apply.post(json={"out_bill_no": number}).json()
    assert applied["state"] == "GENERATING"
    assert "download_url" not in wxpay[path].get().json()
    gateway.advance(seconds=5)
    receipt = wxpay[path].get().json()
    assert (receipt["state"], receipt["create_time"]) == ("FINISHED", applied["create_time"])
    lines = downloaded(wxpay, receipt)
    assert f"商户单号: {number}" in lines
    assert "转账金额: 1.00 元" in lines
    assert "转账备注: 新会员有礼" in lines
    again = wxpay[f"{ELECSIGN}/transfer-bill-no"].post(json={"transfer_bill_no": by_id}).json()
    assert (again["state"], again["create_time"]) == ("FINISHED", applied["create_time"])
    assert wxpay[f"{ELECSIGN}/transfer-bill-no/{by_id}"].get().json() == receipt
    gateway.advance(minutes=10)
    assert rejected(wxpay[receipt["download_url"]].get).code == "INVALID_REQUEST"
    renewed = wxpay[path].get().json()
    assert renewed["download_url"] != receipt["download_url"]
    assert downloaded(wxpay, renewed) == lines
    gateway.advance(hours=90 * 24)
    assert rejected(wxpay[path].get).code == "NOT_FOUND"
    assert apply.post(json={"out_bill_no": number}).json()["state"] == "GENERATING"


def test_what_has_no_receipt(gateway, wxpay):
    apply = wxpay[f"{ELECSIGN}/out-bill-no"]
    waiting = create(wxpay, bill(gateway, **NAMED))["out_bill_no"]
    nameless = create(wxpay, bill(gateway))["out_bill_no"]
    gateway.transfers.confirm(nameless)
    for number in (waiting, nameless):
        assert rejected(apply.post, json={"out_bill_no": number}).code == "INVALID_REQUEST"
    assert rejected(apply.post, json={"out_bill_no": "nothing"}).code == "NOT_FOUND"
    number = transfer(gateway, wxpay)["out_bill_no"]
    apply.post(json={"out_bill_no": number})
    gateway.transfer_receipts.fail(f"bill-{number}", "PAYER_ACCOUNT_ABNORMAL")
    shown = wxpay[f"{ELECSIGN}/out-bill-no/{number}"].get().json()
    assert (shown["state"], shown["fail_reason"]) == ("FAILED", "PAYER_ACCOUNT_ABNORMAL")
    with pytest.raises(LookupError, match="FAILED"):
        gateway.transfer_receipts.finish(f"bill-{number}")
    query = {"token": "nothing", "source": "BATCH_TRANSFER"}
    for path in ("signfile", "elecvoucherfile"):
        assert rejected_unsigned(wxpay[f"v3/transferdownload/{path}"].get, query=query)


def rejected_unsigned(call: Any, **options: Any) -> bool:
    from wechatpay_chain import APIError

    with pytest.raises(APIError, match="INVALID_REQUEST"):
        call(**options)
    return True


def test_the_receipt_of_a_sub_merchants_transfer(gateway, wxpay):
    number = transfer(gateway, wxpay, PARTNERS[0], **SUB)["out_bill_no"]
    base = "v3/fund-app/mch-transfer/partner/electronic-receipts"
    applied = wxpay.chain(base).post(json={**SUB, "out_bill_no": number}).json()
    assert applied["state"] == "GENERATING"
    gateway.transfer_receipts.finish(f"bill-{number}")
    receipt = wxpay[f"{base}/{number}"].get(query=SUB).json()
    assert receipt["hash_type"] in ("SM3", "SHA256")
    assert downloaded(wxpay, receipt)[0] == "微信支付电子回单"
    other = {"sub_mchid": "1900000111"}
    assert rejected(wxpay[f"{base}/{number}"].get, query=other).code == "NOT_FOUND"


def test_the_receipts_of_a_batch_and_its_details(gateway, wxpay):
    body = batch(gateway, 100, 200)
    body["transfer_detail_list"][0] |= NAMED
    named, nameless = (each["out_detail_no"] for each in body["transfer_detail_list"])
    create(wxpay, body, BATCHES)
    number = body["out_batch_no"]
    of_batch = wxpay["v3/transfer/bill-receipt"]
    assert rejected(of_batch.post, json={"out_batch_no": number}).code == "INVALID_REQUEST"
    gateway.transfer_batches.finish(number)
    applied = of_batch.post(json={"out_batch_no": number}).json()
    assert applied["signature_status"] == "ACCEPTED"
    detail = {"accept_type": "BATCH_TRANSFER", "out_batch_no": number, "out_detail_no": named}
    of_detail = wxpay["v3/transfer-detail/electronic-receipts"]
    of_detail.post(json=detail)
    other = {**detail, "out_detail_no": nameless}
    assert rejected(of_detail.post, json=other).code == "INVALID_REQUEST"
    bank = {**detail, "accept_type": "TRANSFER_TO_BANK"}
    assert rejected(of_detail.post, json=bank).code == "INVALID_REQUEST"
    gateway.advance(seconds=5)
    receipt = wxpay[f"v3/transfer/bill-receipt/{number}"].get().json()
    assert receipt["signature_no"] == applied["signature_no"]
    assert "成功金额: 3.00 元" in downloaded(wxpay, receipt)
    receipt = of_detail.get(query=detail).json()
    assert "v3/transferdownload/elecvoucherfile?" in receipt["download_url"]
    assert f"商家明细单号: {named}" in downloaded(wxpay, receipt)


def test_the_receipts_of_reserved_transfers(gateway, wxpay):
    made = reserve(gateway, wxpay)
    gateway.transfer_reservations.confirm(made["out_reservation_no"])
    body = reserved_batch(gateway, (made["reservation_id"], 100))
    create(wxpay, body, f"{PLATFORM}/batches/apply")
    number, detail = body["out_batch_no"], body["transfer_detail_list"][0]["out_detail_no"]
    assert rejected(wxpay[f"v3/transfer/bill-receipt/{number}"].get).code == "NOT_FOUND"
    gateway.transfer_batches.finish(number)
    for path, line in (
        (f"summary-receipts/out-batch-no/{number}", "成功笔数: 1"),
        (
            f"detail-receipts/out-batch-no/{number}/out-detail-no/{detail}",
            f"商家明细单号: {detail}",
        ),
    ):
        where = f"{PLATFORM}/batches/{path}"
        applied = wxpay[f"{where}/apply"].post(json=SUB).json()
        assert applied["receipt_state"] == "ACCEPTED"
        gateway.advance(seconds=5)
        receipt = wxpay[where].get(query=SUB).json()
        assert receipt["receipt_state"] == "FINISHED"
        assert line in downloaded(wxpay, receipt)
        assert rejected(wxpay[where].get, query={"sub_mchid": "1900000111"}).code == "NOT_FOUND"
