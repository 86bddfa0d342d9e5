"""Inbox, outbox and watches in Django's admin, to view and replay rows.

Rows cannot be edited, and their contents are not displayed. Users with the permission to change
rows can replay them, if the settings name the worker (`instances`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.auth import get_permission_codename
from django.http import HttpRequest

from ...durable.operations import Table
from ...utils.exceptions import ConfigurationError
from ...utils.translation import N_
from .instances import worker_of
from .labels import lazy_text, text
from .models import Notification, OutboxCall, Watch
from .views import outside_transactions

__all__ = ["NotificationAdmin", "OutboxCallAdmin", "WatchAdmin"]


def _time(column: str, title: str) -> Callable[[Any], datetime | None]:
    """Return a list column with a time of a row."""

    @admin.display(description=lazy_text(title), ordering=column)
    def shown(row: Any) -> datetime | None:
        milliseconds = getattr(row, column)
        return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)

    titled: Callable[[Any], datetime | None] = shown
    return titled


DUE = _time("due_at", N_("due"))
CREATED = _time("created_at", N_("created"))
FINISHED = _time("finished_at", N_("finished"))


class TaskAdmin(admin.ModelAdmin):
    """The common part of the admins of all three tables.

    Attributes:
        table: the table of the worker that replays its rows.
    """

    table: ClassVar[Table]
    actions = ("replay",)
    list_filter: tuple[str, ...] = ("state",)
    ordering = ("-id",)
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_replay_permission(self, request: HttpRequest) -> bool:
        name = get_permission_codename("change", self.opts)
        allowed: bool = request.user.has_perm(f"{self.opts.app_label}.{name}")
        return allowed

    @admin.action(permissions=["replay"], description=lazy_text(N_("Replay the selected rows")))
    def replay(self, request: HttpRequest, queryset: Any) -> None:
        """Schedule rows to be processed again."""
        try:
            worker = worker_of(self.table)
            replayed = [worker.replay(each) for each in queryset.values_list("pk", flat=True)]
        except ConfigurationError as error:
            self.message_user(request, str(error), messages.ERROR)
            return
        self.message_user(
            request,
            text(
                N_("{count} of {total} will be processed again; the others are pending"),
                count=sum(replayed),
                total=len(replayed),
            ),
        )

    @outside_transactions  # a row is replayed in a separate transaction
    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return super().changelist_view(request, extra_context)


@admin.register(Notification)
class NotificationAdmin(TaskAdmin):
    """The inbox."""

    table = "inbox"
    list_display = ("id", "event_type", "mchid", "state", "attempts", DUE, CREATED, "error")
    list_filter = ("state", "source")
    search_fields = ("notification_id", "subject", "ordering_key")
    fields = (
        *("event_type", "mchid", "source", "notification_id", "subject", "ordering_key"),
        *("state", "attempts", DUE, CREATED, FINISHED, "error"),
    )
    readonly_fields = fields


@admin.register(OutboxCall)
class OutboxCallAdmin(TaskAdmin):
    """The outbox."""

    table = "outbox"
    list_display = ("id", "operation", "number", "mchid", "state", "attempts", DUE, "error")
    list_filter = ("state", "in_doubt")
    search_fields = ("number",)
    fields = (
        *("operation", "number", "mchid", "state", "in_doubt", "attempts"),
        *("status_code", DUE, CREATED, FINISHED, "error"),
    )
    readonly_fields = fields


@admin.register(Watch)
class WatchAdmin(TaskAdmin):
    """The watches of the sweeper."""

    table = "watch"
    list_display = ("id", "kind", "number", "mchid", "state", "outcome", "attempts", DUE, "error")
    search_fields = ("number",)
    fields = (
        *("kind", "number", "mchid", "state", "outcome", "attempts"),
        *(DUE, CREATED, FINISHED, "error"),
    )
    readonly_fields = fields
