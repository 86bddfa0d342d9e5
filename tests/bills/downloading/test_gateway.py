"""Against the gateway, over loopback."""

from __future__ import annotations

import datetime

import pytest

from tests.gateway.support import SUB, paid, paid_to_partner
from wechatpay_chain import (
    APIError,
    BillNotReady,
    ConfigurationError,
    TransportError,
    WeChatPayError,
    bills,
)
from wechatpay_chain.gateway import Gateway


@pytest.fixture(scope="module")
def gateway():
    with Gateway(time_scale=0.001) as gateway:
        with gateway.client(retry=None) as wxpay:
            paid(gateway, wxpay, 12_345, description="one, two")
            paid_to_partner(gateway, wxpay, 100)
        yield gateway


@pytest.fixture
def wxpay(gateway):
    with gateway.client(retry=None) as wxpay:
        yield wxpay


@pytest.fixture
def today(gateway):
    return datetime.date.fromisoformat(gateway.state.clock.date())


def plain(wxpay, path, today):
    told = wxpay[path].get(query={"bill_date": today.isoformat()}).json()
    return wxpay[told["download_url"]].get().content


def test_bills_by_apiv3(wxpay, today, download, tmp_path):
    for kind, path in (("trade", "v3/bill/tradebill"), ("fund_flow", "v3/bill/fundflowbill")):
        file = download(wxpay, today, kind=kind, to=tmp_path)
        assert file.path.read_bytes() == plain(wxpay, path, today)
    assert download(wxpay, today, type="REFUND", to=tmp_path).empty
    assert download(wxpay, today, kind="fund_flow", type="FEES", to=tmp_path).empty


def test_bills_by_apiv2(gateway, wxpay, today, download, tmp_path):
    options = {"api": "v2", "appid": gateway.identity.appid, "to": tmp_path}
    for kind, path in (("trade", "v3/bill/tradebill"), ("fund_flow", "v3/bill/fundflowbill")):
        file = download(wxpay, today, kind=kind, **options)
        text = file.path.read_bytes().removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
        assert text == plain(wxpay, path, today)
        assert file.path.name.startswith(f"{kind}-v2-")
        assert download(wxpay, today, kind=kind, **options) == file
    yesterday = today - datetime.timedelta(days=1)
    assert download(wxpay, yesterday, **options).empty
    assert download(wxpay, yesterday, kind="fund_flow", **options).empty
    with pytest.raises(APIError, match="bill_date"):
        download(wxpay, today - datetime.timedelta(days=400), **options)


def test_a_gateway_has_its_own_clock(gateway, wxpay, download, tmp_path):
    gateway.advance(hours=48)
    tomorrow = datetime.date.fromisoformat(gateway.state.clock.date())
    assert download(wxpay, tomorrow, to=tmp_path).empty
    paid(gateway, wxpay, 7)
    assert not download(wxpay, tomorrow, to=tmp_path).empty


def test_over_tls(gateway, download, today, tmp_path):
    with gateway.client(tls=True) as secure:
        paid(gateway, secure, 7)
        assert not download(secure, today, to=tmp_path).empty


def test_several_at_once(gateway, wxpay, today, download, tmp_path):
    paid(gateway, wxpay, 7)
    days = [today - datetime.timedelta(days=number) for number in range(20)]
    files = download(wxpay, days, kind="trade", to=tmp_path, concurrency=8)
    assert [each.date for each in files] == days
    assert not files[0].empty
    assert files[19].empty


def test_faults_on_the_way(gateway, wxpay, today, download, tmp_path):
    with gateway.client() as steady:
        paid(gateway, steady, 7)
        for fault in ("reset", "truncate", "frequency_limit"):
            gateway.faults.add("v3/billdownload/*", fault, times=1)
            assert not download(steady, today, to=tmp_path, force=True).empty
        gateway.faults.add("v3/billdownload/*", "reset")
        with pytest.raises(TransportError):
            download(steady, today, to=tmp_path / "other")
        gateway.faults.clear()
    assert list((tmp_path / "other").iterdir()) == []


def test_without_the_merchants_certificate_apiv2s_fund_flow_is_not_asked_for(
    gateway, today, download, tmp_path
):
    with (
        gateway.client(merchant=None) as bare,
        pytest.raises(ConfigurationError, match="merchant"),
    ):
        download(
            bare,
            today,
            kind="fund_flow",
            api="v2",
            appid=gateway.identity.appid,
            to=tmp_path,
        )
    assert list(tmp_path.iterdir()) == []


def test_encrypted_bills_in_parts(gateway, wxpay, today, download, tmp_path):
    gateway.set_bills(parts=3)
    for total in (100, 2_000, 30_000):
        paid_to_partner(gateway, wxpay, total)
    of_one = {"kind": "sub_merchant_fund_flow", **SUB}
    file = download(wxpay, today, to=tmp_path, **of_one)
    gateway.set_bills(parts=1)
    again = download(wxpay, today, to=tmp_path, **of_one)
    assert again == file
    assert {100, 2_000, 30_000} <= {row.amount for row in bills.read(file)}
    everybodys = download(wxpay, today, kind="ecommerce_fund_flow", to=tmp_path)
    assert not everybodys.empty


def test_a_bill_that_is_not_ready(gateway, wxpay, today, download, tmp_path):
    paid(gateway, wxpay, 7)
    gateway.set_bills(next_day=True)
    try:
        with pytest.raises(BillNotReady):
            download(wxpay, today, to=tmp_path)
    finally:
        gateway.set_bills(next_day=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("api", "abroad"),
    [("global", "https://apihk.mch.weixin.qq.com/"), ("hk", "https://api.mch.weixin.qq.com/hk/")],
)
def test_statements(gateway, wxpay, today, download, tmp_path, api, abroad):
    paid(gateway, wxpay, 12_345)
    with gateway.client(base_uri=gateway.base_uris[abroad]) as client:
        file = download(client, today, kind="statement", api=api, to=tmp_path)
        assert "12345" in file.path.read_text() or "123.45" in file.path.read_text()
        gateway.faults.add("*/statements", "wrong_body")
        with pytest.raises(WeChatPayError):
            download(client, today, kind="statement", api=api, to=tmp_path / "other")
        gateway.faults.clear()
    assert list((tmp_path / "other").iterdir()) == []
