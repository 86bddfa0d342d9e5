"""Reconciles trade bills with the merchant's orders."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ...utils.exceptions import ConfigurationError
from ...utils.translation import _
from . import inputs
from .balance import Balance, balance_of
from .duckdb_engine import DuckDB, connected
from .result import CLASSES, COLUMNS, KEY, Reconciliation
from .steps import RESULTS, STEPS

if TYPE_CHECKING:
    import datetime

    import pyarrow

__all__ = ["reconcile"]

EIGHT_HOURS = 8 * 3_600_000_000
"""Microseconds between Asia/Shanghai and UTC."""


def reconcile(
    trade_bill: Any,
    orders: Any,
    refunds: Any = (),
    *,
    columns: Mapping[str, str] | None = None,
    refund_columns: Mapping[str, str] | None = None,
    neighbours: Any = (),
    fund_flow: Any = None,
    rate: Decimal | str | None = None,
    date: inputs.Day | Iterable[inputs.Day] | None = None,
    mchid: str | None = None,
    engine: Any = "duckdb",
    memory_limit: str = "1500MB",
    temp_directory: str | os.PathLike[str] | None = None,
) -> Reconciliation:
    """Compare a trade bill with the merchant's own orders and refunds, to the fen.

    Every row of the bill and every order and refund of its days either matches or has differences.
    A class counts a row once, and a row may be in several classes.

    - An order belongs to the bill's days if its `paid_at` does, in +08:00, or if it has none.
      Orders of other days are ignored unless the bill contains them. An order is paid if it has no
      `trade_state`, or `SUCCESS` or `REFUND`; with `REVOKED`, it is paid if it has a `paid_at` or
      `transaction_id`; with any other state, it is unpaid. An unpaid order that is not in the bill
      is not a difference.
    - Orders are matched by `out_trade_no` and refunds by `out_refund_no`, both exactly as written.
      They are also matched by `sub_mchid` and `mchid` if any order (any refund) has one.
    - `missing_here`: a payment of the bill has no order. `missing_there`: a paid order of the days
      is neither in the bill nor in `neighbours`.
    - `other_day`: both sides have it, on different days; an order that the bill lacks is searched
      for in `neighbours`.
    - `merchant`: both sides have the number, under different merchants or sub-merchants.
    - `duplicate`: each further payment of the same number in the bill, and each further paid order
      of the merchant; and a pair with different `transaction_id` (`refund_id`).
    - `amount`: the order's `total` differs from the bill's (`订单金额`). `currency`: the currencies
      differ.
    - `state`: paid in the bill and unpaid in the order; reversed on one side only; a refund that
      succeeded on one side, and on the other failed or (merchant's side only) is still in progress.
      The bill is never updated, so a refund that it lists as `PROCESSING` may have any final state.
    - `fee`: the bill's rate differs from the order's, or from `rate`; or its fee is not its own
      rate of `settlement_total`, either exact or rounded half up or down to fen; or it differs from
      the order's `fee`. A refund's fee is not compared: the last of several contains the rounding
      differences.
    - `refund_missing_here`, `refund_missing_there`: as for payments; a refund that the merchant has
      as `CLOSED` is not expected in the bill. A reversal (`REVOKED`) of an unknown order is
      `refund_missing_here`.
    - `refund_amount`: the refund's amount differs from the requested amount in the bill
      (`申请退款金额`), or it belongs to another order; or all refunds of an order exceed its total,
      which counts once, at the last of them in the bill.

    Args:
        trade_bill: a path, a `BillFile`, an Arrow table or rows; or a list of bills of several days
            or sub-merchants.
        orders: a path of Parquet files or of a CSV file, an Arrow table or reader, a DataFrame of
            Polars or pandas, a relation of DuckDB, `(engine, table)` of SQLAlchemy with a table, a
            `select` or a table's name, or an iterable of mappings or objects. Columns:
            `out_trade_no` and `total` (fen); optionally `trade_state`, `transaction_id`, `mchid`,
            `sub_mchid`, `currency`, `paid_at`, `rate` and `fee` (fen).
        refunds: the same kinds of sources. Columns: `out_refund_no`, `refund` (fen) and
            `out_trade_no`; optionally `refund_status`, `refund_id`, `mchid`, `sub_mchid`,
            `currency`, and `refunded_at`, the time of the request, as in the bill.
        columns: the column names of `orders`, by our name: `{"total": "amount_fen"}`.
        refund_columns: the column names of `refunds`.
        neighbours: the bills of the previous and the next day.
        fund_flow: one or several fund flow bills of the account that received the payments;
            `Reconciliation.balance` then compares them with the trade bill.
        rate: the agreed fee as a fraction or in percent: `Decimal("0.006")`, `"0.6%"`. A column
            `rate` of the orders takes precedence.
        date: the bill's day or days; None takes them from the bill.
        mchid: the merchant of the orders and refunds, if they have no such column.
        engine: the engine that runs the statements: `duckdb` in this process, or a `SparkSession`.
            On Spark, bills, orders and refunds may be its DataFrames, and Spark reads the paths of
            `orders` and `refunds`.
        memory_limit: DuckDB's memory limit; beyond it, DuckDB writes to disk.
        temp_directory: the directory for that data, which is removed afterwards; None is the
            system's.

    Raises:
        BillError: a bill is damaged.
        ConfigurationError: a source cannot be read, lacks a column, or has an invalid value, such
            as an amount that is not in whole fen or an unknown `trade_state`.

    Source: https://pay.weixin.qq.com/docs/merchant/products/bill-download/format-trade.html
    """
    directory = None if temp_directory is None else os.fspath(temp_directory)
    with ExitStack() as stack:
        local = DuckDB(stack.enter_context(connected(memory_limit, directory)))
        runs = _engine(engine, local, stack)
        bills = inputs.stage_bills(runs, "trade", trade_bill)
        inputs.stage_bills(runs, "neighbours", neighbours)
        inputs.stage_own(
            runs,
            orders,
            refunds,
            columns=columns,
            refund_columns=refund_columns,
            rate=inputs.rate_given(rate),
            mchid=mchid,
        )
        days, mchids = inputs.stage_days(runs, bills, date)
        results = runs.run(STEPS, RESULTS)
        balance = None if fund_flow is None else balance_of(runs, fund_flow)
    return _result(results, days, mchids, balance)


def _engine(engine: Any, local: DuckDB, stack: ExitStack) -> inputs.Engine:
    if engine == "duckdb":
        return local
    from .spark_engine import Spark, is_session

    if not is_session(engine):
        raise ConfigurationError(
            _("engine {engine!r}: expected 'duckdb' or a SparkSession", engine=engine)
        )
    spark = Spark(engine, local)
    stack.callback(spark.close)
    return spark


def _result(
    results: Mapping[str, pyarrow.Table],
    days: tuple[datetime.date, ...],
    mchids: tuple[str, ...],
    balance: Balance | None,
) -> Reconciliation:
    import pyarrow
    import pyarrow.compute as compute

    table = results["differences"].select(list(COLUMNS))
    at = table.schema.get_field_index("trade_time")
    local = table["trade_time"].cast(pyarrow.timestamp("us")).cast(pyarrow.int64())
    zoned = compute.subtract(local, EIGHT_HOURS).cast(pyarrow.timestamp("us", "Asia/Shanghai"))
    table = table.set_column(at, "trade_time", zoned)
    order = pyarrow.table(
        {
            "kind": compute.index_in(table["kind"], value_set=pyarrow.array(CLASSES)),
            **{name: compute.fill_null(table[name], "") for name in KEY},
        }
    )
    keys = [(name, "ascending") for name in order.column_names]
    table = table.take(compute.sort_indices(order, sort_keys=keys))
    counts = {row["kind"]: int(row["number"]) for row in results["counts"].to_pylist()}
    return Reconciliation(table, counts, results["hours"].to_pylist(), days, mchids, balance)
