"""A reconciliation for people: an HTML page, an Excel workbook, and what is new since the last."""
