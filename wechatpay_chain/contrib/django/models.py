"""The tables of `durable.databases.tables` as Django models.

Both modules describe the same tables, column by column. Change both together, with a migration and
a new version in the table `wechatpay_schema`.
"""

from __future__ import annotations

from django.db import models

from ...utils.translation import N_
from .labels import lazy_text

__all__ = ["Notification", "OutboxCall", "Watch"]

STATES = [("pending", "pending"), ("done", "done"), ("dead", "dead")]


class Task(models.Model):
    """The common columns of all three tables: merchant, state, and when a row is due.

    Times are milliseconds since 1970-01-01 UTC.
    """

    id = models.BigAutoField(primary_key=True)
    mchid = models.CharField(max_length=32)
    state = models.CharField(max_length=8, choices=STATES, default="pending")
    attempts = models.IntegerField(default=0)
    due_at = models.BigIntegerField()
    created_at = models.BigIntegerField()
    finished_at = models.BigIntegerField(null=True)
    error = models.TextField(null=True)

    class Meta:
        abstract = True
        default_permissions = ("view", "change")  # permission to change rows includes replays


class Notification(Task):
    """A notification in the inbox."""

    source = models.CharField(max_length=8)
    notification_id = models.CharField(max_length=128)
    subject = models.CharField(max_length=191, null=True)
    event_type = models.CharField(max_length=96)
    ordering_key = models.CharField(max_length=128, null=True)
    occurred_at = models.BigIntegerField()
    headers = models.TextField()
    body = models.BinaryField()

    class Meta(Task.Meta):
        db_table = "wechatpay_inbox"
        verbose_name = lazy_text(N_("notification"))
        verbose_name_plural = lazy_text(N_("notifications"))
        constraints = [
            models.UniqueConstraint(
                fields=["mchid", "notification_id"], name="uq_wechatpay_inbox_notification"
            ),
            models.UniqueConstraint(fields=["mchid", "subject"], name="uq_wechatpay_inbox_subject"),
        ]
        indexes = [
            models.Index(fields=["state", "due_at"], name="ix_wechatpay_inbox_due"),
            models.Index(
                fields=["ordering_key", "mchid", "state", "occurred_at"],
                name="ix_wechatpay_inbox_key",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_type} {self.pk}"


class OutboxCall(Task):
    """A call in the outbox."""

    operation = models.CharField(max_length=96)
    number = models.CharField(max_length=191)
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=255)
    options = models.BinaryField()
    is_sealed = models.BooleanField()
    in_doubt = models.BooleanField(default=False)
    status_code = models.IntegerField(null=True)
    response = models.BinaryField(null=True)

    class Meta(Task.Meta):
        db_table = "wechatpay_outbox"
        verbose_name = lazy_text(N_("call"))
        verbose_name_plural = lazy_text(N_("calls"))
        constraints = [
            models.UniqueConstraint(
                fields=["mchid", "operation", "number"], name="uq_wechatpay_outbox_number"
            )
        ]
        indexes = [models.Index(fields=["state", "due_at"], name="ix_wechatpay_outbox_due")]

    def __str__(self) -> str:
        return f"{self.operation} {self.pk}"


class Watch(Task):
    """An order, refund or transfer watched by the sweeper."""

    kind = models.CharField(max_length=32)
    number = models.CharField(max_length=128)
    parameters = models.TextField()
    until_at = models.BigIntegerField(null=True)
    outcome = models.CharField(max_length=32, null=True)

    class Meta(Task.Meta):
        db_table = "wechatpay_watch"
        verbose_name = lazy_text(N_("watch"))
        verbose_name_plural = lazy_text(N_("watches"))
        constraints = [
            models.UniqueConstraint(
                fields=["mchid", "kind", "number"], name="uq_wechatpay_watch_number"
            )
        ]
        indexes = [models.Index(fields=["state", "due_at"], name="ix_wechatpay_watch_due")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
