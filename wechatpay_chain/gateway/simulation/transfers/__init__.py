"""商家转账: transfers to users."""
