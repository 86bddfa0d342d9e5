"""The shop's own tables, next to those of inbox, outbox and sweeper. Money is in fen."""

import sqlalchemy as sa

metadata = sa.MetaData()

orders = sa.Table(  # reconciliation uses the columns with WeChat Pay's names
    "orders",
    metadata,
    sa.Column("out_trade_no", sa.String(32), primary_key=True),
    sa.Column("out_refund_no", sa.String(64), nullable=False, unique=True),
    sa.Column("description", sa.String(127), nullable=False),
    sa.Column("total", sa.Integer, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("code_url", sa.String(512)),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("paid_at", sa.DateTime(timezone=True)),
    sa.Column("refunded_at", sa.DateTime(timezone=True)),  # when the refund was requested
)

entries = sa.Table(  # the ledger: one entry for each payment and each refund
    "entries",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("out_trade_no", sa.String(32), sa.ForeignKey(orders.c.out_trade_no), nullable=False),
    sa.Column("amount", sa.Integer, nullable=False),  # a refund is negative
)
