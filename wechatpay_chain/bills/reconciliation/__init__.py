"""Compares trade bills with the merchant's own orders, by SQL statements for several engines."""
