"""The shop's pages, and the address that WeChat Pay posts notifications to."""

from __future__ import annotations

import logging
from datetime import date, datetime
from html import escape
from pathlib import Path
from string import Template
from typing import Any

import segno
import sqlalchemy as sa
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from wechatpay_chain import WeChatPayError
from wechatpay_chain.contrib.fastapi import router

from .bills import download_bill
from .shop import CHINA, Shop
from .tables import entries, orders

__all__ = ["NOTIFY", "create_app"]

logger = logging.getLogger("shop")

NOTIFY = "/wechatpay/notify"
GOODS = {"doll": ("QQ 公仔", 100), "cup": ("马克杯", 2580)}
"""What the shop sells: a description, and its price in fen."""
CHANGING = ("unpaid", "refunding")
"""States in which a page loads itself again."""

PAGE = Template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>$title</title>$refresh
<meta name="viewport" content="width=device-width">
<style>body { font: 16px system-ui; max-width: 40rem; margin: 2rem auto; padding: 0 1rem }</style>
</head><body><h1>$title</h1>$body<p><a href="/">The shop</a></p></body></html>
""")


def create_app(shop: Shop, bills: Path) -> FastAPI:
    """The shop's web application.

    Args:
        shop: that it is of.
        bills: the folder of the daily bills.
    """
    app = FastAPI(title="A shop", openapi_url=None)
    app.include_router(router(shop.inbox, NOTIFY))

    @app.get("/", response_class=HTMLResponse)
    def index() -> str:
        with shop.engine.connect() as session:
            latest = sa.select(orders).order_by(orders.c.created_at.desc()).limit(20)
            rows = session.execute(latest).mappings().all()
            received = session.execute(sa.select(sa.func.sum(entries.c.amount))).scalar() or 0
        return _page("A shop", _index(rows, received, datetime.now(CHINA).date()))

    @app.post("/orders")
    def order(item: str) -> RedirectResponse:
        if item not in GOODS:
            raise HTTPException(404, "the shop does not have it")
        number = shop.order(*GOODS[item])
        return RedirectResponse(f"/orders/{number}", 303)

    @app.get("/orders/{number}", response_class=HTMLResponse)
    def show(number: str) -> str:
        with shop.engine.connect() as session:
            found = sa.select(orders).where(orders.c.number == number)
            row = session.execute(found).mappings().one_or_none()
        if row is None:
            raise HTTPException(404, "there is no such order")
        return _page(f"Order {number}", _order(row), refresh=row["state"] in CHANGING)

    @app.post("/orders/{number}/refund")
    def refund(number: str) -> RedirectResponse:
        shop.refund(number)
        return RedirectResponse(f"/orders/{number}", 303)

    @app.get("/bills/{day}")
    def bill(day: date) -> FileResponse:
        found = download_bill(shop, day, bills)
        if found.empty:
            raise HTTPException(404, "nothing was paid on that day")
        return FileResponse(
            found.path, media_type="text/csv; charset=utf-8", filename=found.path.name
        )

    @app.exception_handler(WeChatPayError)
    def failed(_: Request, error: Exception) -> Response:
        logger.warning("%s", error)
        body = "<p>WeChat Pay did not do it. Please try again.</p>"
        return HTMLResponse(_page("It did not work", body), 502)

    return app


def _index(rows: Any, received: int, today: date) -> str:
    goods = "".join(
        f'<form method="post" action="/orders?item={name}"><p>{escape(description)} '
        f"{_yuan(total)} <button>Order</button></p></form>"
        for name, (description, total) in GOODS.items()
    )
    listed = "".join(
        f'<li><a href="/orders/{row["number"]}">{escape(row["description"])}</a> '
        f"{_yuan(row['total'])}, {row['state']}</li>"
        for row in rows
    )
    return (
        f'{goods}<ul>{listed}</ul><p>In the books: <b id="received">{_yuan(received)}</b>. '
        f'<a href="/bills/{today}">Today\'s bill</a></p>'
    )


def _order(row: Any) -> str:
    body = f"<p>{escape(row['description'])} {_yuan(row['total'])}</p>"
    body += f'<p>It is <b id="state">{row["state"]}</b>.</p>'
    if row["state"] == "unpaid" and row["code_url"]:
        svg = segno.make(row["code_url"], error="m", micro=False).svg_inline(scale=6)
        body += f'<p>{svg}</p><p><a href="{escape(row["code_url"])}">Pay in a browser</a></p>'
    if row["state"] == "paid":
        action = f"/orders/{row['number']}/refund"
        body += f'<form method="post" action="{action}"><button>Refund</button></form>'
    return body


def _page(title: str, body: str, *, refresh: bool = False) -> str:
    meta = '<meta http-equiv="refresh" content="2">' if refresh else ""
    return PAGE.substitute(title=escape(title), body=body, refresh=meta)


def _yuan(fen: int) -> str:
    return f"¥{fen // 100}.{fen % 100:02}"
