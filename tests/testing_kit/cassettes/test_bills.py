"""Bills: downloaded, unpacked, decrypted and compared with their digests, all from a cassette."""

from __future__ import annotations

import asyncio
import datetime
import gzip
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.support import SUB, paid, paid_to_partner
from tests.testing_kit.cassettes.calls import PERSON
from wechatpay_chain import WeChatPay, bills
from wechatpay_chain.bills.downloading import days
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.testing import MockTransport, cassette

NOW = datetime.datetime.now(days.CHINA)
DAY = NOW.date() - datetime.timedelta(days=2)
BETWEEN = datetime.datetime.combine(DAY, datetime.time(12), days.CHINA)


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    with Gateway() as gateway:
        gateway.load({"version": 1, "clock": BETWEEN.isoformat()})
        with gateway.client() as wxpay:
            for total in (100, 12_345):
                paid(gateway, wxpay, total, description=f"{PERSON}, 的订单", attach="`,")
                paid_to_partner(gateway, wxpay, total)
        gateway.advance(days=1, hours=6)
        yield gateway


@pytest.fixture(params=["bills.json", "bills.yaml"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param.endswith("yaml"):
        pytest.importorskip("yaml")
    return tmp_path / request.param


KINDS = ("trade", "fund_flow", "sub_merchant_fund_flow", "ecommerce_fund_flow")


def files_of(wxpay: WeChatPay, folder: Path) -> list[Any]:
    folder.mkdir()
    return [
        bills.download(wxpay, DAY, kind=kind, to=folder, **(SUB if kind.startswith("sub") else {}))
        for kind in KINDS
    ]


def test_bills_are_downloaded(gateway: Gateway, path: Path, tmp_path: Path) -> None:
    gateway.set_bills(parts=2)
    with cassette(path) as tape:
        recorded = files_of(tape.client(gateway.client), tmp_path / "recorded")
    gateway.set_bills(parts=1)
    text = path.read_text("utf-8")
    assert PERSON not in text
    assert "商户订单号" in text
    with cassette(path, "none") as tape:
        played = files_of(tape.client(), tmp_path / "played")
        tape.assert_all_played()
    for real, copy in zip(recorded, played, strict=True):
        assert copy.sha1 == hashlib.sha1(copy.path.read_bytes()).hexdigest()
        summaries = [bills.check(each, kind=real.kind) for each in (real, copy)]
        assert summaries[0].count == summaries[1].count > 0
        assert summaries[0].totals == summaries[1].totals
    rows = [list(bills.read(each[0], kind="trade")) for each in (recorded, played)]
    for real, copy in zip(*rows, strict=True):
        assert (real.out_trade_no, real.total) == (copy.out_trade_no, copy.total)
        assert (real.trade_time, real.trade_state) == (copy.trade_time, copy.trade_state)
    assert rows[1][0].description.startswith("hidden-")


def test_bills_are_downloaded_async(gateway: Gateway, path: Path, tmp_path: Path) -> None:
    async def download(wxpay: WeChatPay) -> Any:
        async with wxpay:
            return await bills.download_async(wxpay, DAY, kind="trade", to=tmp_path, force=True)

    with cassette(path) as tape:
        recorded = asyncio.run(download(tape.client(gateway.client)))
    with cassette(path, "none") as tape:
        played = asyncio.run(download(tape.client()))
    assert played.sha1 != recorded.sha1
    assert len(list(bills.read(played))) == len({*bills.read(played)}) >= 2


@pytest.mark.parametrize("packed", [False, True])
def test_a_sink_gets_the_file_of_its_digest(
    gateway: Gateway, path: Path, tmp_path: Path, packed: bool
) -> None:
    def downloaded(wxpay: WeChatPay, name: str) -> tuple[Any, ...]:
        query = {"bill_date": DAY.isoformat(), **({"tar_type": "GZIP"} if packed else {})}
        told = wxpay.v3.bill.tradebill.get(query=query).json()
        response = wxpay[told["download_url"]].get(sink=tmp_path / name)
        content = (tmp_path / name).read_bytes()
        plain = gzip.decompress(content) if packed else content
        assert hashlib.sha1(plain).hexdigest() == told["hash_value"]
        return response.status_code, response.streamed, response.unsigned, plain.count(b"\n")

    with cassette(path) as tape:
        recorded = downloaded(tape.client(gateway.client), "recorded")
    with cassette(path, "none") as tape:
        assert downloaded(tape.client(), "played") == recorded


def test_two_downloads_in_another_order(gateway: Gateway, path: Path) -> None:
    """The token in an address tells one file from another."""

    def addresses(wxpay: WeChatPay) -> list[str]:
        query = {"bill_date": DAY.isoformat()}
        paths = ("v3/bill/tradebill", "v3/bill/fundflowbill")
        return [wxpay[each].get(query=query).json()["download_url"] for each in paths]

    with cassette(path) as tape:
        wxpay = tape.client(gateway.client)
        for address in addresses(wxpay):
            wxpay[address].get()
    with cassette(path, "none") as tape:
        wxpay = tape.client()
        trade, flow = addresses(wxpay)
        assert "记账时间" in wxpay[flow].get().text
        assert "交易时间" in wxpay[trade].get().text


def test_apiv2s_bill(gateway: Gateway, path: Path) -> None:
    fields = {"bill_date": f"{DAY:%Y%m%d}", "bill_type": "ALL"}

    def text(wxpay: WeChatPay) -> str:
        own = {"appid": wxpay.appid, "mch_id": wxpay.mchid}
        return wxpay.v2.pay.downloadbill.post(xml={**own, **fields}).text

    with cassette(path) as tape:
        recorded = text(tape.client(gateway.client))
    with cassette(path, "none") as tape:
        played = text(tape.client())
    assert played.count("\n") == recorded.replace("\r\n", "\n").count("\n") > 3


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("streamed", [False, True])
def test_a_statement_is_signed_by_its_sha1(
    gateway: Gateway, path: Path, tmp_path: Path, packed: bool, streamed: bool
) -> None:
    def rows(wxpay: WeChatPay, base_uri: str) -> int:
        response = wxpay["v3/statements"].get(
            query={"date": f"{DAY:%Y%m%d}", "mchid": wxpay.mchid},
            base_uri=base_uri,
            headers={"Accept-Encoding": "gzip"} if packed else {},
            **({"sink": tmp_path / "statement"} if streamed else {}),
        )
        assert response.verified
        content = (tmp_path / "statement").read_bytes() if streamed else response.content
        return (gzip.decompress(content) if packed else content).count(b"\n")

    with cassette(path) as tape:
        recorded = rows(tape.client(gateway.client), f"{gateway.tls_base_uri}hk/")
    with cassette(path, "none") as tape:
        assert rows(tape.client(), "https://api.mch.weixin.qq.com/hk/") == recorded > 2


@pytest.mark.parametrize("begin", [b"%PDF-1.7", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"other"])
def test_a_file_of_another_kind_is_not_kept(path: Path, tmp_path: Path, begin: bytes) -> None:
    """Nobody can tell what is in a picture or a receipt: its kind and size are all that stays."""
    content = begin + PERSON.encode() * 10
    url = "https://api.mch.weixin.qq.com/v3/transferdownload/signfile?token=abc"
    digest = hashlib.sha256(content).hexdigest()

    def respond(request: Any) -> Any:
        if request.path.endswith("signfile"):
            return 200, content
        return {"download_url": url, "hash_type": "SHA256", "hash_value": digest}

    def downloaded(wxpay: WeChatPay) -> bytes:
        told = wxpay["v3/transfer/bill-receipt/B1"].get().json()
        file = wxpay[told["download_url"]].get().content
        assert hashlib.sha256(file).hexdigest() == told["hash_value"]
        return file

    with cassette(path) as tape:
        assert downloaded(tape.client(MockTransport(respond).client)) == content
    assert PERSON not in path.read_text("utf-8")
    with cassette(path, "none") as tape:
        played = downloaded(tape.client())
    assert len(played) == len(content)
    assert played.startswith(begin[:5]) or begin == b"other"


def test_a_file_that_was_not_downloaded_has_some_digest(path: Path) -> None:
    answer = {"hash_type": "SHA1", "hash_value": "ab" * 20, "download_url": "https://x.cn/a"}
    with cassette(path) as tape:
        tape.client(MockTransport(lambda _: answer).client)["v3/bill/tradebill"].get()
    with cassette(path, "none") as tape:
        played = tape.client()["v3/bill/tradebill"].get().json()
    assert played["hash_value"] == "0" * 40
