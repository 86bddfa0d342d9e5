"""Notifications: verified, decrypted, and replied to."""
