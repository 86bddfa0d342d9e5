"""Notifications: storage, sending, and repetition."""
