"""The SQL statements of the reconciliation, in a subset that every dialect supports.

They read the tables of `schema.py` and build on each other: first they find the differing numbers
in one pass over all rows; then they pair the rows of these few numbers and classify them.

`there` is WeChat Pay's side, `here` the merchant's. A row is a `payment`, a `refund` or a `revoke`
(a reversed code payment), and it is matched by its `number`. `m` and `s` are the merchant and the
sub-merchant, as far as the merchant's side contains them.
"""

from __future__ import annotations

__all__ = ["events"]


def events(table: str) -> str:
    """Return the rows of a trade bill as payments, refunds and revokes.

    Args:
        table: a table with the columns of a trade bill.
    """
    return f"""
SELECT
    row_kind,
    CASE WHEN row_kind = 'refund' THEN COALESCE(out_refund_no, refund_id, '')
         ELSE out_trade_no END AS number,
    out_trade_no,
    CASE WHEN row_kind = 'refund' THEN out_refund_no END AS out_refund_no,
    transaction_id,
    CASE WHEN row_kind = 'payment' THEN transaction_id ELSE refund_id END AS own_id,
    mchid,
    COALESCE(sub_mchid, '0') AS sub_mchid,
    currency,
    CASE WHEN row_kind = 'payment' THEN COALESCE(total, settlement_total)
         ELSE COALESCE(refund_requested, refund) END AS amount,
    CASE WHEN row_kind = 'payment' THEN trade_state ELSE refund_status END AS status,
    settlement_total,
    refund AS paid_back,
    fee,
    rate,
    trade_time,
    CAST(trade_time AS DATE) AS day,
    line,
    CASE WHEN row_kind = 'refund' AND refunds_mchids > 0 THEN mchid
         WHEN row_kind <> 'refund' AND orders_mchids > 0 THEN mchid ELSE '' END AS m,
    CASE WHEN row_kind = 'refund' AND refunds_sub_mchids > 0 THEN COALESCE(sub_mchid, '0')
         WHEN row_kind <> 'refund' AND orders_sub_mchids > 0 THEN COALESCE(sub_mchid, '0')
         ELSE '' END AS s
FROM (
    SELECT
        b.*,
        x.orders_mchids,
        x.orders_sub_mchids,
        x.refunds_mchids,
        x.refunds_sub_mchids,
        CASE WHEN b.trade_state = 'REVOKED' THEN 'revoke'
             WHEN b.trade_state = 'REFUND' OR b.out_refund_no IS NOT NULL
                 OR b.refund_id IS NOT NULL
             THEN 'refund' ELSE 'payment' END AS row_kind
    FROM {table} AS b
    CROSS JOIN scope AS x
) AS rows_of_bill
"""


HERE = """
SELECT
    'payment' AS row_kind,
    o.out_trade_no AS number,
    o.out_trade_no,
    CAST(NULL AS VARCHAR) AS out_refund_no,
    o.transaction_id,
    o.transaction_id AS own_id,
    o.mchid,
    o.sub_mchid,
    o.currency,
    o.total AS amount,
    o.trade_state AS status,
    CASE WHEN o.trade_state IS NULL OR o.trade_state IN ('SUCCESS', 'REFUND') THEN 1
         WHEN o.trade_state = 'REVOKED' AND (o.paid_at IS NOT NULL OR o.transaction_id IS NOT NULL)
         THEN 1 ELSE 0 END AS counted,
    CASE WHEN o.paid_at IS NULL THEN x.payments
         WHEN d.payments = 1 THEN 1 ELSE 0 END AS in_scope,
    o.paid_at AS moment,
    CAST(o.paid_at AS DATE) AS day,
    o.rate,
    o.fee,
    CASE WHEN x.orders_mchids > 0 THEN COALESCE(o.mchid, x.mchid) ELSE '' END AS m,
    CASE WHEN x.orders_sub_mchids > 0 THEN COALESCE(o.sub_mchid, '0') ELSE '' END AS s
FROM orders AS o
LEFT JOIN days AS d ON d.day = CAST(o.paid_at AS DATE)
CROSS JOIN scope AS x
UNION ALL
SELECT
    'refund' AS row_kind,
    r.out_refund_no AS number,
    r.out_trade_no,
    r.out_refund_no,
    CAST(NULL AS VARCHAR) AS transaction_id,
    r.refund_id AS own_id,
    r.mchid,
    r.sub_mchid,
    r.currency,
    r.refund AS amount,
    r.refund_status AS status,
    CASE WHEN r.refund_status IN ('CLOSED', 'FAIL', 'REFUNDCLOSE') THEN 0 ELSE 1 END AS counted,
    CASE WHEN r.refunded_at IS NULL THEN x.refunds
         WHEN d.refunds = 1 THEN 1 ELSE 0 END AS in_scope,
    r.refunded_at AS moment,
    CAST(r.refunded_at AS DATE) AS day,
    CAST(NULL AS DECIMAL(9, 6)) AS rate,
    CAST(NULL AS DECIMAL(18, 3)) AS fee,
    CASE WHEN x.refunds_mchids > 0 THEN COALESCE(r.mchid, x.mchid) ELSE '' END AS m,
    CASE WHEN x.refunds_sub_mchids > 0 THEN COALESCE(r.sub_mchid, '0') ELSE '' END AS s
FROM refunds AS r
LEFT JOIN days AS d ON d.day = CAST(r.refunded_at AS DATE)
CROSS JOIN scope AS x
"""

SCOPE = """
SELECT
    d.payments,
    d.refunds,
    o.mchids AS orders_mchids,
    o.sub_mchids AS orders_sub_mchids,
    r.mchids AS refunds_mchids,
    r.sub_mchids AS refunds_sub_mchids,
    t.mchid
FROM (SELECT MAX(payments) AS payments, MAX(refunds) AS refunds FROM days) AS d
CROSS JOIN (SELECT COUNT(mchid) AS mchids, COUNT(sub_mchid) AS sub_mchids FROM orders) AS o
CROSS JOIN (SELECT COUNT(mchid) AS mchids, COUNT(sub_mchid) AS sub_mchids FROM refunds) AS r
CROSS JOIN (
    SELECT CASE WHEN MIN(mchid) = MAX(mchid) THEN MIN(mchid) ELSE '' END AS mchid FROM trade
) AS t
"""

WRONG_FEE = """(
    t.fee <> ROUND(CAST(t.settlement_total AS DECIMAL(18, 0)) * t.rate, 0)
    AND t.fee <> FLOOR(CAST(t.settlement_total AS DECIMAL(18, 0)) * t.rate)
    AND t.fee <> CAST(t.settlement_total AS DECIMAL(18, 0)) * t.rate
)"""
"""Whether a payment's fee does not match its rate: it is neither exact nor rounded to fen.

A fee that is rounded down is in the merchant's favour, and not a difference."""

REFUND_STATE = """(
    (t.status = 'SUCCESS' AND h.status IN ({pending}, {failed}))
    OR (t.status IN ({failed}) AND (h.status IS NULL OR h.status IN ('SUCCESS', {pending})))
)""".format(pending="'PROCESSING'", failed="'FAIL', 'CHANGE', 'REFUNDCLOSE', 'CLOSED', 'ABNORMAL'")
"""Whether a refund has another final state; the bill is not updated, so it may be outdated."""

DIFFERING = f"""
WITH payments_there AS (
    SELECT
        t.number, t.amount, t.currency, t.own_id, t.day, t.m, t.s, t.rate, t.fee,
        CASE WHEN {WRONG_FEE} THEN 1 ELSE 0 END AS wrong
    FROM there AS t
    WHERE t.row_kind = 'payment'
),
payments_here AS (
    SELECT
        h.number, h.amount, h.currency, h.own_id, h.day, h.m, h.s, h.rate, h.fee,
        CASE WHEN h.counted = 1 AND h.in_scope = 1 THEN 1 ELSE 0 END AS expected,
        CASE WHEN h.counted = 0 OR h.status = 'REVOKED' THEN 1 ELSE 0 END AS ended
    FROM here AS h
    WHERE h.row_kind = 'payment'
)
SELECT 'payment' AS row_kind, COALESCE(t.number, h.number) AS number
FROM payments_there AS t
FULL OUTER JOIN payments_here AS h ON t.number = h.number
WHERE h.number IS NULL
    OR (t.number IS NULL AND h.expected = 1)
    OR (t.number IS NOT NULL AND (
        t.wrong = 1
        OR h.ended = 1
        OR t.amount <> h.amount
        OR t.day <> h.day
        OR t.m <> h.m
        OR t.s <> h.s
        OR UPPER(t.currency) <> UPPER(h.currency)
        OR t.own_id <> h.own_id
        OR t.rate <> h.rate
        OR t.fee <> h.fee
    ))
UNION ALL
SELECT 'refund' AS row_kind, COALESCE(t.number, h.number) AS number
FROM (SELECT * FROM there WHERE row_kind = 'refund') AS t
FULL OUTER JOIN (SELECT * FROM here WHERE row_kind = 'refund') AS h ON t.number = h.number
WHERE h.number IS NULL
    OR (t.number IS NULL AND h.counted = 1 AND h.in_scope = 1)
    OR (t.number IS NOT NULL AND (
        t.amount <> h.amount
        OR t.out_trade_no <> h.out_trade_no
        OR t.day <> h.day
        OR t.m <> h.m
        OR t.s <> h.s
        OR UPPER(t.currency) <> UPPER(h.currency)
        OR t.own_id <> h.own_id
        OR {REFUND_STATE}
    ))
UNION ALL
SELECT 'revoke' AS row_kind, number FROM there WHERE row_kind = 'revoke'
"""

GIVEN_BACK = """
SELECT out_trade_no, SUM(amount) AS refunded
FROM (
    SELECT out_trade_no, amount, 1 AS listed FROM there
    WHERE row_kind <> 'payment'
        AND (status IS NULL OR status IN ('SUCCESS', 'PROCESSING'))
    UNION ALL
    SELECT h.out_trade_no, h.amount, 0 AS listed FROM here AS h
    LEFT JOIN there AS t ON t.row_kind = 'refund' AND t.number = h.number
    WHERE h.row_kind = 'refund' AND h.counted = 1 AND t.number IS NULL
) AS refunds_of_both
GROUP BY out_trade_no
HAVING MAX(listed) = 1
"""
"""The refunds of each order that the bill refunds, on this day and, as far as the merchant's side
has them, on other days."""

TOO_MUCH = """
WITH paid AS (
    SELECT out_trade_no, MAX(total) AS total
    FROM (
        SELECT t.out_trade_no, SUM(t.amount) AS total FROM there AS t
        JOIN given_back AS g ON g.out_trade_no = t.out_trade_no
        WHERE t.row_kind = 'payment'
        GROUP BY t.out_trade_no
        UNION ALL
        SELECT h.out_trade_no, SUM(h.amount) AS total FROM here AS h
        JOIN given_back AS g ON g.out_trade_no = h.out_trade_no
        WHERE h.row_kind = 'payment' AND h.counted = 1
        GROUP BY h.out_trade_no
    ) AS totals_of_both
    GROUP BY out_trade_no
)
SELECT number, mchid, sub_mchid, refunded, total
FROM (
    SELECT
        t.number, t.mchid, t.sub_mchid, g.refunded, p.total,
        ROW_NUMBER() OVER (
            PARTITION BY t.out_trade_no ORDER BY t.trade_time DESC, t.line DESC, t.number DESC
        ) AS place
    FROM there AS t
    JOIN given_back AS g ON g.out_trade_no = t.out_trade_no
    JOIN paid AS p ON p.out_trade_no = t.out_trade_no
    WHERE t.row_kind = 'refund' AND g.refunded > p.total
) AS refunds_of_bill
WHERE place = 1
"""

SUSPECTS = """
SELECT row_kind, number FROM differing
UNION
SELECT 'payment' AS row_kind, number FROM there WHERE row_kind = 'payment'
GROUP BY number HAVING COUNT(*) > 1
UNION
SELECT 'payment' AS row_kind, number FROM here WHERE row_kind = 'payment'
GROUP BY number HAVING COUNT(*) > 1
UNION
SELECT 'refund' AS row_kind, number FROM there WHERE row_kind = 'refund'
GROUP BY number HAVING COUNT(*) > 1
UNION
SELECT 'refund' AS row_kind, number FROM here WHERE row_kind = 'refund'
GROUP BY number HAVING COUNT(*) > 1
UNION
SELECT 'payment' AS row_kind, number FROM differing WHERE row_kind = 'revoke'
UNION
SELECT 'refund' AS row_kind, number FROM too_much
"""

HERE_ROWS = """
SELECT h.* FROM here AS h
JOIN suspects AS p ON p.number = h.number AND p.row_kind = h.row_kind
"""

THERE_ROWS = """
SELECT t.* FROM there AS t
JOIN suspects AS p ON p.number = t.number AND p.row_kind = t.row_kind
"""

KNOWN = """(
    SELECT DISTINCT row_kind, number, own_id FROM {table} WHERE own_id IS NOT NULL
) AS k ON k.row_kind = {side}.row_kind AND k.number = {side}.number AND k.own_id = {side}.own_id"""

THERE_RANKED = f"""
SELECT
    t.*,
    ROW_NUMBER() OVER (
        PARTITION BY t.row_kind, t.number, t.m, t.s
        ORDER BY CASE WHEN k.own_id IS NULL THEN 1 ELSE 0 END,
            k.own_id, t.trade_time, t.own_id, t.line
    ) AS place
FROM there_rows AS t
LEFT JOIN {KNOWN.format(table="here_rows", side="t")}
"""

HERE_RANKED = f"""
SELECT * FROM (
    SELECT
        h.*,
        ROW_NUMBER() OVER (
            PARTITION BY h.row_kind, h.number, h.m, h.s
            ORDER BY CASE WHEN k.own_id IS NULL THEN 1 ELSE 0 END,
                h.counted DESC, h.in_scope DESC, k.own_id, h.moment, h.own_id, h.amount
        ) AS place
    FROM here_rows AS h
    LEFT JOIN {KNOWN.format(table="there_rows", side="h")}
) AS numbered
WHERE place = 1 OR counted = 1
"""

LEFT_THERE = """
SELECT t.*, ROW_NUMBER() OVER (PARTITION BY t.row_kind, t.number ORDER BY t.m, t.s) AS turn
FROM there_ranked AS t
LEFT JOIN here_ranked AS h
    ON h.row_kind = t.row_kind AND h.number = t.number
    AND h.m = t.m AND h.s = t.s AND h.place = t.place
WHERE t.place = 1 AND h.number IS NULL
"""

LEFT_HERE = """
SELECT h.*, ROW_NUMBER() OVER (PARTITION BY h.row_kind, h.number ORDER BY h.m, h.s) AS turn
FROM here_ranked AS h
LEFT JOIN there_ranked AS t
    ON t.row_kind = h.row_kind AND t.number = h.number
    AND t.m = h.m AND t.s = h.s AND t.place = h.place
WHERE h.place = 1 AND h.counted = 1 AND h.in_scope = 1 AND t.number IS NULL
"""

THERE_COLUMNS = (
    "row_kind",
    "number",
    "out_trade_no",
    "out_refund_no",
    "transaction_id",
    "own_id",
    "mchid",
    "sub_mchid",
    "currency",
    "amount",
    "status",
    "settlement_total",
    "fee",
    "rate",
    "trade_time",
    "day",
    "line",
    "m",
    "s",
    "place",
)
HERE_COLUMNS = (
    "row_kind",
    "number",
    "out_trade_no",
    "out_refund_no",
    "transaction_id",
    "own_id",
    "mchid",
    "sub_mchid",
    "currency",
    "amount",
    "status",
    "counted",
    "in_scope",
    "moment",
    "day",
    "rate",
    "fee",
    "m",
    "s",
    "place",
)
BOTH = ", ".join(
    [f"t.{name} AS t_{name}" for name in THERE_COLUMNS]
    + [f"h.{name} AS h_{name}" for name in HERE_COLUMNS]
)
