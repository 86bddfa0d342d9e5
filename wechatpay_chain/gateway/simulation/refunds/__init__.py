"""Refunds (退款), APIv2 and APIv3."""
