"""企业付款: payments of APIv2 to users and to bank accounts."""
