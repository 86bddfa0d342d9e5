"""Verification and decryption of notifications, and replies to them."""
