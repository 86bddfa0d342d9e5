"""Messages without secrets and personal data."""
