"""Notifications: kept, sent, and repeated."""
