"""电子回单: receipts of transfers, as PDF files."""
