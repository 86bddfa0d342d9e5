"""`manage.py wechatpay_inbox run|list|show|replay`."""

from __future__ import annotations

from .....utils.translation import _
from ..worker_command import WorkerCommand

__all__ = ["Command"]


class Command(WorkerCommand):
    """Processes received notifications."""

    help = _("Process, list, show and replay received notifications.")
    table = "inbox"
    columns = ("event_type", "notification_id")
