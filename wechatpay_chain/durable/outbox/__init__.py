"""The outbox records calls in your transaction, and a worker makes each call once."""

from .outbox import Outbox
from .result import Result

__all__ = ["Outbox", "Result"]
