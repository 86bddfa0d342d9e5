"""The statements that classify and count the differences.

They run after those of `statements.py`, which leave few rows.
"""

from __future__ import annotations

from .statements import BOTH, REFUND_STATE, WRONG_FEE

__all__ = ["COMPARED", "COUNTS", "DIFFERENCES", "HOURS", "JUDGED", "NEAR"]

ON_KEY = """{a}.row_kind = {b}.row_kind AND {a}.number = {b}.number
    AND {a}.m = {b}.m AND {a}.s = {b}.s"""
SAME_KEY = ON_KEY.format(a="t", b="h")
SAME_TURN = "t.row_kind = h.row_kind AND t.number = h.number AND t.turn = h.turn"

NEAR = """
SELECT t.row_kind, t.number, t.m, t.s, MIN(t.trade_time) AS trade_time
FROM beside AS t
JOIN suspects AS p
    ON p.number = t.number
    AND p.row_kind = CASE WHEN t.row_kind = 'revoke' THEN 'payment' ELSE t.row_kind END
GROUP BY t.row_kind, t.number, t.m, t.s
"""
"""The suspects in the bills of the adjacent days."""

COMPARED = f"""
SELECT 'pair' AS situation, {BOTH}
FROM there_ranked AS t
JOIN here_ranked AS h ON {SAME_KEY} AND t.place = h.place
WHERE t.place = 1
UNION ALL
SELECT 'pair' AS situation, {BOTH}
FROM left_there AS t
JOIN left_here AS h ON {SAME_TURN}
UNION ALL
SELECT 'there' AS situation, {BOTH}
FROM left_there AS t
LEFT JOIN left_here AS h ON {SAME_TURN}
WHERE h.number IS NULL
UNION ALL
SELECT 'here' AS situation, {BOTH}
FROM left_here AS h
LEFT JOIN left_there AS t ON {SAME_TURN}
WHERE t.number IS NULL
UNION ALL
SELECT 'again' AS situation, {BOTH}
FROM there_ranked AS t
LEFT JOIN here_ranked AS h ON {SAME_KEY} AND t.place = h.place
WHERE t.place > 1
UNION ALL
SELECT 'again' AS situation, {BOTH}
FROM here_ranked AS h
LEFT JOIN there_ranked AS t ON {SAME_KEY} AND t.place = h.place
LEFT JOIN there_ranked AS f ON {ON_KEY.format(a="f", b="h")} AND f.place = 1
WHERE h.place > 1 AND t.number IS NULL AND (h.in_scope = 1 OR f.number IS NOT NULL)
"""
"""Each row with its counterpart: a pair, a row on one side only, or a surplus row."""

JUDGED = """
SELECT
    c.*,
    o.number AS order_number,
    o.status AS order_status,
    n.trade_time AS near_time,
    CASE WHEN v.number IS NULL AND w.number IS NULL THEN 0 ELSE 1 END AS revoked,
    x.refunds AS refunds_listed,
    y.refunded,
    y.total AS paid
FROM compared AS c
CROSS JOIN scope AS x
LEFT JOIN here_ranked AS o
    ON c.t_row_kind = 'revoke' AND o.row_kind = 'payment' AND o.number = c.t_number
    AND o.m = c.t_m AND o.s = c.t_s AND o.place = 1
LEFT JOIN near AS n
    ON c.situation = 'here' AND n.row_kind = c.h_row_kind AND n.number = c.h_number
    AND n.m = c.h_m AND n.s = c.h_s
LEFT JOIN (SELECT DISTINCT number, m, s FROM there_ranked WHERE row_kind = 'revoke') AS v
    ON c.t_row_kind = 'payment' AND v.number = c.t_number AND v.m = c.t_m AND v.s = c.t_s
LEFT JOIN near AS w
    ON c.t_row_kind = 'payment' AND w.row_kind = 'revoke' AND w.number = c.t_number
    AND w.m = c.t_m AND w.s = c.t_s
LEFT JOIN too_much AS y
    ON c.t_row_kind = 'refund' AND y.number = c.t_number
    AND y.mchid = c.t_mchid AND y.sub_mchid = c.t_sub_mchid AND c.t_place = 1
"""


def _sides(condition: str) -> str:
    """Rewrite a condition on `t.` and `h.` for the columns of `compared`."""
    return condition.replace("t.", "t_").replace("h.", "h_")


def _difference(kind: str, field: str, here: str, there: str, where: str) -> str:
    return f"""
SELECT
    {kind} AS kind,
    COALESCE(t_row_kind, h_row_kind) AS row_kind,
    COALESCE(t_out_trade_no, h_out_trade_no) AS out_trade_no,
    COALESCE(t_out_refund_no, h_out_refund_no) AS out_refund_no,
    COALESCE(t_transaction_id, h_transaction_id) AS transaction_id,
    COALESCE(t_mchid, h_mchid) AS mchid,
    COALESCE(NULLIF(t_sub_mchid, '0'), NULLIF(h_sub_mchid, '0')) AS sub_mchid,
    {field} AS field,
    CAST({here} AS VARCHAR) AS here,
    CAST({there} AS VARCHAR) AS there,
    COALESCE(t_amount, h_amount) AS amount,
    COALESCE(t_trade_time, h_moment) AS trade_time,
    COALESCE(t_day, h_day) AS day,
    t_line AS line,
    t_number AS bill_number,
    t_m AS m,
    t_s AS s,
    t_place AS place
FROM judged
WHERE {where}"""


PAIR = "situation = 'pair'"
PAYMENT = f"{PAIR} AND t_row_kind = 'payment'"
REFUND = f"{PAIR} AND t_row_kind = 'refund'"
AMOUNT_FIELD = (
    "CASE WHEN COALESCE(t_row_kind, h_row_kind) = 'payment' THEN 'total' ELSE 'refund' END"
)
TIME_FIELD = (
    "CASE WHEN COALESCE(t_row_kind, h_row_kind) = 'payment' THEN 'paid_at' ELSE 'refunded_at' END"
)
ID_FIELD = (
    "CASE WHEN COALESCE(t_row_kind, h_row_kind) = 'payment' THEN 'transaction_id' "
    "ELSE 'refund_id' END"
)
OTHER_FEE = f"(t_fee <> h_fee OR {_sides(WRONG_FEE)})"
OTHER_MCHID = "(t_m <> h_m)"

DIFFERENCES = "\nUNION ALL\n".join(
    (
        _difference(
            "CASE WHEN t_row_kind = 'payment' THEN 'missing_here' ELSE 'refund_missing_here' END",
            AMOUNT_FIELD,
            "NULL",
            "t_amount",
            "situation = 'there' AND (t_row_kind <> 'revoke' OR order_number IS NULL)",
        ),
        _difference(
            "CASE WHEN h_row_kind = 'payment' THEN 'missing_there' ELSE 'refund_missing_there' END",
            AMOUNT_FIELD,
            "h_amount",
            "NULL",
            "situation = 'here' AND near_time IS NULL",
        ),
        _difference(
            "'other_day'",
            TIME_FIELD,
            "h_day",
            "CAST(near_time AS DATE)",
            "situation = 'here' AND near_time IS NOT NULL",
        ),
        _difference("'other_day'", TIME_FIELD, "h_day", "t_day", f"{PAIR} AND t_day <> h_day"),
        _difference("'duplicate'", ID_FIELD, "h_own_id", "t_own_id", "situation = 'again'"),
        _difference(
            "'duplicate'", ID_FIELD, "h_own_id", "t_own_id", f"{PAIR} AND t_own_id <> h_own_id"
        ),
        _difference(
            "'merchant'",
            f"CASE WHEN {OTHER_MCHID} THEN 'mchid' ELSE 'sub_mchid' END",
            f"CASE WHEN {OTHER_MCHID} THEN h_m ELSE h_s END",
            f"CASE WHEN {OTHER_MCHID} THEN t_m ELSE t_s END",
            f"{PAIR} AND (t_m <> h_m OR t_s <> h_s)",
        ),
        _difference(
            "'amount'", "'total'", "h_amount", "t_amount", f"{PAYMENT} AND t_amount <> h_amount"
        ),
        _difference(
            "'currency'",
            "'currency'",
            "h_currency",
            "t_currency",
            f"{PAIR} AND UPPER(t_currency) <> UPPER(h_currency)",
        ),
        _difference(
            "'state'",
            "'trade_state'",
            "h_status",
            "t_status",
            f"{PAYMENT} AND ((h_counted = 0 AND h_status <> 'REVOKED') "
            "OR (h_status = 'REVOKED' AND revoked = 0 "
            "AND refunds_listed = 1))",
        ),
        _difference(
            "'state'",
            "'trade_state'",
            "order_status",
            "'REVOKED'",
            "situation = 'there' AND t_row_kind = 'revoke' AND order_number IS NOT NULL "
            "AND (order_status IS NULL OR order_status <> 'REVOKED')",
        ),
        _difference(
            "'state'",
            "'refund_status'",
            "h_status",
            "t_status",
            f"{REFUND} AND {_sides(REFUND_STATE)}",
        ),
        _difference("'fee'", "'rate'", "h_rate", "t_rate", f"{PAYMENT} AND t_rate <> h_rate"),
        _difference(
            "'fee'",
            "'fee'",
            "h_fee",
            "t_fee",
            f"{PAYMENT} AND (t_rate IS NULL OR h_rate IS NULL OR t_rate = h_rate) AND {OTHER_FEE}",
        ),
        _difference(
            "'refund_amount'",
            "'refund'",
            "h_amount",
            "t_amount",
            f"{REFUND} AND t_amount <> h_amount",
        ),
        _difference(
            "'refund_amount'",
            "'out_trade_no'",
            "h_out_trade_no",
            "t_out_trade_no",
            f"{REFUND} AND t_amount = h_amount AND t_out_trade_no <> h_out_trade_no",
        ),
        _difference(
            "'refund_amount'",
            "'total'",
            "paid",
            "refunded",
            "refunded IS NOT NULL AND (h_number IS NULL OR "
            "(t_amount = h_amount AND t_out_trade_no = h_out_trade_no))",
        ),
    )
)

COUNTS = """
SELECT kind, COUNT(*) AS number FROM differences GROUP BY kind
UNION ALL
SELECT 'matched' AS kind, a.number - b.number AS number
FROM (SELECT COUNT(*) AS number FROM there) AS a
CROSS JOIN (
    SELECT COUNT(*) AS number
    FROM (
        SELECT DISTINCT row_kind, bill_number, m, s, place FROM differences
        WHERE bill_number IS NOT NULL
    ) AS rows_that_differ
) AS b
"""

HOURS = """
SELECT side, row_kind, hour, COUNT(*) AS number, SUM(amount) AS amount, SUM(fee) AS fee
FROM (
    SELECT 'there' AS side, row_kind, EXTRACT(HOUR FROM trade_time) AS hour, amount, fee FROM there
    UNION ALL
    SELECT 'here' AS side, row_kind, EXTRACT(HOUR FROM moment) AS hour, amount, fee FROM here
    WHERE counted = 1 AND in_scope = 1
) AS both_sides
GROUP BY side, row_kind, hour
"""
"""Both sides by the hour; an order without a time has no hour."""
