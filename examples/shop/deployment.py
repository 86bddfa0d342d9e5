"""The shop, configured by environment variables: `app` for a web server, `queue` for Celery."""

import os
import time
from pathlib import Path

import sqlalchemy as sa

from wechatpay_chain import WeChatPay
from wechatpay_chain.contrib.celery import application
from wechatpay_chain.durable import create_tables

from .shop import Shop
from .tables import metadata
from .web import create_app

engine = sa.create_engine(os.environ["SHOP_DATABASE"])
create_tables(engine, metadata)
shop = Shop(engine, WeChatPay.from_env(fill=True), Path(os.environ["SHOP_BILLS"]), time.time)

if broker := os.environ.get("SHOP_BROKER"):
    prefix = os.environ.get("SHOP_PREFIX", "")  # of the keys in Redis
    queue = application("shop", broker, *shop.workers, every=5, key_prefix=prefix)
    app = create_app(shop)
else:
    app = create_app(shop, *shop.workers)
