"""Batches of transfers to users (商家转账批次)."""
