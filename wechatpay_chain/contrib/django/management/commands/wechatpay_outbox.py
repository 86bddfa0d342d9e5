"""`manage.py wechatpay_outbox run|list|show|replay`."""

from __future__ import annotations

from ..worker_command import WorkerCommand

__all__ = ["Command"]


class Command(WorkerCommand):
    """Processes recorded calls."""

    help = "Works off calls that were recorded, lists them, shows one, and replays them."
    table = "outbox"
    columns = ("operation", "number")
