"""The shop's own tables, beside those of the inbox, the outbox and the sweeper."""

from __future__ import annotations

import sqlalchemy as sa

from wechatpay_chain.durable import create_tables

__all__ = ["create", "entries", "orders"]

metadata = sa.MetaData()

orders = sa.Table(
    "orders",
    metadata,
    sa.Column("number", sa.String(32), primary_key=True),  # WeChat Pay's out_trade_no
    sa.Column("description", sa.String(127), nullable=False),
    sa.Column("total", sa.Integer, nullable=False),  # fen
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("code_url", sa.String(512)),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("paid_at", sa.DateTime(timezone=True)),  # as WeChat Pay has it, and its bills
    sa.Column("refunded_at", sa.DateTime(timezone=True)),  # when the refund was asked for
)

# The books: a payment is entered once, a refund is entered once.
entries = sa.Table(
    "entries",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("order_number", sa.ForeignKey(orders.c.number), nullable=False),
    sa.Column("amount", sa.Integer, nullable=False),  # fen; a refund is negative
)


def create(engine: sa.Engine) -> None:
    """Create the tables that are missing."""
    create_tables(engine)
    metadata.create_all(engine)
