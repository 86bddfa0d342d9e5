"""Several merchants in one gateway: none can read or change records of another."""

from __future__ import annotations

import sqlite3
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.support import control, order
from tests.servers import VerifyingServer
from wechatpay_chain import APIError, WeChatPay
from wechatpay_chain.gateway import Gateway, Merchant
from wechatpay_chain.gateway.merchant import platform_certs
from wechatpay_chain.gateway.store.data_directory import DataDirectoryError
from wechatpay_chain.gateway.store.identity import Identity
from wechatpay_chain.gateway.store.store import Store, UnknownFormat

NATIVE = "v3/pay/transactions/native"
NUMBER = "v3/pay/transactions/out-trade-no/{out_trade_no}"


@pytest.fixture(scope="module")
def other(gateway: Gateway) -> Merchant:
    return gateway.add_merchant()


@pytest.fixture
def theirs(other: Merchant) -> Iterator[WeChatPay]:
    with other.client(retry=None) as wxpay:
        yield wxpay


def order_of(merchant: Merchant, **changes: Any) -> dict[str, Any]:
    return order(merchant, **changes)  # type: ignore[arg-type] # it has an identity as well


def query(wxpay: WeChatPay, number: str) -> Any:
    return wxpay[NUMBER].get(out_trade_no=number, query={"mchid": wxpay.mchid}).json()


def rejected(call: Any, /, **options: Any) -> APIError:
    with pytest.raises(APIError) as caught:
        call(**options)
    return caught.value


def test_neither_of_two_merchants_sees_the_others_order(
    gateway: Gateway, wxpay: WeChatPay, other: Merchant, theirs: WeChatPay
) -> None:
    first, second = order(gateway), order_of(other)
    wxpay[NATIVE].post(json=first)
    theirs[NATIVE].post(json=second)
    assert query(wxpay, first["out_trade_no"])["mchid"] == gateway.identity.mchid
    assert query(theirs, second["out_trade_no"])["mchid"] == other.mchid
    for client, number in ((wxpay, second["out_trade_no"]), (theirs, first["out_trade_no"])):
        error = rejected(query, wxpay=client, number=number)
        assert (error.status_code, error.code, error.verified) == (404, "ORDER_NOT_EXIST", True)
        close = client[f"{NUMBER}/close"].post
        body = {"mchid": client.mchid}
        assert rejected(close, out_trade_no=number, json=body).code == "ORDER_NOT_EXIST"
    assert query(wxpay, first["out_trade_no"])["trade_state"] == "NOTPAY"


def test_two_merchants_may_use_the_same_number(
    gateway: Gateway, wxpay: WeChatPay, other: Merchant, theirs: WeChatPay
) -> None:
    wxpay[NATIVE].post(json=order(gateway, out_trade_no="same-0001", description="A"))
    mine = order_of(other, out_trade_no="same-0001", description="B")
    mine["amount"] = {"total": 7, "currency": "CNY"}
    theirs[NATIVE].post(json=mine)
    with pytest.raises(LookupError, match="several merchants"):
        gateway.pay("same-0001")
    before = other.balance(), gateway.merchants[gateway.identity.mchid].balance()
    assert other.pay("same-0001")["total"] == 7
    assert (other.balance(), before[1]) == (
        before[0] + 7,
        gateway.merchants[gateway.identity.mchid].balance(),
    )
    assert query(theirs, "same-0001")["trade_state"] == "SUCCESS"
    assert query(wxpay, "same-0001")["trade_state"] == "NOTPAY"
    other.state.ledger.check()


def test_the_gateway_finds_whose_order_it_is(
    gateway: Gateway, other: Merchant, theirs: WeChatPay
) -> None:
    with VerifyingServer(other) as shop:  # type: ignore[arg-type]
        made = order_of(other, notify_url=shop.url)
        theirs[NATIVE].post(json=made)
        assert gateway.pay(made["out_trade_no"])["parties"]["mchid"] == other.mchid
        assert shop.next().resource["out_trade_no"] == made["out_trade_no"]
    assert made["out_trade_no"] in [each["out_trade_no"] for each in gateway.orders()]
    assert made["out_trade_no"] not in str(gateway.merchants[gateway.identity.mchid].orders())


def test_a_notification_is_encrypted_for_its_own_merchant(
    gateway: Gateway, wxpay: WeChatPay, other: Merchant, theirs: WeChatPay
) -> None:
    notice = other.trigger("TRANSACTION.SUCCESS", "http://127.0.0.1:1/")
    headers = other.state.outbox.headers(notice)
    assert theirs.notify(headers, notice["body"]).mchid == other.mchid
    with pytest.raises(Exception, match="certs has"):
        wxpay.notify(headers, notice["body"])
    certs = platform_certs(other.identity)
    with gateway.client(certs=certs) as knowing, pytest.raises(Exception, match="apiv3_key"):
        knowing.notify(headers, notice["body"])
    assert notice["id"] not in [
        each["id"] for each in gateway.merchants[gateway.identity.mchid].notifications()
    ]


@pytest.mark.parametrize("what", ["serial", "private_key", "mchid"])
def test_half_of_another_merchant_does_not_sign(
    gateway: Gateway, other: Merchant, what: str
) -> None:
    identity = other.identity
    given: dict[str, Any] = {
        "mchid": {"mchid": other.mchid, "merchant": None},
        "serial": {"serial": identity.serial, "private_key": gateway.identity.merchant_key},
        "private_key": {
            "serial": gateway.identity.serial,
            "private_key": identity.merchant_key,
        },
    }[what]
    with gateway.client(retry=None, check_keys=False, **given) as wxpay:
        error = rejected(wxpay.v3.certificates.get)
    assert (error.status_code, error.code) == (401, "SIGN_ERROR")


def test_the_certificate_of_another_merchant_opens_nothing(
    gateway: Gateway, wxpay: WeChatPay, other: Merchant
) -> None:
    made = order(gateway)
    wxpay[NATIVE].post(json=made)
    gateway.pay(made["out_trade_no"])
    refund = {
        "appid": gateway.identity.appid,
        "mch_id": gateway.identity.mchid,
        "out_trade_no": made["out_trade_no"],
        "out_refund_no": f"R{made['out_trade_no']}",
        "total_fee": 100,
        "refund_fee": 1,
    }
    stolen = {"cert": other.identity.merchant_certificate, "key": other.identity.merchant_key}
    with gateway.client(
        retry=None,
        merchant=stolen,
        serial=gateway.identity.serial,
        private_key=gateway.identity.merchant_key,
    ) as mixed:
        error = rejected(mixed.v2.secapi.pay.refund.post, xml=refund, security=True)
    assert other.identity.serial in str(error)
    refunded = wxpay.v2.secapi.pay.refund.post(xml=refund, security=True)
    assert refunded.xml()["refund_fee"] == "1"


def test_an_app_of_another_merchant_is_not_bound(
    gateway: Gateway, wxpay: WeChatPay, other: Merchant
) -> None:
    error = rejected(wxpay[NATIVE].post, json=order(gateway, appid=other.appid))
    assert (error.status_code, error.code) == (400, "APPID_MCHID_NOT_MATCH")


def test_a_merchant_may_have_several_apps(gateway: Gateway) -> None:
    apps = ["wx" + "a" * 16, "wx" + "b" * 16]
    merchant = gateway.add_merchant(apps=apps, mchid="1600000001", name="Tea")
    assert (merchant.mchid, merchant.kind, merchant.name) == ("1600000001", "direct", "Tea")
    assert (merchant.apps, merchant.appid) == (tuple(apps), apps[0])
    assert repr(merchant) == "<Merchant 1600000001, direct>"
    with merchant.client() as wxpay:
        for appid in apps:
            wxpay[NATIVE].post(json=order_of(merchant, appid=appid))


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"kind": "shop"}, r"kind 'shop': expected one of any, direct, partner, ecommerce"),
        ({"mchid": "12"}, r"mchid '12': expected 8 to 10 digits"),
        ({"mchid": 1900000109}, r"mchid 1900000109: expected 8 to 10 digits"),
        ({"apps": []}, r"apps is empty"),
        ({"apps": ["wx1"]}, r"appid 'wx1': expected wx and 16 of 0-9a-z"),
    ],
)
def test_what_no_merchant_can_be(gateway: Gateway, given: dict[str, Any], problem: str) -> None:
    before = list(gateway.merchants)
    with pytest.raises(ValueError, match=problem):
        gateway.add_merchant(**given)
    assert list(gateway.merchants) == before


def test_a_number_belongs_to_one_merchant_and_an_app_to_several(
    gateway: Gateway, other: Merchant
) -> None:
    with pytest.raises(ValueError, match=f"already belongs to merchant {other.mchid}"):
        gateway.add_merchant(mchid=other.mchid)
    partner = gateway.add_merchant("partner")
    gateway.add_sub_merchant(partner, apps=["wx00000000000000ab"])
    with pytest.raises(ValueError, match=f"already belongs to merchant {partner.mchid}"):
        gateway.add_merchant(apps=["wx00000000000000ab"])
    assert gateway.add_merchant(apps=[other.appid]).apps == (other.appid,)


def test_an_unknown_merchant_is_told_who_is_there(gateway: Gateway, other: Merchant) -> None:
    with gateway.client(retry=None, mchid="1999999999", merchant=None) as wxpay:
        error = rejected(wxpay.v3.certificates.get)
    assert "this gateway's are" in str(error)
    assert gateway.identity.mchid in str(error)


def test_the_control_api_says_whose(
    gateway: Gateway, wxpay: WeChatPay, other: Merchant, theirs: WeChatPay
) -> None:
    wxpay[NATIVE].post(json=order(gateway, out_trade_no="both-0001"))
    theirs[NATIVE].post(json=order_of(other, out_trade_no="both-0001"))
    status, told = control(gateway, "transactions/both-0001/pay")
    assert (status, "several merchants" in told["error"]) == (404, True)
    path = f"transactions/both-0001/pay?mchid={other.mchid}"
    assert control(gateway, path)["parties"]["mchid"] == other.mchid
    ledger = control(gateway, f"ledger?mchid={other.mchid}", "GET")
    assert ledger["accounts"] == other.balances
    assert control(gateway, "ledger?mchid=1999999999", "GET")[0] == 404
    shown = control(gateway, f"notifications?mchid={other.mchid}", "GET")
    assert {each["id"] for each in shown} == {each["id"] for each in other.notifications()}
    listed = control(gateway, "orders?q=both-0001", "GET")
    assert {each["mchid"] for each in listed} == {other.mchid, gateway.identity.mchid}
    (alone,) = control(gateway, f"orders?q=both-0001&mchid={other.mchid}", "GET")
    assert (alone["mchid"], alone["state"]) == (other.mchid, "SUCCESS")


def test_the_page_of_an_order_is_its_merchants(
    gateway: Gateway, other: Merchant, theirs: WeChatPay
) -> None:
    made = order_of(other)
    page = theirs[NATIVE].post(json=made).json()["code_url"]
    with urllib.request.urlopen(page) as response:
        assert made["out_trade_no"] in response.read().decode()
    with urllib.request.urlopen(f"{page}/pay", data=b"") as response:
        assert response.status == 200
    assert query(theirs, made["out_trade_no"])["trade_state"] == "SUCCESS"


def test_keys_of_the_platform_are_rotated_for_all(identity: Identity) -> None:
    with Gateway(identity=identity) as gateway:
        other = gateway.add_merchant()
        before = (gateway.identity.public_key_id, other.identity.public_key_id)
        gateway.rotate_keys()
        late = gateway.add_merchant()
        merchants = (gateway, other, late)
        after = [each.identity.public_key_id for each in merchants]
        assert len({*before, *after}) == 5
        with other.client() as wxpay, late.client() as last:
            assert wxpay.v3.certificates.get().verified
            assert last.v3.certificates.get().verified


def test_a_gateway_begins_with_as_many_as_it_is_told(tmp_path: Path) -> None:
    with Gateway(data=tmp_path, merchants=3) as gateway:
        numbers = list(gateway.merchants)
        assert len(numbers) == 3
        assert {each.kind for each in gateway.merchants.values()} == {"any", "direct"}
    with Gateway(data=tmp_path, merchants=4) as gateway:
        assert list(gateway.merchants)[:3] == numbers
        assert len(gateway.merchants) == 4
    with Gateway(data=tmp_path) as gateway:
        assert len(gateway.merchants) == 4
    with pytest.raises(ValueError, match="merchants=0"):
        Gateway(merchants=0)


def test_the_control_api_adds_merchants(gateway: Gateway) -> None:
    told = control(gateway, "merchants", kind="partner", name="茶", permissions=["payments"])
    merchant = gateway.merchants[told["mchid"]]
    assert (merchant.kind, merchant.name) == ("partner", "茶")
    assert told["serial"] == merchant.identity.serial
    sub = control(gateway, f"merchants/{merchant.mchid}/sub-merchants", name="Tea")
    unlimited = {"permissions": None, "frozen": False, "payment_limit": None, "daily_limit": None}
    assert sub == {"mchid": sub["mchid"], "apps": [], "name": "Tea", **unlimited}
    assert list(merchant.sub_merchants) == [sub["mchid"]]
    listed = control(gateway, "merchants", "GET")
    assert [each["mchid"] for each in listed] == list(gateway.merchants)
    assert listed[-1]["sub_merchants"] == [sub]
    assert listed[-1]["accounts"] == {}
    assert merchant.identity.secret not in str(listed)


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("merchants", {"kind": "shop"}, 400),
        ("merchants", {"kind": []}, 400),
        ("merchants", {"mchid": 5}, 400),
        ("merchants", {"apps": 5}, 400),
        ("merchants", {"permissions": [[]]}, 400),
        ("merchants", {"name": {}}, 400),
        ("merchants", {"nothing": 1}, 400),
        ("merchants/1999999999/sub-merchants", {}, 404),
    ],
)
def test_what_the_control_api_rejects(
    gateway: Gateway, path: str, body: dict[str, Any], expected: int
) -> None:
    before = list(gateway.merchants)
    status, told = control(gateway, path, **body)
    assert (status, list(told)) == (expected, ["error"])
    assert list(gateway.merchants) == before


def test_a_fault_is_signed_for_who_asks(identity: Identity) -> None:
    with Gateway(identity=identity) as gateway:
        other = gateway.add_merchant()
        fields = {
            "appid": other.appid,
            "mch_id": other.mchid,
            "out_trade_no": "fault-0001",
        }
        with other.client(retry=None) as wxpay:
            for path, call, given in (
                ("v2/pay/orderquery", wxpay.v2.pay.orderquery.post, {"xml": fields}),
                ("v3/certificates", wxpay.v3.certificates.get, {}),
            ):
                gateway.faults.add(path, "frequency_limit", times=1)
                error = rejected(call, **given)
                assert error.verified, path
                assert gateway.identity.mchid not in str(error.response.content)


# --- the data directory ------------------------------------------------------------------------


def test_merchants_come_back_after_a_restart(tmp_path: Path) -> None:
    with Gateway(data=tmp_path) as gateway:
        merchant = gateway.add_merchant("partner", name="茶")
        numbers = list(gateway.merchants)
        with merchant.client() as wxpay:
            serial = merchant.identity.serial
            wxpay.v3.certificates.get()
    with Gateway(data=tmp_path) as gateway:
        assert list(gateway.merchants) == numbers
        again = gateway.merchants[merchant.mchid]
        assert (again.kind, again.name, again.apps) == ("partner", "茶", merchant.apps)
        assert (again.identity.serial, again.identity.secret) == (serial, merchant.identity.secret)
        with again.client() as wxpay:
            assert wxpay.v3.certificates.get().verified
    key = tmp_path / "merchants" / merchant.mchid / "apiclient_key.pem"
    assert key.stat().st_mode & 0o077 == 0


def test_keys_that_were_damaged_are_told_of(tmp_path: Path) -> None:
    with Gateway(data=tmp_path) as gateway:
        merchant = gateway.add_merchant()
        assert merchant.identity.serial
    (tmp_path / "merchants" / merchant.mchid / "secrets.json").write_text("{")
    with pytest.raises(DataDirectoryError, match=f"merchants/{merchant.mchid} cannot be read"):
        Gateway(data=tmp_path).start()
    with pytest.raises(DataDirectoryError, match=f"merchants/{merchant.mchid} cannot be read"):
        Gateway(data=tmp_path).start()  # the directory is available again


def test_records_of_an_older_version_are_the_first_merchants(tmp_path: Path) -> None:
    with Gateway(data=tmp_path) as gateway, gateway.client() as wxpay:
        mchid = gateway.identity.mchid
        wxpay[NATIVE].post(json=order(gateway, out_trade_no="old-0001"))
        gateway.pay("old-0001")
        gateway.advance(hours=24)
        now = gateway.state.clock.now()
    database = sqlite3.connect(tmp_path / "gateway.db")
    database.executescript(
        "ALTER TABLE record RENAME TO later; DROP INDEX in_order;"
        "CREATE TABLE record (sequence INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL,"
        " key TEXT NOT NULL, value TEXT NOT NULL, UNIQUE (kind, key)) STRICT;"
        "CREATE INDEX in_order ON record (kind, sequence);"
        "INSERT INTO record SELECT sequence, kind, key, value FROM later; DROP TABLE later;"
        "PRAGMA user_version = 1;"
    )
    database.close()
    with Gateway(data=tmp_path) as gateway, gateway.client() as wxpay:
        assert query(wxpay, "old-0001")["trade_state"] == "SUCCESS"
        assert gateway.state.clock.now() >= now
        assert gateway.merchants[mchid].balance() == 100
        (notice,) = gateway.notifications()
        new = gateway.trigger("REFUND.SUCCESS", "http://127.0.0.1:1/")
        assert int(new["id"]) > int(notice["id"])
        gateway.state.ledger.check()


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "gateway.db"
    Store(path).close()
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = 3")
    database.close()
    with pytest.raises(UnknownFormat, match="its format is 3; this version reads 2"):
        Store(path)


def test_a_store_has_the_records_of_one_owner() -> None:
    store = Store()
    first, second = store.of("1"), store.of("2")
    first.put("order", "a", {"value": 1})
    assert second.get("order", "a") is None
    second.put("order", "a", {"value": 2})
    second.delete("order", "b")
    assert (first.get("order", "a"), store.get("order", "a")) == ({"value": 1}, None)
    assert (first.all("order"), first.first("order", 9)) == ([{"value": 1}], [{"value": 1}])
    assert (first.count("order"), store.count("order")) == (1, 0)
    second.delete("order", "a")
    assert first.get("order", "a") == {"value": 1}
    assert store.owners("order") == ["1"]
    assert int(second.append("notice", {})) + 1 == int(first.append("notice", {}))
    store.close()
