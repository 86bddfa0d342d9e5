"""Profit sharing (分账)."""
