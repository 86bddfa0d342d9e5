"""`manage.py wechatpay_inbox run|list|show|replay`."""

from __future__ import annotations

from ..worker_command import WorkerCommand

__all__ = ["Command"]


class Command(WorkerCommand):
    """Processes received notifications."""

    help = "Processes, lists, shows and replays received notifications."
    table = "inbox"
    columns = ("event_type", "notification_id")
