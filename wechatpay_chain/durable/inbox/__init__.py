"""The inbox stores notifications before it acknowledges them, and handles each exactly once."""

from .inbox import Inbox
from .notice import Notice

__all__ = ["Inbox", "Notice"]
