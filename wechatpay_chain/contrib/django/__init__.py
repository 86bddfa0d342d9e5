"""Inbox, outbox and sweeper on the database of a Django project.

INSTALLED_APPS = [..., "wechatpay_chain.contrib.django"]   # then: manage.py migrate

inbox = Inbox(DjangoDatabase(), wxpay)

@inbox.on("TRANSACTION.SUCCESS", key="out_trade_no")
def paid(notice, session): ...      # in transaction.atomic(using=session)

path("wechatpay/notify", views.notify(inbox))
"""

from .database import DjangoDatabase

__all__ = ["DjangoDatabase"]
