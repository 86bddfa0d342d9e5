"""`manage.py wechatpay_sweeper run|list|show|replay`."""

from __future__ import annotations

from .....utils.translation import _
from ..worker_command import WorkerCommand

__all__ = ["Command"]


class Command(WorkerCommand):
    """Processes watched orders and refunds."""

    help = _("Process, list, show and replay watched orders and refunds.")
    table = "watch"
    columns = ("kind", "number")
