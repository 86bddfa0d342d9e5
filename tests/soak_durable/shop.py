"""The shop that runs in the soak's processes: a receiver behind uvicorn, and workers.

It is told by the environment where its database, keys and gateway are.
"""

from __future__ import annotations

import os
import time
from typing import Any

import sqlalchemy as sa
from fastapi import FastAPI

from wechatpay_chain import Retry, WeChatPay
from wechatpay_chain.contrib.fastapi import router
from wechatpay_chain.durable import Inbox, Outbox

from .books import booked

engine = sa.create_engine(
    os.environ["SOAK_DATABASE"], pool_size=20, max_overflow=20, pool_pre_ping=True
)
wxpay = WeChatPay.from_gateway(os.environ["SOAK_GATEWAY"], retry=None)
inbox = Inbox(engine, wxpay, retry=Retry(attempts=50, initial=0.05, max=2))
outbox = Outbox(engine, wxpay, retry=Retry(attempts=100, initial=0.05, max=1), deadline=2)
app = FastAPI()
app.include_router(router(inbox, "/notify"))


def book(notice: Any, session: sa.Connection) -> None:
    resource = notice.resource
    amount = resource["amount"]
    is_payment = notice.event_type == "TRANSACTION.SUCCESS"
    session.execute(
        sa.insert(booked).values(
            order_no=resource["out_trade_no"],
            event=notice.event_type,
            fen=amount["total"] if is_payment else -amount["refund"],
            occurred_at=round(notice.occurred_at.timestamp() * 1000),
            booked_at=time.time_ns() // 1_000_000,
        )
    )


for each in ("TRANSACTION.SUCCESS", "REFUND.SUCCESS"):
    inbox.on(each, key="out_trade_no")(book)


@outbox.on_result
def recorded(result: Any, session: sa.Connection) -> None:
    session.execute(
        sa.insert(booked).values(
            order_no=result.number,
            event=f"OUTBOX.{result.outcome}",
            fen=0,
            occurred_at=0,
            booked_at=time.time_ns() // 1_000_000,
        )
    )
