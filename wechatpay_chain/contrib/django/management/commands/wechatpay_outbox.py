"""`manage.py wechatpay_outbox run|list|show|replay`."""

from __future__ import annotations

from .....utils.translation import _
from ..worker_command import WorkerCommand

__all__ = ["Command"]


class Command(WorkerCommand):
    """Processes recorded calls."""

    help = _("Process, list, show and replay recorded calls.")
    table = "outbox"
    columns = ("operation", "number")
