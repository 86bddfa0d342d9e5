"""Merchants' coupons (商家券): stocks, codes, coupons of users, and subsidies of orders."""
