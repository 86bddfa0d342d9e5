"""Programs are run with the library that they were written for, then as the codemod rewrites them.

Both run on the gateway, and see the same. `tests/cli/migrate` checks that the codemod makes these
very programs.
"""

from __future__ import annotations

import os
import runpy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.peers.conftest import imported
from wechatpay_chain import WeChatPay, canonical, xml
from wechatpay_chain.crypto import digest
from wechatpay_chain.gateway import Gateway

PROGRAMS = Path(__file__).parents[1] / "cli" / "migrate" / "programs"
OPENID = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"
Program = dict[str, Any]


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    with Gateway(data=tmp_path / "gateway") as gateway:
        yield gateway


@pytest.fixture
def run(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Program]:
    """Runs a program against the gateway, whichever library it uses."""

    def run(name: str, which: str, *, tls: bool = False, mchid: str | None = None) -> Program:
        told = gateway.describe()
        own = told if mchid is None else told["merchants"][mchid]
        base = told["tls_base_uri" if tls else "base_uri"]
        platform = own["platform"] if "platform" in own else told["platform"]
        environment = {
            "APIV3_KEY": own["apiv3_key"],
            "APPID": own["appid"],
            "CERT": own["certificate"],
            "KEY": own["private_key"],
            "MCHID": own["mchid"],
            "PUBLIC_KEY": platform["public_key"],
            "PUBLIC_KEY_ID": platform["public_key_id"],
            "SECRET": own["secret"],
            "SERIAL": own["serial"],
        }
        for key, value in environment.items():
            monkeypatch.setenv(f"SHOP_{key}", value)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", told["ca"])
        monkeypatch.setenv("NO_PROXY", "*")
        defaults = WeChatPay.__init__.__kwdefaults__
        monkeypatch.setitem(defaults, "base_uri", base)
        monkeypatch.setitem(defaults, "verify", told["ca"])
        if which == "before":
            elsewhere(base, monkeypatch)
        return runpy.run_path(str(PROGRAMS / name / f"{which}.py"))

    return run


def elsewhere(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Has the other libraries call the gateway; they have no argument for it."""
    cores = [
        imported("wechatpayv3.core").Core,
        imported("wechatpayv3.async_.core").AsyncCore,
    ]
    for core in cores:
        made = core.__init__

        def init(self: Any, *arguments: Any, made: Any = made, **options: Any) -> None:
            made(self, *arguments, **options)
            self._gate_way = base.rstrip("/")

        monkeypatch.setattr(core, "__init__", init)
    monkeypatch.setattr(imported("wechatpy.pay").WeChatPay, "API_BASE_URL", base)


WHICH = pytest.mark.parametrize("which", ["before", "after"])


@WHICH
def test_a_shop(gateway: Gateway, run: Callable[..., Program], which: str) -> None:
    shop = run("shop", which)
    made = shop["pay"]("shop-1", 100, attach="tea")
    assert made["code"] == 0
    assert "/pay/" in made["code_url"]
    assert shop["pay"]("shop-2", 100)["code"] == 0
    assert shop["pay"]("shop-3", -1) == {"code": -1, "reason": "PARAM_ERROR"}
    started = shop["pay_jsapi"](OPENID, "shop-4")
    assert started["package"].startswith("prepay_id=wx")
    assert len(started["paySign"]) == 344
    assert shop["state"]("shop-1") == "NOTPAY"
    assert shop["state"]("shop-none") == "NOT FOUND ORDER_NOT_EXIST"
    status, text = shop["find"](gateway.pay("shop-1")["transaction_id"])
    assert status == 200
    assert '"attach":"tea"' in text
    assert shop["close"]("shop-2") == 204
    assert shop["forget"]("shop-none") == "forgotten"
    refunds = shop["Refunds"](None)
    assert refunds.apply("shop-1", "shop-r1", 40, 100) in ("PROCESSING", "SUCCESS")
    with pytest.raises(RuntimeError):
        refunds.apply("shop-none", "shop-r2", 40, 100, "why")
    assert refunds.state("shop-r1")[0] == 200
    assert refunds.state("shop-r9") == (404, None)
    assert shop["transfer"](OPENID, "shopT1", "张三", 100)[0] == 200
    assert shop["bill"]("2020-01-01")[0] >= 400
    day = gateway.state.clock.date()
    gateway.advance(days=1, hours=12)
    assert isinstance(shop["bill"](day)[1], bytes)


@WHICH
def test_a_shop_receives(gateway: Gateway, run: Callable[..., Program], which: str) -> None:
    shop = run("shop", which)
    paid = {"out_trade_no": "shop-1", "amount": {"total": 7}}
    notice = gateway.signed_notification("TRANSACTION.SUCCESS", paid)
    assert shop["receive"](notice.headers, notice.body) == ("shop-1", 7)
    assert shop["receive"](notice.headers, notice.body + b" ") == "failed"


@WHICH
def test_an_async_shop(run: Callable[..., Program], which: str) -> None:
    assert run("async_shop", which)["run"]("async") == [
        (200, ["prepay_id"]),
        (200, ["prepay_id"]),
        (404, "ORDER_NOT_EXIST"),
        (204, 0),
    ]


@WHICH
def test_a_partner(
    gateway: Gateway, run: Callable[..., Program], which: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    partner = gateway.add_merchant("partner")
    sub = gateway.add_sub_merchant(partner).mchid
    monkeypatch.setenv("SHOP_SUB_MCHID", sub)
    platform = run("partner", which, mchid=partner.mchid)["Platform"]()
    assert platform.order("part-1", True) == (200, ["code_url"])
    partner.pay("part-1")
    assert platform.receiver(OPENID, "张三") == 200
    code, state = platform.share("part-1", OPENID, 10)
    assert (code, state) in ((200, "PROCESSING"), (200, "FINISHED")), state
    assert platform.guides()[0] in (200, 400, 404)


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # wechatpy leaves sockets open
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@WHICH
def test_a_shop_of_apiv2(gateway: Gateway, run: Callable[..., Program], which: str) -> None:
    shop = run("v2_shop", which, tls=True)
    names = ["appId", "nonceStr", "package", "paySign", "signType", "timeStamp"]
    assert shop["order"]("v2-1", 100, attach="tea") == (names, "MD5", "JSAPI")
    assert shop["state"]("v2-1") == "NOTPAY"
    assert shop["state"]("v2-none")[0] == "ORDERNOTEXIST"
    gateway.pay("v2-1")
    assert shop["state"]("v2-1") == "SUCCESS"
    assert shop["refund"]("v2-1", "v2-r1", 40, 100)[0] == "40"
    assert shop["packet"]("v2h1")
    told = gateway.describe()
    fields = {
        "appid": told["appid"],
        "mch_id": told["mchid"],
        "out_trade_no": "v2-1",
        "result_code": "SUCCESS",
        "return_code": "SUCCESS",
        "total_fee": "100",
    }
    fields["sign"] = digest.sign("MD5", canonical.fields(fields), told["secret"])
    assert shop["receive"](xml.dumps(fields)) == ("v2-1", 101)
    assert shop["receive"](xml.dumps({**fields, "total_fee": "1"})) == "FAIL"
    if which == "after":
        with pytest.raises(AttributeError):  # the line that was left to people
            shop["client"].tools.download_bill("20260101").splitlines()
    assert os.environ["SHOP_MCHID"] == told["mchid"]
