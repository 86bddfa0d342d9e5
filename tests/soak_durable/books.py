"""The books of the soak's shop."""

from __future__ import annotations

import sqlalchemy as sa

__all__ = ["booked", "metadata"]

metadata = sa.MetaData()
booked = sa.Table(
    "shop_booked",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("order_no", sa.String(64), nullable=False, index=True),
    sa.Column("event", sa.String(64), nullable=False),
    sa.Column("fen", sa.Integer, nullable=False),
    sa.Column("occurred_at", sa.BigInteger, nullable=False),
    sa.Column("booked_at", sa.BigInteger, nullable=False),
    mysql_engine="InnoDB",
)
"""What handlers did. Nothing keeps a row from being there twice but the inbox."""
