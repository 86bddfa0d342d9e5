"""Merchants and sub-merchants are changed: names, apps, permissions, what they may collect."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.support import control
from wechatpay_chain import APIError, WeChatPay
from wechatpay_chain.gateway import Gateway, Merchant

NATIVE = "v3/pay/transactions/native"
PARTNER = "v3/pay/partner/transactions/native"
OTHER = "wx00000000000000ff"


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway() as gateway:
        yield gateway


@pytest.fixture
def tea(gateway: Gateway) -> Merchant:
    return gateway.add_merchant(name="Tea")


def sold(merchant: Merchant, number: str, total: int = 100) -> None:
    """Create an order of a merchant that sells itself."""
    with merchant.client(retry=None) as wxpay:
        wxpay[NATIVE].post(json=order(number, total, mchid=merchant.mchid, appid=merchant.appid))


def order(number: str, total: int, **about: str) -> dict[str, Any]:
    amount, url = {"total": total}, "http://127.0.0.1:9/"
    about = {"description": "tea", "notify_url": url, "out_trade_no": number, **about}
    return {**about, "amount": amount}


def code_of(call: Any, *arguments: Any, **options: Any) -> tuple[int, str]:
    with pytest.raises(APIError) as caught:
        call(*arguments, **options)
    assert caught.value.verified
    return caught.value.status_code, str(caught.value.code)


def test_a_frozen_merchant_collects_nothing(gateway: Gateway, tea: Merchant) -> None:
    sold(tea, "before-1")
    assert gateway.change_merchant(tea, frozen=True).collecting.frozen
    with pytest.raises(APIError) as caught:
        sold(tea, "after-1")
    assert (caught.value.status_code, caught.value.code) == (403, "NO_AUTH")
    assert caught.value.number == 268448010
    with pytest.raises(Exception, match="收款功能已被限制"):
        tea.pay("before-1")
    gateway.change_merchant(tea.mchid, frozen=False)
    sold(tea, "after-1")
    assert tea.pay("before-1")["state"] == "SUCCESS"


def test_a_frozen_sub_merchant_leaves_the_others_alone(gateway: Gateway) -> None:
    partner = gateway.add_merchant("partner")
    frozen, other = (gateway.add_sub_merchant(partner) for _ in range(2))
    gateway.change_merchant(frozen, frozen=True)
    with partner.client(retry=None) as wxpay:
        for sub, is_frozen in ((frozen, True), (other, False)):
            about = {"sp_mchid": partner.mchid, "sp_appid": partner.appid, "sub_mchid": sub.mchid}
            body = order(f"sub-{sub.mchid}", 100, **about)
            if is_frozen:
                assert code_of(wxpay[PARTNER].post, json=body) == (403, "NO_AUTH")
            else:
                wxpay[PARTNER].post(json=body)
    gateway.change_merchant(partner, frozen=True)
    with partner.client(retry=None) as wxpay:
        body = order("sub-again", 100, **{**about, "sub_mchid": other.mchid})
        assert code_of(wxpay[PARTNER].post, json=body) == (403, "NO_AUTH")


def test_one_payment_has_a_limit(gateway: Gateway, tea: Merchant) -> None:
    gateway.change_merchant(tea, payment_limit=100)
    sold(tea, "limit-1", 100)
    assert code_of(sold, tea, "limit-2", 101) == (403, "RULE_LIMIT")
    gateway.change_merchant(tea, payment_limit=None)
    sold(tea, "limit-2", 101)


def test_a_day_has_a_limit(gateway: Gateway, tea: Merchant) -> None:
    gateway.change_merchant(tea, daily_limit=250)
    for number in ("day-of-1", "day-of-2", "day-of-3"):
        sold(tea, number)
    tea.pay("day-of-1")
    tea.pay("day-of-2")
    with pytest.raises(Exception, match="RULE_LIMIT.*单日收款限额为 250 分"):
        tea.pay("day-of-3")
    assert code_of(sold, tea, "day-of-4") == (403, "RULE_LIMIT")
    gateway.advance(days=1)
    sold(tea, "day-of-4")
    assert tea.pay("day-of-4")["state"] == "SUCCESS"


def test_apiv2_has_its_own_codes(gateway: Gateway, tea: Merchant) -> None:
    fields = {
        "appid": tea.appid,
        "body": "tea",
        "out_trade_no": "v2-1",
        "total_fee": "101",
        "spbill_create_ip": "127.0.0.1",
        "notify_url": "http://127.0.0.1:9/",
        "trade_type": "NATIVE",
    }
    for changes, code in (({"frozen": True}, "NOAUTH"), ({"payment_limit": 100}, "RULELIMIT")):
        gateway.change_merchant(tea, **{"frozen": False, **changes})  # type: ignore[arg-type]
        with tea.client(retry=None) as wxpay:
            unified = wxpay.v2.pay.unifiedorder.post
            assert code_of(unified, xml={"mch_id": tea.mchid, **fields}) == (200, code)


def test_permissions_are_taken_away_and_given(gateway: Gateway, tea: Merchant) -> None:
    gateway.change_merchant(tea, permissions=["refunds"])
    assert tea.permissions == {"refunds"}
    assert code_of(sold, tea, "perm-1") == (403, "NO_AUTH")
    gateway.change_merchant(tea, permissions=None)
    sold(tea, "perm-1")


def test_a_sub_merchant_has_permissions_of_its_own(gateway: Gateway) -> None:
    partner = gateway.add_merchant("partner")
    sub = gateway.add_sub_merchant(partner)
    gateway.change_merchant(sub, permissions=["refunds"])
    about = {"sp_mchid": partner.mchid, "sp_appid": partner.appid, "sub_mchid": sub.mchid}
    with partner.client(retry=None) as wxpay:
        body = order("perm-sub", 100, **about)
        assert code_of(wxpay[PARTNER].post, json=body) == (403, "NO_AUTH")
        gateway.change_merchant(sub.mchid, permissions=["payments"])
        wxpay[PARTNER].post(json=body)


def test_apps_are_bound_and_unbound(gateway: Gateway, tea: Merchant) -> None:
    former = tea.appid
    gateway.change_merchant(tea, apps=[OTHER])
    assert tea.apps == (OTHER,)
    sold(tea, "bound-1")
    with tea.client(retry=None) as wxpay:
        body = order("bound-2", 100, mchid=tea.mchid, appid=former)
        assert code_of(wxpay[NATIVE].post, json=body) == (400, "APPID_MCHID_NOT_MATCH")
    coffee = gateway.add_merchant(apps=[former])  # nobody has it any more
    assert coffee.appid == former
    gateway.change_merchant(coffee, apps=[former, OTHER])  # several merchants can bind an app
    assert coffee.apps == (former, OTHER)
    gateway.change_merchant(coffee, apps=[former])
    sold(tea, "bound-3")  # which keeps the app
    partner = gateway.add_merchant("partner")
    with pytest.raises(ValueError, match=f"{OTHER} already belongs to merchant {tea.mchid}"):
        gateway.add_sub_merchant(partner, apps=[OTHER])


def test_changes_are_there_after_a_restart(tmp_path: Path) -> None:
    with Gateway(data=tmp_path) as gateway:
        tea = gateway.add_merchant("partner")
        sub = gateway.add_sub_merchant(tea)
        gateway.change_merchant(tea, name="Oolong", apps=[OTHER], daily_limit=5)
        gateway.change_merchant(sub, frozen=True, permissions=["payments"])
    with Gateway(data=tmp_path) as gateway:
        again = gateway.merchants[tea.mchid]
        assert (again.name, again.apps) == ("Oolong", (OTHER,))
        assert again.state.profile.collecting.daily_limit == 5
        (known,) = again.sub_merchants.values()
        assert (known.collecting.frozen, known.permissions) == (True, frozenset({"payments"}))
        with WeChatPay.from_gateway(tmp_path / "gateway.json", mchid=tea.mchid) as wxpay:
            assert wxpay.v3.certificates.get().verified


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"colour": "red"}, "'colour' cannot be changed; expected name, apps, permissions"),
        ({"name": 7}, "name 7: expected a text of at most 128 characters"),
        ({"apps": []}, "apps is empty"),
        ({"apps": ["x"]}, "appid 'x': expected wx and 16"),
        ({"permissions": ["teapots"]}, "teapots"),
        ({"frozen": "yes"}, "frozen 'yes': expected true or false"),
        ({"payment_limit": 0}, "payment_limit 0: expected an integer of fen above 0"),
        ({"daily_limit": True}, "daily_limit True: expected an integer"),
        ({"daily_limit": 1.5}, "daily_limit 1.5: expected an integer"),
    ],
)
def test_a_change_that_cannot_be(
    gateway: Gateway, tea: Merchant, changes: dict[str, Any], told: str
) -> None:
    before = tea.state.profile
    with pytest.raises(ValueError, match=told):
        gateway.change_merchant(tea, **{"name": "Oolong", **changes})  # type: ignore[arg-type]
    assert tea.state.profile == before


def test_the_first_merchants_own_app_stays(gateway: Gateway) -> None:
    first, appid = gateway.identity.mchid, gateway.identity.appid
    with pytest.raises(ValueError, match=f"expected {appid} as the first"):
        gateway.change_merchant(first, apps=[OTHER])
    gateway.change_merchant(first, apps=[appid, OTHER])
    assert gateway.merchants[first].apps == (appid, OTHER)


@pytest.mark.parametrize("number", ["1", "1900000999", "", OTHER])
def test_a_merchant_that_is_not_there(gateway: Gateway, number: str) -> None:
    gateway.add_merchant(apps=[OTHER])
    with pytest.raises(LookupError, match="this gateway has no merchant"):
        gateway.change_merchant(number, frozen=True)


def test_the_control_api_does_the_same(gateway: Gateway, tea: Merchant) -> None:
    path = f"merchants/{tea.mchid}"
    told = control(gateway, path, "PATCH", frozen=True, payment_limit=9, name="Green")
    assert (told["name"], told["frozen"], told["payment_limit"]) == ("Green", True, 9)
    listed = {each["mchid"]: each for each in control(gateway, "merchants", "GET")}
    assert (listed[tea.mchid]["frozen"], listed[tea.mchid]["daily_limit"]) == (True, None)
    assert control(gateway, path, "PATCH", payment_limit=None)["payment_limit"] is None


def test_a_scenario_has_them_too(gateway: Gateway) -> None:
    sub = {"mchid": "1900000333", "frozen": True, "permissions": ["payments"]}
    limits = {"payment_limit": 100, "daily_limit": 1000}
    merchant = {"kind": "partner", "mchid": "1900000222", **limits, "sub_merchants": [sub]}
    gateway.load({"version": 1, "merchants": [merchant]})
    loaded = gateway.merchants["1900000222"].state.profile
    assert loaded.collecting.as_record() == {"frozen": False, **limits}
    known = loaded.sub_merchants["1900000333"]
    assert (known.collecting.frozen, known.permissions) == (True, frozenset({"payments"}))
