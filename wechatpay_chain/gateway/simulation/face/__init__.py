"""Offline face payments (刷掌/刷脸)."""
