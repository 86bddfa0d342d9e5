"""The tables of the inbox, the outbox and the sweeper, as SQLAlchemy describes them.

All three have the columns of a task: whose it is, in which state, when it is due. Times are
milliseconds since 1970-01-01 UTC. `wechatpay_schema` has one row: the version of these tables.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

__all__ = ["SCHEMA_VERSION", "TABLES", "inbox", "metadata", "schema"]

SCHEMA_VERSION = 1
"""Raised with every change of these tables; `CHANGELOG.md` has the statements that migrate."""

metadata = MetaData()
"""For `metadata.create_all(engine)`, or Alembic's `target_metadata`."""

_Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by INTEGER alone
_Bytes = LargeBinary().with_variant(LargeBinary(2**24 - 1), "mysql", "mariadb")


def _task() -> list[Column[object]]:
    return [
        Column("id", _Id, primary_key=True, autoincrement=True),
        Column("mchid", String(32), nullable=False),
        Column("state", String(8), nullable=False, default="pending"),
        Column("attempts", Integer, nullable=False, default=0),
        Column("due_at", BigInteger, nullable=False),
        Column("created_at", BigInteger, nullable=False),
        Column("finished_at", BigInteger),
        Column("error", Text),
    ]


inbox = Table(
    "wechatpay_inbox",
    metadata,
    *_task(),
    Column("source", String(8), nullable=False),
    Column("notification_id", String(128), nullable=False),
    Column("subject", String(191)),
    Column("event_type", String(96), nullable=False),
    Column("ordering_key", String(128)),
    Column("occurred_at", BigInteger, nullable=False),
    Column("headers", Text, nullable=False),
    Column("body", _Bytes, nullable=False),
    UniqueConstraint("mchid", "notification_id", name="uq_wechatpay_inbox_notification"),
    UniqueConstraint("mchid", "subject", name="uq_wechatpay_inbox_subject"),
    Index("ix_wechatpay_inbox_due", "state", "due_at"),
    Index("ix_wechatpay_inbox_key", "ordering_key", "mchid", "state", "occurred_at"),
    mysql_charset="utf8mb4",
    mysql_collate="utf8mb4_bin",  # ids differ in case
    mariadb_charset="utf8mb4",
    mariadb_collate="utf8mb4_bin",
)
"""Notifications.

* `source`: `v3`, `v2`, or `query` for what the sweeper found;
* `notification_id`: WeChat Pay's, or made from what identifies an APIv2 notification;
* `subject`: what happened, to what: one row each, however many notifications tell it;
* `headers`, `body`: as they came; APIv2's body and a query's outcome are sealed.
"""

schema = Table(
    "wechatpay_schema",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
)

TABLES = {"inbox": inbox}
