"""Transfers to users (商家转账)."""
