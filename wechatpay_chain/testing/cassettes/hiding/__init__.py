"""Removes secrets and personal data from messages."""
