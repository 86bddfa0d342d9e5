"""Coupons (代金券): stocks and their budgets, coupons of users, and discounts of orders."""
