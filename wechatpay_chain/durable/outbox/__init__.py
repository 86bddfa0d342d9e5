"""Calls that are recorded with the change that needs them, and made once by a worker."""

from .outbox import Outbox
from .result import Result

__all__ = ["Outbox", "Result"]
