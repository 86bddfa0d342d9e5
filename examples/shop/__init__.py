"""A small shop on WeChat Pay: an order with its QR code, a notification, a refund, a daily bill.

`shop.py` is what to copy. It has no login: put refunds and bills behind yours.
"""
