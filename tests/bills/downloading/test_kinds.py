"""What is asked for, and what is refused before anything is sent."""

from __future__ import annotations

import datetime

import pytest

from wechatpay_chain import ConfigurationError, Merchants, SignatureError, bills, catalogue
from wechatpay_chain.bills.downloading import days
from wechatpay_chain.bills.downloading.kinds import OPERATIONS, Form, SubMerchant

from .conftest import DAY, NOON
from .office import TEXT, packed

SUB = "1900000209"
FIXED = {"tar_type": "GZIP"}
SEALED = {**FIXED, "algorithm": "AEAD_AES_256_GCM"}


@pytest.mark.parametrize("each", OPERATIONS, ids=lambda each: f"{each.kind} {each.api}")
def test_the_catalogue_has_the_operation_with_these_parameters(each):
    path = each.path.removeprefix("hk/")
    found = catalogue.find("POST" if each.api == "v2" else "GET", path)
    assert found is not None
    assert found.safe  # so that the client repeats it
    given = {member.name: member for member in (*found.variables, *found.query, *found.body)}
    assert set(each.fixed) <= given.keys()
    if each.types:
        values = given[each.type_parameter].enum
        assert {value.upper() for value in values} == set(each.types)
    sub = given.get("sub_mchid")
    if each.api == "v3":
        assert (sub is None) == (each.sub_mchid is SubMerchant.NONE)
        assert sub is None or sub.required == (each.sub_mchid is SubMerchant.REQUIRED)
    told = {member.name for member in found.response}
    assert ("download_url" in told) == (each.form is Form.ADDRESS)
    assert ("download_bill_list" in told) == (each.form is Form.PARTS)
    assert found.security == (each.kind == "fund_flow" and each.api == "v2")


@pytest.mark.parametrize(
    ("options", "path", "query"),
    [
        ({"kind": "trade"}, "/v3/bill/tradebill", {"bill_type": "ALL"}),
        (
            {"kind": "trade", "type": "REFUND", "sub_mchid": SUB},
            "/v3/bill/tradebill",
            {"bill_type": "REFUND", "sub_mchid": SUB},
        ),
        ({"kind": "fund_flow"}, "/v3/bill/fundflowbill", {"account_type": "BASIC"}),
        (
            {"kind": "fund_flow", "type": "FEES"},
            "/v3/bill/fundflowbill",
            {"account_type": "FEES"},
        ),
        ({"kind": "profit_sharing"}, "/v3/profitsharing/bills", {}),
        (
            {"kind": "profit_sharing", "sub_mchid": SUB},
            "/v3/profitsharing/bills",
            {"sub_mchid": SUB},
        ),
        ({"kind": "withdraw"}, "/v3/merchant/fund/withdraw/bill-type/NO_SUCC", {}),
    ],
)
def test_applications(office, download, tmp_path, options, path, query):
    file = download(office.client(), DAY, to=tmp_path, **options)
    assert file.path.read_bytes() == TEXT
    assert office.requests[0].path == path
    assert office.applications == [{"bill_date": "2026-11-25", **FIXED, **query}]
    parts = [file.kind, file.type, "1900000109", file.sub_mchid, "2026-11-25"]
    assert file.path.name == "-".join(filter(None, parts)) + ".csv"


def test_a_bill_of_payments_abroad_is_not_packed(office, download, tmp_path):
    download(office.client(), DAY, kind="funds_to_oversea", to=tmp_path)
    assert office.applications == [{"bill_date": "2026-11-25"}]


@pytest.mark.parametrize(
    ("options", "base_uri", "url", "query"),
    [
        (
            {},
            "https://api.mch.weixin.qq.com/",
            "https://apihk.mch.weixin.qq.com/v3/global/statements",
            {"mchid": "1900000109"},
        ),
        (
            {"institution": True},
            "https://apihk.mch.weixin.qq.com/",
            "https://apihk.mch.weixin.qq.com/v3/global/statements",
            {"sp_mchid": "1900000109"},
        ),
        (
            {"sub_mchid": SUB},
            "https://apius.mch.weixin.qq.com/",
            "https://apius.mch.weixin.qq.com/v3/global/statements",
            {"sp_mchid": "1900000109", "sub_mchid": SUB},
        ),
        (
            {"api": "hk"},
            "https://api.mch.weixin.qq.com/",
            "https://api.mch.weixin.qq.com/hk/v3/statements",
            {"mchid": "1900000109"},
        ),
        (
            {"api": "hk"},
            "https://api.mch.weixin.qq.com/hk/",
            "https://api.mch.weixin.qq.com/hk/v3/statements",
            {"mchid": "1900000109"},
        ),
    ],
)
def test_statements(office, download, tmp_path, options, base_uri, url, query):
    client = office.client(base_uri=base_uri)
    file = download(client, DAY, kind="statement", to=tmp_path, **options)
    assert file.path.read_bytes() == TEXT
    assert office.requests[0].url.partition("?")[0] == url
    assert office.applications == [{"date": "20261125", **query}]
    assert download(client, DAY, kind="statement", to=tmp_path, **options) == file
    assert len(office.requests) == 1


def test_a_statement_whose_signed_digest_differs_is_not_kept(office, download, tmp_path):
    office.sent = lambda number, content: packed(TEXT.replace(b"0.01", b"9.99"))
    with pytest.raises(SignatureError):
        download(office.client(), DAY, kind="statement", to=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_day_without_a_statement(office, download, tmp_path):
    office.refused = lambda query, number: (400, "NO_STATEMENT_EXIST")
    assert download(office.client(), DAY, kind="statement", to=tmp_path).empty


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"kind": "trades"}, "one of trade, fund_flow"),
        ({"kind": None}, "one of trade"),
        ({"type": "BASIC"}, "one of ALL, SUCCESS"),
        ({"type": "all"}, "one of ALL, SUCCESS"),
        ({"kind": "profit_sharing", "type": "ALL"}, "expected none"),
        ({"api": "v4"}, "'v3' or 'v2'"),
        ({"kind": "profit_sharing", "api": "v2"}, "available from 'v3'"),
        ({"kind": "statement", "api": "v3"}, "'global' or 'hk'"),
        ({"api": "v2"}, "appid"),
        ({"api": "v2", "appid": "a b"}, "appid"),
        ({"api": "v2", "appid": "wx1", "type": "ALL_SPECIAL"}, "one of ALL"),
        ({"kind": "sub_merchant_fund_flow"}, "sub_mchid is missing"),
        (
            {"kind": "ecommerce_fund_flow", "sub_mchid": SUB},
            "are not limited to one sub-merchant; leave",
        ),
        (
            {"kind": "fund_flow", "api": "v2", "appid": "wx1", "sub_mchid": SUB},
            "are not limited to one sub-merchant; leave",
        ),
        ({"sub_mchid": "../../etc"}, "up to 32 digits"),
        ({"sub_mchid": "1" * 33}, "up to 32 digits"),
        ({"sub_mchid": "１２"}, "up to 32 digits"),
        ({"sub_mchid": "1\n"}, "up to 32 digits"),
        ({"sub_mchid": 7}, "up to 32 digits"),
        ({"sub_mchid": ["1", "../x"]}, "up to 32 digits"),
        ({"sub_mchid": []}, "sub_mchid= is empty"),
        ({"institution": True}, "kind='statement'"),
        ({"institution": 1}, "True or False"),
        ({"force": "yes"}, "True or False"),
        ({"wait": -1}, "wait="),
        ({"wait": float("nan")}, "wait="),
        ({"wait": True}, "wait="),
        ({"wait": "1h"}, "wait="),
        ({"wait": datetime.timedelta(days=31)}, "wait="),
        ({"concurrency": 0}, "concurrency="),
        ({"concurrency": 65}, "concurrency="),
        ({"concurrency": 2.0}, "concurrency="),
        ({"max_size": 0}, "max_size="),
        ({"retry": 3}, "retry="),
        ({"progress": 3}, "progress="),
        ({"tar_type": "GZIP"}, "no argument 'tar_type'"),
    ],
)
def test_wrong_arguments(office, download, tmp_path, arguments, words):
    with pytest.raises(ConfigurationError, match=words):
        download(office.client(), DAY, to=tmp_path / "bills", **arguments)
    assert office.requests == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("date", "words"),
    [
        ("2026-11-26", "has not ended in China .today is 2026-11-26.* 2026-11-27 10:00"),
        ("2026-12-01", "has not ended"),
        ("today", "has not ended"),
        ("2026-08-25", "93 days ago: .* 92 days"),
        ("20261125", "expected a day such as"),
        ("2026-11-31", "day"),
        ("2026-1-1", "expected a day such as"),
        ("２０２６-11-25", "expected a day such as"),
        ("2026-11-25\n", "expected a day such as"),
        ("2026-11-01..2026-11-25", r"bills.days\(first, last\)"),
        (NOON.replace(tzinfo=None), "no time zone"),
        (20261125, "expected a day such as"),
        (None, "expected a day such as"),
        ([], "at least one day"),
        (["2026-11-25", "x"], "expected a day such as"),
    ],
)
def test_wrong_days(office, download, tmp_path, date, words):
    with pytest.raises(ConfigurationError, match=words):
        download(office.client(), date, to=tmp_path)
    assert office.requests == []


def test_statements_can_be_had_for_longer(office, download, tmp_path):
    download(office.client(), "2026-05-30", kind="statement", to=tmp_path)
    with pytest.raises(ConfigurationError, match="181 days ago"):
        download(office.client(), "2026-05-29", kind="statement", to=tmp_path)


@pytest.mark.parametrize(
    "date",
    [
        DAY,
        "2026-11-25",
        "yesterday",
        NOON - datetime.timedelta(days=1),
        datetime.datetime(2026, 11, 24, 16, tzinfo=datetime.UTC),
    ],
)
def test_days(date):
    assert days.each_day(date) == (DAY,)
    assert days.is_one(date)


def test_a_range_of_days():
    found = bills.days("2026-11-24", "yesterday")
    assert found == [datetime.date(2026, 11, 24), DAY]
    assert days.each_day([DAY, "yesterday", DAY]) == (DAY,)
    for first, last in (("2026-11-25", "2026-11-24"), ("0001-01-01", "2026-11-24")):
        with pytest.raises(
            ConfigurationError, match="the first day must not be after the last, and"
        ):
            bills.days(first, last)


def test_several_merchants_are_not_one(download, keys, tmp_path):
    with pytest.raises(ConfigurationError, match="expected a WeChatPay, or one client of a"):
        download(Merchants({}), DAY, to=tmp_path)


def test_a_client_of_many_merchants(office, download, tmp_path):
    client = office.client()
    with Merchants(
        {"1900000109": {"private_key": office.keys.merchant, "serial": client.credential.serial}},
        transport=office,
        certs={"PUB_KEY_ID_0114232134912410000000000000": office.keys.platform.public_key()},
    ) as merchants:
        assert download(merchants["1900000109"], DAY, to=tmp_path).path.read_bytes() == TEXT
