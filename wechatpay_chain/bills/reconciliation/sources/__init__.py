"""Reads the merchant's orders and refunds from various sources, and checks them."""
