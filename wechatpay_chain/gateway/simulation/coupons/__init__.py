"""Coupons (代金券): stocks, their budgets, coupons of users, and discounts of orders."""
