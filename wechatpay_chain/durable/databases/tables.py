"""The SQLAlchemy tables of the inbox, the outbox and the sweeper.

All three have the columns of a task: its merchant, its state, and when it is due. Times are
milliseconds since 1970-01-01 UTC. `wechatpay_schema` has one row with the version of the tables.
`contrib.django` describes the same tables as Django models.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
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

__all__ = ["TABLES", "inbox", "metadata", "outbox", "schema", "watch"]

metadata = MetaData()
"""The metadata for `metadata.create_all(engine)`, or Alembic's `target_metadata`."""

_Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite only numbers INTEGER columns
_Bytes = LargeBinary().with_variant(LargeBinary(2**24 - 1), "mysql", "mariadb")
_mysql: Any = {
    f"{name}_{option}": value
    for name in ("mysql", "mariadb")
    for option, value in (("charset", "utf8mb4"), ("collate", "utf8mb4_bin"))  # ids need case
}


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
    **_mysql,
)
"""Notifications.

* `source`: `v3`, `v2`, or `query` if the sweeper found it;
* `notification_id`: WeChat Pay's id, or derived from the identifiers of an APIv2 notification;
* `subject`: the event and its object; there is one row for each, however many notifications report
  it;
* `headers`, `body`: as received; an APIv2 body and the result of a query are encrypted."""

outbox = Table(
    "wechatpay_outbox",
    metadata,
    *_task(),
    Column("operation", String(96), nullable=False),
    Column("number", String(191), nullable=False),
    Column("method", String(8), nullable=False),
    Column("path", String(255), nullable=False),
    Column("options", _Bytes, nullable=False),
    Column("is_sealed", Boolean, nullable=False),
    Column("in_doubt", Boolean, nullable=False, default=False),
    Column("status_code", Integer),
    Column("response", _Bytes),
    UniqueConstraint("mchid", "operation", "number", name="uq_wechatpay_outbox_number"),
    Index("ix_wechatpay_outbox_due", "state", "due_at"),
    **_mysql,
)
"""Recorded calls.

* `operation`, `number`: the catalogue's operation id, and the merchant-assigned number in the call;
  the end of a longer text is replaced by a digest;
* `options`: the options of the call, as JSON; encrypted if they contain a sensitive field;
* `in_doubt`: whether an attempt may have been sent and its result is unknown;
* `status_code`, `response`: the result; the response is encrypted."""

watch = Table(
    "wechatpay_watch",
    metadata,
    *_task(),
    Column("kind", String(32), nullable=False),
    Column("number", String(128), nullable=False),
    Column("parameters", Text, nullable=False),
    Column("until_at", BigInteger),
    Column("outcome", String(32)),
    UniqueConstraint("mchid", "kind", "number", name="uq_wechatpay_watch_number"),
    Index("ix_wechatpay_watch_due", "state", "due_at"),
    **_mysql,
)
"""Orders, refunds and transfers that are queried in case no notification arrives.

* `kind`, `number`: the kind of object, and the merchant-assigned number;
* `parameters`: further parameters of the query, as JSON;
* `until_at`: when an unpaid order is closed;
* `outcome`: the state that ended the watch."""

schema = Table(
    "wechatpay_schema",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
)

TABLES = {"inbox": inbox, "outbox": outbox, "watch": watch}
