"""商家转账批次: transfers to many users at once."""
