"""Notifications: storage, delivery and retries."""
