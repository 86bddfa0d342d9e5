"""Trade bills against the merchant's own orders, as one set of SQL statements for any engine."""
