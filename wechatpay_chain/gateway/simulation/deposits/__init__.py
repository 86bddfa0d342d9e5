"""押金: deposits, by APIv2."""
