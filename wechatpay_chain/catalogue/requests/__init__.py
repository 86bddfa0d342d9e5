"""Validates requests against the catalogue, and fills missing members."""
