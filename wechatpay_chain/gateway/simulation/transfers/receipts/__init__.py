"""Receipts of transfers (电子回单), as PDF files."""
