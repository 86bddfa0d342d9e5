"""The shop in processes of their own, configured by the environment, as `compose.yaml` runs them.

    python -m examples.shop.deployment                          # creates the tables, and ends
    uvicorn examples.shop.deployment:web
    celery --app examples.shop.deployment:queue worker
    celery --app examples.shop.deployment:queue beat

| variable | what it is |
|---|---|
| `SHOP_DATABASE` | the URL of the database, `postgresql+psycopg://…` |
| `SHOP_BROKER` | the URL of Redis |
| `SHOP_PREFIX` | what its keys in Redis begin with; `shop:` by default |
| `SHOP_NOTIFY_URL` | where WeChat Pay posts notifications to |
| `SHOP_BILLS` | the folder of the daily bills and reports |
| `SHOP_GATEWAY`, `SHOP_GATEWAY_URI` | the `gateway.json` of a local gateway, and its address |

Without `SHOP_GATEWAY` the merchant is the one of `WECHATPAY_*`, and `SHOP_APPID` its app.
"""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from celery import Celery
from celery.schedules import crontab

from wechatpay_chain import WeChatPay
from wechatpay_chain.contrib.celery import connect

from .bills import reconcile_yesterday
from .shop import CHINA, Shop
from .tables import create
from .web import create_app

__all__ = ["queue", "shop", "web"]


def merchant() -> tuple[WeChatPay, str]:
    """The merchant's client and appid."""
    path = os.environ.get("SHOP_GATEWAY")
    if path is None:
        return WeChatPay.from_env(), os.environ["SHOP_APPID"]
    appid = json.loads(Path(path).read_text("utf-8"))["appid"]
    return WeChatPay.from_gateway(path, base_uri=os.environ["SHOP_GATEWAY_URI"]), appid


engine = sa.create_engine(os.environ["SHOP_DATABASE"])
wxpay, appid = merchant()
bills = Path(os.environ["SHOP_BILLS"])
shop = Shop(engine, wxpay, appid=appid, notify_url=os.environ["SHOP_NOTIFY_URL"])
web = create_app(shop, bills)

queue = Celery("shop", broker=os.environ["SHOP_BROKER"])
queue.conf.timezone = "Asia/Shanghai"
queue.conf.broker_transport_options = {"global_keyprefix": os.environ.get("SHOP_PREFIX", "shop:")}
connect(queue, shop.inbox, shop.outbox, shop.sweeper, every=5)


def keep_bill() -> None:
    """Reconcile yesterday's bill, unless that was done."""
    reconcile_yesterday(shop, datetime.now(CHINA), bills)


queue.task(keep_bill, name="shop.bill", ignore_result=True)
queue.conf.beat_schedule |= {"shop.bill": {"task": "shop.bill", "schedule": crontab(minute=30)}}

if __name__ == "__main__":
    create(engine)
