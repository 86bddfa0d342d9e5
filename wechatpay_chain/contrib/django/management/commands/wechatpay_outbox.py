"""`manage.py wechatpay_outbox run|list|show|replay`."""

from __future__ import annotations

from ..worker_command import WorkerCommand

__all__ = ["Command"]


class Command(WorkerCommand):
    """Processes recorded calls."""

    help = "Processes, lists, shows and replays recorded calls."
    table = "outbox"
    columns = ("operation", "number")
