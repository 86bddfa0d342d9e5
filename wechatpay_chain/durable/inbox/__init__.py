"""Notifications: stored before they are acknowledged, and handled exactly once."""

from .inbox import Inbox
from .notice import Notice

__all__ = ["Inbox", "Notice"]
