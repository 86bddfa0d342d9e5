"""Each class of differences, and what is next to it and none."""

from __future__ import annotations

from typing import Any

import pytest

from wechatpay_chain import ConfigurationError, bills

from .days import DAY, at, counted, found, order, paid, refund, refunded, revoked

CLASSES = (
    *("matched", "missing_here", "missing_there", "amount", "currency", "state", "fee"),
    *("refund_missing_here", "refund_missing_there", "refund_amount"),
    *("duplicate", "other_day", "merchant"),
)
BEFORE, AFTER = "2026-11-24", "2026-11-26"


def reconcile(
    bill: list[dict[str, Any]],
    orders: list[dict[str, Any]],
    refunds: list[dict[str, Any]] | tuple[()] = (),
    **options: Any,
) -> bills.Reconciliation:
    return bills.reconcile(bill, orders, refunds, date=DAY, **options)


def test_a_day_that_matches() -> None:
    result = reconcile(
        [paid("a", 100), paid("b", 250), refunded("b", "rb", 50), revoked("c"), paid("c")],
        [order("a"), order("b", 250), order("c", trade_state="REVOKED", paid_at=at("10:00:00"))],
        [refund("rb", 50, "b")],
    )
    assert counted(result) == {"matched": 5}
    assert tuple(result.counts) == CLASSES
    assert result.ok
    assert result.exit_code == 0
    assert result.differences == []
    assert result.sums["paid_here"] == result.sums["paid_there"] == 450
    assert result.there.payments == 3


def test_missing_here_and_there() -> None:
    result = reconcile([paid("a"), paid("b")], [order("b"), order("c", 7)])
    assert found(result) == [("missing_here", "a"), ("missing_there", "c")]
    here, there = result.differences
    assert (here.field, here.here, here.there, here.amount) == ("total", None, "100", 100)
    assert (there.field, there.here, there.there, there.amount) == ("total", "7", None, 7)
    assert result.exit_code == 1


@pytest.mark.parametrize("state", ["NOTPAY", "CLOSED", "USERPAYING", "PAYERROR", "ACCEPT"])
def test_unpaid_orders_are_not_expected_but_may_not_be_paid(state: str) -> None:
    result = reconcile([paid("a")], [order("a", trade_state=state), order("b", trade_state=state)])
    assert counted(result) == {"state": 1}
    (difference,) = result.differences
    assert (difference.field, difference.here, difference.there) == (
        "trade_state",
        state,
        "SUCCESS",
    )


@pytest.mark.parametrize("state", [None, "", "SUCCESS", "REFUND"])
def test_these_orders_are_paid(state: str | None) -> None:
    result = reconcile([paid("a")], [order("a", trade_state=state), order("b", trade_state=state)])
    assert counted(result) == {"matched": 1, "missing_there": 1}


def test_orders_of_other_days_are_left_alone() -> None:
    orders = [
        order(name, paid_at=at("12:00:00", day)) for name, day in (("x", BEFORE), ("y", AFTER))
    ]
    assert counted(reconcile([paid("a")], [order("a"), *orders])) == {"matched": 1}


def test_other_day() -> None:
    late = order("late", paid_at=at("00:00:01", AFTER))
    early = order("early", paid_at=at("23:59:59"))
    result = reconcile(
        [paid("late", trade_time=at("23:59:59"))],
        [late, early],
        neighbours=[[paid("early", trade_time=at("00:00:00", AFTER))]],
    )
    assert found(result) == [("other_day", "early"), ("other_day", "late")]
    assert [(each.here, each.there) for each in result.differences] == [(DAY, AFTER), (AFTER, DAY)]


def test_what_no_neighbour_has_is_missing() -> None:
    result = reconcile([paid("a")], [order("a"), order("b")], neighbours=[[paid("a")], [paid("c")]])
    assert found(result) == [("missing_there", "b")]


def test_amount_and_currency() -> None:
    result = reconcile(
        [paid("a"), paid("b", currency="HKD"), paid("c")],
        [order("a", 99), order("b", 101, currency="CNY"), order("c", currency="cny")],
    )
    assert counted(result) == {"matched": 1, "amount": 2, "currency": 1}
    assert [(each.here, each.there) for each in result.differences] == [
        ("99", "100"),
        ("101", "100"),
        ("CNY", "HKD"),
    ]


def test_paid_twice_and_recorded_twice() -> None:
    result = reconcile(
        [paid("a"), paid("a", transaction_id="4200second"), paid("b"), paid("b")],
        [order("a", transaction_id="4200second"), order("b"), order("c"), order("c")],
    )
    assert counted(result) == {"matched": 2, "missing_there": 1, "duplicate": 3}
    again = {each.out_trade_no: each.there for each in result.differences if each.there}
    assert again["a"] == "4200a"


def test_an_attempt_that_was_closed_is_no_duplicate() -> None:
    orders = [order("a", trade_state="CLOSED"), order("a", trade_state="SUCCESS")]
    assert counted(reconcile([paid("a")], orders)) == {"matched": 1}


def test_another_transaction_id() -> None:
    result = reconcile([paid("a")], [order("a", transaction_id="4200other")])
    assert found(result) == [("duplicate", "a")]


def test_merchants() -> None:
    bill = [paid("a", sub_mchid="1"), paid("b", sub_mchid="1"), paid("b", sub_mchid="2")]
    right = [order("a", sub_mchid="1"), order("b", sub_mchid="1"), order("b", sub_mchid="2")]
    assert counted(reconcile(bill, right)) == {"matched": 3}
    result = reconcile(bill, [order("a", sub_mchid="2"), *right[1:]])
    assert found(result) == [("merchant", "a")]
    assert (result.differences[0].field, result.differences[0].here) == ("sub_mchid", "2")
    assert counted(reconcile(bill[:2], [order("a"), order("b")])) == {"matched": 2}
    assert counted(reconcile(bill[:1], [order("a")], mchid="1900000109")) == {"matched": 1}
    assert counted(reconcile(bill[:1], [order("a")], mchid="1900000108")) == {"merchant": 1}


def test_an_order_without_a_sub_merchant_among_those_with_one_is_the_merchants_own() -> None:
    bill = [paid("a", sub_mchid="1"), paid("b")]
    assert counted(reconcile(bill, [order("a", sub_mchid="1"), order("b")])) == {"matched": 2}
    wrong = [order("a"), order("b", sub_mchid="1")]
    assert counted(reconcile(bill, wrong)) == {"merchant": 2}


@pytest.mark.parametrize(
    ("fee", "rate", "counts"),
    [
        ("1", "0.006", {"matched": 1}),
        ("0.6", "0.006", {"matched": 1}),
        ("0.6", "0.6%", {"matched": 1}),
        ("2", "0.006", {"fee": 1}),
        ("1", "0.01", {"fee": 1}),
        ("0", "0.006", {"matched": 1}),
    ],
)
def test_fees(fee: str, rate: str, counts: dict[str, int]) -> None:
    bill = [paid("a", 100, fee=fee, rate=rate)]
    assert counted(reconcile(bill, [order("a")], rate="0.6%")) == counts


def test_a_fee_is_compared_with_the_orders() -> None:
    bill = [paid("a", 100, fee=1, rate="0.6%")]
    assert counted(reconcile(bill, [order("a", fee=1, rate="0.6%")], rate="1%")) == {"matched": 1}
    assert counted(reconcile(bill, [order("a", fee=2)])) == {"fee": 1}


@pytest.mark.parametrize(
    ("fee", "differs"), [("6.96", 0), ("7", 0), ("6", 0), ("8", 1), ("5", 1), ("6.9", 1)]
)
def test_a_fee_may_be_rounded(fee: str, differs: int) -> None:
    bill = [paid("a", 1160, fee=fee, rate="0.6%")]  # 6.96 fen
    assert reconcile(bill, [order("a", 1160)]).counts["fee"] == differs


def test_a_fee_is_of_what_is_settled() -> None:
    bill = [paid("a", 10_000, settlement_total=5_000, fee=30, rate="0.6%")]
    assert counted(reconcile(bill, [order("a", 10_000)])) == {"matched": 1}


def test_refunds() -> None:
    result = reconcile(
        [paid("a", 300), *(refunded("a", name, 50) for name in ("r1", "r2", "r3", "r4"))],
        [order("a", 300)],
        [
            refund("r1", 50, "a"),
            refund("r2", 49, "a"),
            refund("r3", 50, "b"),
            refund("r5", 50, "a"),
            refund("r6", 50, "a", refunded_at=at("10:00:00", BEFORE)),
            refund("r7", 50, "a", refund_status="CLOSED"),
        ],
    )
    assert found(result) == [
        ("refund_missing_here", "r4"),
        ("refund_missing_there", "r5"),
        ("refund_amount", "r2"),
        ("refund_amount", "r3"),
    ]
    assert result.counts["matched"] == 2
    assert [each.field for each in result.differences][2:] == ["refund", "out_trade_no"]


def test_refunded_too_much() -> None:
    bill = [refunded("a", "r1", 60), refunded("a", "r2", 60), refunded("b", "r3", 60)]
    mine = [refund("r1", 60, "a"), refund("r2", 60, "a"), refund("r3", 60, "b")]
    earlier = refund("r0", 50, "b", refunded_at=at("10:00:00", BEFORE))
    orders = [order(name, paid_at=at("10:00:00", BEFORE)) for name in ("a", "b")]
    assert found(reconcile(bill, orders, mine)) == [("refund_amount", "r2")]
    result = reconcile(bill, orders, [*mine, earlier])
    assert found(result) == [("refund_amount", "r2"), ("refund_amount", "r3")]
    assert [(each.here, each.there) for each in result.differences] == [
        ("100", "120"),
        ("100", "110"),
    ]
    assert result.counts["matched"] == 1


@pytest.mark.parametrize(
    ("there", "here", "differs"),
    [
        ("SUCCESS", None, False),
        ("SUCCESS", "SUCCESS", False),
        ("SUCCESS", "PROCESSING", True),
        ("SUCCESS", "ABNORMAL", True),
        ("PROCESSING", "SUCCESS", False),
        ("PROCESSING", "CLOSED", False),
        ("CHANGE", "ABNORMAL", False),
        ("CHANGE", "SUCCESS", True),
        ("FAIL", None, True),
        ("FAIL", "CLOSED", False),
    ],
)
def test_how_a_refund_ended(there: str, here: str | None, differs: bool) -> None:
    result = reconcile(
        [refunded("a", "r", 50, refund_status=there)],
        [order("a", paid_at=at("10:00:00", BEFORE))],
        [refund("r", 50, "a", refund_status=here)],
    )
    assert counted(result) == ({"state": 1} if differs else {"matched": 1})


def test_reversed_payments() -> None:
    result = reconcile(
        [paid("a"), revoked("a"), paid("b"), revoked("c"), paid("d")],
        [
            order("a", trade_state="SUCCESS"),
            order("b", trade_state="REVOKED"),
            order("d", trade_state="REVOKED", paid_at=at("23:59:00")),
            order("never paid", trade_state="REVOKED"),
        ],
        neighbours=[[revoked("d", trade_time=at("00:00:10", AFTER))]],
    )
    assert found(result) == [("state", "a"), ("state", "b"), ("refund_missing_here", "c")]
    assert result.counts["matched"] == 2


def test_refunds_around_midnight_and_of_other_merchants() -> None:
    result = reconcile(
        [refunded("a", "r1", 5, sub_mchid="1"), refunded("a", "r2", 5, sub_mchid="1")],
        [],
        [
            refund("r1", 5, "a", sub_mchid="1", refunded_at=at("00:00:00", AFTER)),
            refund("r2", 5, "a", sub_mchid="2"),
            refund("r3", 5, "a", sub_mchid="1"),
        ],
        neighbours=[[refunded("a", "r3", 5, sub_mchid="1", trade_time=at("00:01:00", AFTER))]],
    )
    assert found(result) == [("other_day", "r1"), ("other_day", "r3"), ("merchant", "r2")]


def test_numbers_are_compared_exactly() -> None:
    bill = [paid(number) for number in ("A1", "b ", "c\x00", "\u00e9", "1")]
    mine = [order(number) for number in ("a1", "b", "c", "e\u0301", 1)]
    assert counted(reconcile(bill, mine)) == {"matched": 1, "missing_here": 4, "missing_there": 4}


def test_one_row_in_several_classes() -> None:
    result = reconcile(
        [paid("a", fee=9, rate="0.6%", sub_mchid="1")],
        [order("a", 1, currency="USD", trade_state="CLOSED", sub_mchid="1")],
    )
    assert counted(result) == {"amount": 1, "currency": 1, "state": 1, "fee": 1}


def test_an_empty_bill() -> None:
    assert counted(reconcile([], [order("a")])) == {"missing_there": 1}
    with pytest.raises(ConfigurationError, match="date="):
        bills.reconcile([], [order("a")])
