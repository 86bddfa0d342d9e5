"""Requests and responses, and the texts that are signed."""
