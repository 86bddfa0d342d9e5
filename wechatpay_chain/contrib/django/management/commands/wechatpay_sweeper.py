"""`manage.py wechatpay_sweeper run|list|show|replay`."""

from __future__ import annotations

from ..worker_command import WorkerCommand

__all__ = ["Command"]


class Command(WorkerCommand):
    """Processes watched orders and refunds."""

    help = "Works off orders and refunds that are watched, lists them, shows one, and replays them."
    table = "watch"
    columns = ("kind", "number")
