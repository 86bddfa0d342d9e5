"""Reports of a reconciliation: an HTML page, an Excel workbook, and changes since the last run."""
