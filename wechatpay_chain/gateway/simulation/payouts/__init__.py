"""Payments of APIv2 to users and bank accounts (企业付款)."""
