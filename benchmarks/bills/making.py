"""Large trade bills, written by DuckDB: ten million rows in less than a minute."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from wechatpay_chain.bills.forms.trade import ALL

__all__ = ["trade_bill"]

DAY = "2026-11-25"
SECONDS = 86_400
"""Of the day, over which the rows are spread."""


def trade_bill(path: Path, rows: int) -> Path:
    """Write a direct merchant's bill; every twentieth row is a refund.

    Args:
        path: of the new file.
        rows: how many.
    """
    connection = duckdb.connect()
    body = path.with_suffix(".body")
    texts = {
        "trade_time": f"strftime(TIMESTAMP '{DAY}' + to_seconds(i * {SECONDS} // {rows}), "
        "'%Y-%m-%d %H:%M:%S')",
        "appid": "'wx8888888888888888'",
        "mchid": "'1900000109'",
        "sub_mchid": "'0'",
        "transaction_id": "printf('42000%023d', i)",
        "out_trade_no": "printf('order%015d', i - refund)",
        "openid": "'o' || substr(md5(i::VARCHAR), 1, 27)",
        "trade_type": "['JSAPI', 'NATIVE', 'APP', 'MWEB'][1 + i % 4]",
        "trade_state": "if(refund = 1, 'REFUND', 'SUCCESS')",
        "bank_type": "['OTHERS', 'CMB_DEBIT', 'ICBC_CREDIT'][1 + i % 3]",
        "currency": "'CNY'",
        "settlement_total": _yuan("total"),
        "coupon": "'0.00'",
        "refund_id": "if(refund = 1, printf('50300%023d', i), '0')",
        "out_refund_no": "if(refund = 1, printf('refund%015d', i), '0')",
        "refund": _yuan("refunded"),
        "coupon_refund": "'0.00'",
        "refund_type": "if(refund = 1, 'ORIGINAL', '')",
        "refund_status": "if(refund = 1, 'SUCCESS', '')",
        "description": "if(i % 7 = 0, '茶, 红', '会员月卡')",
        "fee": "if(refund = 1, '-', '') || printf('%d.%05d', fee // 100000, fee % 100000)",
        "rate": "'0.60%'",
        "total": _yuan("total"),
        "refund_requested": _yuan("refunded"),
    }
    line = "',`'".join(f" || {texts.get(column.name, repr(''))} || " for column in ALL.columns)
    connection.execute(
        "CREATE TEMP VIEW rows AS SELECT *, if(refund = 1, 0, fen) AS total, "
        "if(refund = 1, fen, 0) AS refunded, fen * 6 AS fee FROM (SELECT i, "
        "(i % 20 = 19)::INTEGER AS refund, (hash(i) % 1000000 + 1)::BIGINT AS fen "
        f"FROM range({rows}) numbers(i))"
    )
    connection.execute(
        f"COPY (SELECT '`'{line}'' FROM rows) TO '{body}' "
        "(FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\x01')"
    )
    total, refunded, fee = connection.execute(
        "SELECT sum(total), sum(refunded), sum(if(refund = 1, -fee, fee)) FROM rows"
    ).fetchall()[0]
    connection.close()
    sums = [f"{sum_ // 100}.{sum_ % 100:02d}" for sum_ in (total, refunded)]
    fees = f"{fee // 100000}.{fee % 100000:05d}"
    totals = [str(rows), sums[0], sums[1], "0.00", fees, sums[0], sums[1]]
    with path.open("wb") as file:
        file.write(f"\ufeff{ALL.header}\n".encode())
        with body.open("rb") as source:
            shutil.copyfileobj(source, file, 1 << 20)
        file.write(f"{ALL.summary_header}\n`{',`'.join(totals)}\n".encode())
    body.unlink()
    return path


def _yuan(fen: str) -> str:
    return f"printf('%d.%02d', {fen} // 100, {fen} % 100)"
