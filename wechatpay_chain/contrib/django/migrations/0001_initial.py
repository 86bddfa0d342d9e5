"""The tables of version 1: inbox, outbox and watches, and the table with the version."""

from typing import Any

from django.db import migrations, models

TABLES = ("wechatpay_inbox", "wechatpay_outbox", "wechatpay_watch")


def collate(apps: Any, schema_editor: Any) -> None:
    """Make ids case-sensitive on MySQL and MariaDB, as on the other databases."""
    if schema_editor.connection.vendor == "mysql":
        for table in TABLES:
            schema_editor.execute(
                f"ALTER TABLE {table} CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
            )


class Migration(migrations.Migration):
    """Creates the tables."""

    initial = True

    operations = [
        migrations.CreateModel(
            name="Notification",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("mchid", models.CharField(max_length=32)),
                (
                    "state",
                    models.CharField(
                        choices=[("pending", "pending"), ("done", "done"), ("dead", "dead")],
                        default="pending",
                        max_length=8,
                    ),
                ),
                ("attempts", models.IntegerField(default=0)),
                ("due_at", models.BigIntegerField()),
                ("created_at", models.BigIntegerField()),
                ("finished_at", models.BigIntegerField(null=True)),
                ("error", models.TextField(null=True)),
                ("source", models.CharField(max_length=8)),
                ("notification_id", models.CharField(max_length=128)),
                ("subject", models.CharField(max_length=191, null=True)),
                ("event_type", models.CharField(max_length=96)),
                ("ordering_key", models.CharField(max_length=128, null=True)),
                ("occurred_at", models.BigIntegerField()),
                ("headers", models.TextField()),
                ("body", models.BinaryField()),
            ],
            options={
                "verbose_name": "notification",
                "verbose_name_plural": "notifications",
                "db_table": "wechatpay_inbox",
                "abstract": False,
                "default_permissions": ("view", "change"),
                "indexes": [
                    models.Index(fields=["state", "due_at"], name="ix_wechatpay_inbox_due"),
                    models.Index(
                        fields=["ordering_key", "mchid", "state", "occurred_at"],
                        name="ix_wechatpay_inbox_key",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("mchid", "notification_id"), name="uq_wechatpay_inbox_notification"
                    ),
                    models.UniqueConstraint(
                        fields=("mchid", "subject"), name="uq_wechatpay_inbox_subject"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OutboxCall",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("mchid", models.CharField(max_length=32)),
                (
                    "state",
                    models.CharField(
                        choices=[("pending", "pending"), ("done", "done"), ("dead", "dead")],
                        default="pending",
                        max_length=8,
                    ),
                ),
                ("attempts", models.IntegerField(default=0)),
                ("due_at", models.BigIntegerField()),
                ("created_at", models.BigIntegerField()),
                ("finished_at", models.BigIntegerField(null=True)),
                ("error", models.TextField(null=True)),
                ("operation", models.CharField(max_length=96)),
                ("number", models.CharField(max_length=191)),
                ("method", models.CharField(max_length=8)),
                ("path", models.CharField(max_length=255)),
                ("options", models.BinaryField()),
                ("is_sealed", models.BooleanField()),
                ("in_doubt", models.BooleanField(default=False)),
                ("status_code", models.IntegerField(null=True)),
                ("response", models.BinaryField(null=True)),
            ],
            options={
                "verbose_name": "call",
                "verbose_name_plural": "calls",
                "db_table": "wechatpay_outbox",
                "abstract": False,
                "default_permissions": ("view", "change"),
                "indexes": [
                    models.Index(fields=["state", "due_at"], name="ix_wechatpay_outbox_due")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("mchid", "operation", "number"), name="uq_wechatpay_outbox_number"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Watch",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("mchid", models.CharField(max_length=32)),
                (
                    "state",
                    models.CharField(
                        choices=[("pending", "pending"), ("done", "done"), ("dead", "dead")],
                        default="pending",
                        max_length=8,
                    ),
                ),
                ("attempts", models.IntegerField(default=0)),
                ("due_at", models.BigIntegerField()),
                ("created_at", models.BigIntegerField()),
                ("finished_at", models.BigIntegerField(null=True)),
                ("error", models.TextField(null=True)),
                ("kind", models.CharField(max_length=32)),
                ("number", models.CharField(max_length=128)),
                ("parameters", models.TextField()),
                ("until_at", models.BigIntegerField(null=True)),
                ("outcome", models.CharField(max_length=32, null=True)),
            ],
            options={
                "verbose_name": "watch",
                "verbose_name_plural": "watches",
                "db_table": "wechatpay_watch",
                "abstract": False,
                "default_permissions": ("view", "change"),
                "indexes": [
                    models.Index(fields=["state", "due_at"], name="ix_wechatpay_watch_due")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("mchid", "kind", "number"), name="uq_wechatpay_watch_number"
                    )
                ],
            },
        ),
        migrations.RunPython(collate, migrations.RunPython.noop, atomic=False),  # DDL of MySQL
        # Not a model, so that `flush` and Django's TransactionTestCase keep its row.
        migrations.RunSQL(
            [
                "CREATE TABLE wechatpay_schema (version INTEGER NOT NULL PRIMARY KEY)",
                "INSERT INTO wechatpay_schema (version) VALUES (1)",
            ],
            "DROP TABLE wechatpay_schema",
        ),
    ]
