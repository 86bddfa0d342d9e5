"""`manage.py wechatpay_sweeper run|list|show|replay`."""

from __future__ import annotations

from ..worker_command import WorkerCommand

__all__ = ["Command"]


class Command(WorkerCommand):
    """Processes watched orders and refunds."""

    help = "Processes, lists, shows and replays watched orders and refunds."
    table = "watch"
    columns = ("kind", "number")
