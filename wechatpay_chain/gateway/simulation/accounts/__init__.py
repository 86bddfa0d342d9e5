"""账户余额、提现、充值: the accounts of a merchant and of its sub-merchants."""
