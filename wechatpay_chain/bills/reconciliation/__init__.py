"""Compares trade bills with the merchant's own orders, by one set of SQL statements for any engine."""
