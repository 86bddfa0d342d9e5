"""Contracts of users (委托代扣), and the deductions that they allow."""
