"""Accounts of a merchant and of its sub-merchants (账户余额、提现、充值)."""
