"""Compares the fund flow bill with the trade bill, to the fen.

A payment enters the account with its settled amount, and its fee leaves in a separate entry; a
refund leaves without the returned fee. The total movement of a payment or refund, identified by its
number (`微信支付业务单号`), is therefore the same in both bills. Movements that are not in the
trade bill (withdrawals, transfers, profit sharing) are listed by business type.

Source: https://pay.weixin.qq.com/docs/merchant/products/bill-download/format-fundflow.html
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from ...display.showing import showing
from ...utils.exceptions import ConfigurationError
from ...utils.translation import _
from .inputs import Engine, each_bill, nothing, stage_file
from .schema import FUND_FLOW
from .steps import Step

if TYPE_CHECKING:
    import pyarrow

    from ...display.view import View

__all__ = ["Balance", "BalanceLine", "Unexplained", "balance_of"]

SIGNED = "CASE WHEN direction = '收入' THEN amount ELSE -amount END"

MOVES = f"""
SELECT number, SUM(expected) AS there, SUM(moved) AS moved
FROM (
    SELECT
        CASE WHEN row_kind = 'payment' THEN transaction_id
             ELSE COALESCE(own_id, transaction_id) END AS number,
        CASE WHEN row_kind = 'payment' THEN settlement_total ELSE -paid_back END
            - CAST(ROUND(COALESCE(fee, 0), 0) AS BIGINT) AS expected,
        CAST(0 AS BIGINT) AS moved,
        1 AS of_trade
    FROM there
    UNION ALL
    SELECT
        business_id AS number,
        CAST(0 AS BIGINT) AS expected,
        {SIGNED} AS moved,
        CASE WHEN business_name IN ('交易', '退款') THEN 1 ELSE 0 END AS of_trade
    FROM fund_flow
) AS of_both
GROUP BY number
HAVING MAX(of_trade) = 1 AND SUM(expected) <> SUM(moved)
"""

FLOWS = f"""
SELECT business_name, business_type, COUNT(*) AS number, SUM({SIGNED}) AS amount,
    SUM(CASE WHEN direction = '收入' THEN amount ELSE 0 END) AS income
FROM fund_flow
GROUP BY business_name, business_type
"""

STEPS = (Step("moves", MOVES), Step("flows", FLOWS))


@dataclasses.dataclass(frozen=True, slots=True)
class BalanceLine:
    """The movements of one business type on the account.

    Attributes:
        business_name: such as `交易`.
        business_type: such as `扣除交易手续费`.
        count: the number of entries.
        amount: fen, negative for money that left.
    """

    business_name: str
    business_type: str
    count: int
    amount: int


@dataclasses.dataclass(frozen=True, slots=True)
class Unexplained:
    """A payment or refund with different amounts in the two bills.

    Attributes:
        business_id: `transaction_id` or `refund_id`.
        expected: fen according to the trade bill, including the fee; negative for money that
            leaves.
        moved: fen according to the fund flow bill.
    """

    business_id: str
    expected: int
    moved: int


@showing
@dataclasses.dataclass(frozen=True, slots=True)
class Balance:
    """The change of the account's balance, and its explanation.

    Attributes:
        opening: fen before the first entry; the sum for several bills.
        closing: fen after the last entry; the sum for several bills.
        income: fen that came in.
        expenditure: fen that left.
        lines: the movements by business type; their sum is `income` minus `expenditure`.
        unexplained: payments and refunds with different amounts.
    """

    opening: int
    closing: int
    income: int
    expenditure: int
    lines: tuple[BalanceLine, ...]
    unexplained: tuple[Unexplained, ...]

    @property
    def missing(self) -> int:
        """Fen by which the entries do not lead from `opening` to `closing`."""
        return self.closing - self.opening - self.income + self.expenditure

    @property
    def ok(self) -> bool:
        """Whether everything is explained, to the fen."""
        return not self.missing and not self.unexplained

    def _view_(self) -> View:
        from .showing import balance_view

        return balance_view(self)


def balance_of(engine: Engine, fund_flow: Any) -> Balance:
    """Compare fund flow bills with the trade bill that an engine has reconciled.

    Args:
        engine: an engine with the step `there`.
        fund_flow: one or several bills.

    Raises:
        BillError: a bill is damaged.
        ConfigurationError: a source cannot be read.
    """
    opening = closing = 0
    parts = []
    for at, source in enumerate(each_bill(fund_flow)):
        table = f"fund_flow_{at}"
        stage_file(
            engine, table, source, "fund_flow", FUND_FLOW, ("direction", "amount", "balance")
        )
        parts.append(f"SELECT * FROM {table}")
        columns = f"balance, {SIGNED} FROM {table} ORDER BY"
        first = engine.query(f"SELECT {columns} line, accounting_time LIMIT 1")
        last = engine.query(f"SELECT {columns} line DESC, accounting_time DESC LIMIT 1")
        for balance, amount in first:
            opening += balance - amount
        for balance, _ignored in last:
            closing += balance
    if not parts:
        raise ConfigurationError(_("fund_flow: no bill was passed"))
    engine.view("fund_flow", " UNION ALL ".join(parts) if parts else nothing(FUND_FLOW))
    results = engine.run(STEPS, ("moves", "flows"))
    return _balance(opening, closing, results["moves"], results["flows"])


def _balance(opening: int, closing: int, moves: pyarrow.Table, flows: pyarrow.Table) -> Balance:
    rows = sorted(
        flows.to_pylist(),
        key=lambda row: (row["business_name"] or "", row["business_type"] or ""),
    )
    income = sum(int(row["income"]) for row in rows)
    return Balance(
        opening=opening,
        closing=closing,
        income=income,
        expenditure=income - sum(int(row["amount"]) for row in rows),
        lines=tuple(
            BalanceLine(
                row["business_name"] or "",
                row["business_type"] or "",
                int(row["number"]),
                int(row["amount"]),
            )
            for row in rows
        ),
        unexplained=tuple(
            Unexplained(row["number"] or "", int(row["there"]), int(row["moved"]))
            for row in sorted(moves.to_pylist(), key=lambda row: row["number"] or "")
        ),
    )
