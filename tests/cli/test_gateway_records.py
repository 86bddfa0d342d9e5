"""`wechatpay-chain gateway orders|requests|notifications|tail|expire|resend|merchants`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.cli.support import data, failed, lines, run
from tests.gateway.support import order
from tests.servers import NotificationServer
from wechatpay_chain.cli.gateway import records
from wechatpay_chain.gateway import Gateway


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Gateway, str]]:
    """A gateway with two orders, one of them paid and notified; and the number of that one."""
    with NotificationServer() as server, Gateway() as gateway, gateway.client() as wxpay:
        for number in ("first", "second"):
            made = order(gateway, out_trade_no=f"order-{number}", notify_url=server.url)
            wxpay.v3.pay.transactions.native.post(json=made)
        gateway.pay("order-first")
        gateway.wait_for("TRANSACTION.SUCCESS", out_trade_no="order-first")
        yield gateway, "order-first"


@pytest.fixture
def here(served: tuple[Gateway, str]) -> tuple[str, str]:
    return ("--gateway", served[0].base_uri)


def test_orders(here: tuple[str, str]) -> None:
    rows = [line.split("\t") for line in lines("gateway", "orders", *here)]
    assert [row[:3] for row in rows] == [
        ["order-second", "NOTPAY", "¥1.00"],
        ["order-first", "SUCCESS", "¥1.00"],
    ]
    assert [each["out_trade_no"] for each in data("gateway", "orders", "--limit", "1", *here)] == [
        "order-second"
    ]


def test_notifications_and_one_more_delivery(
    served: tuple[Gateway, str], here: tuple[str, str]
) -> None:
    (row,) = [line.split("\t") for line in lines("gateway", "notifications", *here)]
    assert row[1:4] == ["TRANSACTION.SUCCESS", "1", "200"]
    assert run("gateway", "resend", row[0], *here).exit_code == 0
    assert "no notification" in failed("gateway", "resend", "nothing", *here)


def test_requests_and_one_of_them(here: tuple[str, str]) -> None:
    shown = lines("gateway", "requests", *here)
    assert len(shown) == 2
    number = shown[0].split()[0]
    assert "POST    200" in shown[0]
    one = "\n".join(lines("gateway", "requests", number, *here))
    for part in ("signature", "passed", "order-second", "code_url"):
        assert part in one
    assert data("gateway", "requests", number, *here)["status"] == 200
    assert "no request" in failed("gateway", "requests", "99999", *here)


def test_following(
    served: tuple[Gateway, str], here: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(lines("gateway", "tail", "--once", *here)) == 2
    assert len(lines("gateway", "tail", "--once", "--lines", "1", *here)) == 1
    assert lines("gateway", "tail", "--once", "--lines", "0", *here) == []
    gateway, looks = served[0], list[int]()

    def sleep(_: float) -> None:
        looks.append(1)
        if len(looks) == 2:
            raise KeyboardInterrupt
        with gateway.client() as wxpay:
            wxpay.v3.certificates.get()

    monkeypatch.setattr(records.time, "sleep", sleep)
    followed = run("gateway", "tail", "--lines", "0", *here)
    assert followed.exit_code != 0
    (line,) = followed.stdout.splitlines()
    assert "/v3/certificates" in line


def test_an_order_expires(served: tuple[Gateway, str], here: tuple[str, str]) -> None:
    gateway = served[0]
    with gateway.client() as wxpay:
        wxpay.v3.pay.transactions.native.post(json=order(gateway, out_trade_no="order-late"))
    assert "CLOSED" in "\n".join(lines("gateway", "expire", "order-late", *here))
    assert "CLOSED" in failed("gateway", "expire", "order-late", *here)


def test_merchants_are_listed_and_added(here: tuple[str, str]) -> None:
    made = data("gateway", "merchants", "--add", "partner", "--mchid", "1900000222", *here)
    assert made["mchid"] == "1900000222"
    sub = run("gateway", "merchants", "--sub-of", "1900000222", "--mchid", "1900000333", *here)
    assert "1900000333" in sub.stdout
    rows = [line.split("\t") for line in lines("gateway", "merchants", *here)]
    assert ["1900000222", "partner", "", "False", "1900000333"] in rows
    listed: Any = data("gateway", "merchants", *here)
    assert listed[1]["sub_merchants"][0]["mchid"] == "1900000333"


def test_merchants_are_changed(here: tuple[str, str]) -> None:
    added = ("--add", "partner", "--mchid", "1900000224", "--apps", "wx00000000000000aa")
    limited = ("--permissions", "payments,refunds", "--payment-limit", "100")
    made = data("gateway", "merchants", *added, *limited, *here)
    assert (made["apps"], made["payment_limit"]) == (["wx00000000000000aa"], 100)
    change = ("gateway", "merchants", "--change", "1900000224")
    told = data(*change, "--freeze", "--payment-limit", "none", "--permissions", "all", *here)
    assert (told["frozen"], told["payment_limit"], told["permissions"]) == (True, None, None)
    assert "frozen" in "\n".join(lines(*change, "--unfreeze", *here))


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--change", "1900000224", "--add", "direct"), 2),
        (("--change", "1900000224", "--mchid", "1900000225"), 2),
        (("--change", "1900000997", "--freeze"), 1),
        (("--freeze",), 2),
        (("--change", "1900000224", "--payment-limit", "0"), 2),
        (("--add", "direct", "--sub-of", "1"), 2),
        (("--mchid", "1900000999"), 2),
        (("--add", "direct", "--mchid", "x"), 1),
        (("--sub-of", "1900000998"), 1),
    ],
)
def test_a_merchant_that_cannot_be_added(
    here: tuple[str, str], options: tuple[str, ...], code: int
) -> None:
    assert failed("gateway", "merchants", *options, *here, code=code)


def test_nothing_to_list() -> None:
    with Gateway() as gateway:
        told = run("gateway", "orders", "--gateway", gateway.base_uri)
        assert (told.stdout, told.stderr) == ("", "there is no order\n")
