"""刷掌/刷脸: offline face payments."""
