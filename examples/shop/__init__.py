"""A small shop on WeChat Pay: an order with its QR code, a notification, a refund, a daily bill.

    make shop                                                    # a local gateway, and SQLite
    docker compose --file examples/shop/compose.yaml up --build  # PostgreSQL, Celery and Redis

`shop.py` is what to copy. The other modules stand around it: `tables.py` its database, `bills.py`
the daily bill, `web.py` its pages, `__main__.py` all in one process, `deployment.py` the same in
processes of their own. It has no login: put refunds and bills behind yours.
"""
