"""Requests held against the catalogue: what is wrong with one, and what is missing in it."""
