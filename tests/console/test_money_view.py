"""The data of the money view: accounts, flows, entries, and bills as tables and files."""

from __future__ import annotations

from typing import Any

import pytest

from wechatpay_chain import WeChatPay
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway.console.queries.bills import table
from wechatpay_chain.gateway.console.queries.flows import flows_of

from .support import ask
from .trade import partner_of, refunded_order, sold, transfer

BILLS = "_gateway/console/bills"


def told(gateway: Gateway, path: str) -> Any:
    reply = ask(gateway, f"_gateway/console/{path}")
    assert reply.status == 200, reply.text
    return reply.json()


def balances(money: dict[str, Any]) -> dict[str, int]:
    return {each["account"]: each["balance"] for each in money["accounts"]}


def test_a_day_has_its_accounts_flows_and_entries(gateway: Gateway, wxpay: WeChatPay) -> None:
    refunded_order(gateway, wxpay)
    transfer(gateway, wxpay)
    money = told(gateway, "money")
    assert balances(money) == gateway.state.ledger.balances()
    assert {(each["source"], each["target"]): each["amount"] for each in money["flows"]} == {
        ("bank", "operation"): 200_000,
        ("operation", "transit"): 200_000,
        ("payer", "merchant"): 12_345,
        ("merchant", "refunding"): 45,
    }
    roles = {each["account"]: each["role"] for each in money["accounts"]}
    assert (roles["payer"], roles["merchant"], roles["transit"]) == ("outside", "own", "pending")
    assert (money["error"], money["count"], len(money["entries"])) == ("", 4, 4)
    for each in money["accounts"]:
        flowed = sum(
            flow["amount"] * ((flow["target"] == name) - (flow["source"] == name))
            for name in (each["account"],)
            for flow in money["flows"]
        )
        assert each["change"] == flowed
        assert each["opening"] + each["change"] == each["balance"]


def test_the_next_day_opens_with_what_this_one_left(gateway: Gateway, wxpay: WeChatPay) -> None:
    refunded_order(gateway, wxpay)
    first = told(gateway, "money")
    gateway.advance(hours=24)
    money = told(gateway, "money")
    (merchant,) = (each for each in money["accounts"] if each["account"] == "merchant")
    assert merchant["opening"] == 12_300
    assert [each["kind"] for each in money["flows"]] in ([], ["refunded"])
    assert first["day"] in money["days"]
    again = told(gateway, f"money?day={first['day']}")
    assert {"payment", "refund"} <= {each["kind"] for each in again["flows"]}


def test_the_money_of_one_sub_merchant(gateway: Gateway) -> None:
    partner = partner_of(gateway)
    first, second = partner.subs
    sold(partner, first, "tea-001", 1800)
    sold(partner, second, "tea-002", 700)
    mchid = partner.merchant.mchid
    money = told(gateway, f"money?mchid={mchid}")
    assert balances(money)[f"merchant:{first}"] == 1800
    assert money["count"] == 2
    money = told(gateway, f"money?mchid={mchid}&sub_mchid={second}")
    assert balances(money).keys() == {"payer", f"merchant:{second}"}
    assert [each["amount"] for each in money["flows"]] == [700]
    assert told(gateway, "money")["flows"] == []


def test_flows_are_the_sums_of_entries_by_kind() -> None:
    entries = [
        {"kind": kind, "amount": amount, "source": "payer", "target": "merchant"}
        for kind, amount in (("payment", 1), ("payment", 2), ("fee", 5))
    ]
    assert [(each["kind"], each["amount"], each["count"]) for each in flows_of(entries)] == [
        ("fee", 5, 1), ("payment", 3, 2),
    ]  # fmt: skip


def test_bills_are_those_that_a_client_downloads(gateway: Gateway, wxpay: WeChatPay) -> None:
    number = refunded_order(gateway, wxpay)
    found = told(gateway, "bills")
    there = {each for each in found["bills"] if ask(gateway, f"{BILLS}/{each}").status == 200}
    assert there == {"trade-ALL", "trade-SUCCESS", "trade-REFUND", "fundflow-BASIC"}
    assert told(gateway, "bills?day=2020-01-01")["bills"] == []
    address = wxpay.v3.bill.tradebill.get(query={"bill_date": found["day"]}).json()["download_url"]
    bill = wxpay.chain(address).get().text
    reply = ask(gateway, "_gateway/console/bills/trade-ALL/file")
    assert reply.text == bill
    assert reply.headers["Content-Disposition"].endswith(f'{found["day"]}-trade-ALL.csv"')
    rows = told(gateway, "bills/trade-ALL")
    assert (rows["count"], len(rows["columns"])) == (2, len(rows["rows"][0]))
    assert number in rows["rows"][0]
    assert rows["summary"][0] == ["总交易单数", "2"]
    for path in ("bills/trade-ALL?day=2020-01-01", "bills/nothing", "bills/profitsharing/file"):
        assert ask(gateway, f"_gateway/console/{path}").status == 404
    assert ask(gateway, "_gateway/console/bills?day=yesterday").status == 400


def test_a_filled_day_is_a_table_that_begins_with_its_first_rows(gateway: Gateway) -> None:
    filled = gateway.fill(300)
    rows = told(gateway, f"bills/trade-ALL?day={filled.date}&limit=10")
    assert (len(rows["rows"]), rows["count"] >= 300) == (10, True)
    reply = ask(gateway, f"_gateway/console/bills/trade-ALL/file?day={filled.date}")
    assert len(reply.text.splitlines()) == rows["count"] + 3


@pytest.mark.parametrize(
    ("lines", "rows", "summary"),
    [
        ([], [], []),
        (["a,b"], [], []),
        (["a,b", "`1,`2,3"], [["1", "2,3"]], []),
        (["\ufeffa,b\r", "`1,`2\r", "x,y\r", "`7,`8\r"], [["1", "2"]], [["x", "7"], ["y", "8"]]),
    ],
)
def test_the_lines_of_a_bill_become_a_table(
    lines: list[str], rows: list[list[str]], summary: list[list[str]]
) -> None:
    found = table(lines, 10)
    assert (found["rows"], found["count"], found["summary"]) == (rows, len(rows), summary)
