"""The shop's pages and its endpoint for notifications."""

from html import escape

import sqlalchemy as sa
from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles

from wechatpay_chain import WeChatPayError, fen_to_yuan, qr_svg
from wechatpay_chain.contrib.fastapi import lifespan, router
from wechatpay_chain.durable import Runs

from .shop import Shop
from .tables import entries, orders

GOODS = {"doll": ("QQ 公仔", 100), "cup": ("马克杯", 2580)}  # prices in fen
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="{refresh}">
<style>body {{ font: 16px system-ui; max-width: 40rem; margin: 2rem auto; padding: 0 1rem }}</style>
<h1>{title}</h1>{body}<p><a href="/">The shop</a></p></html>"""


def create_app(shop: Shop, *workers: Runs) -> FastAPI:
    """Return the web application; `workers` run in its process."""
    app = FastAPI(openapi_url=None, lifespan=lifespan(*workers))
    app.include_router(router(shop.inbox, "/wechatpay/notify"))
    app.mount("/bills", StaticFiles(directory=shop.daily.folder, check_dir=False))

    @app.get("/", response_class=HTMLResponse)
    def index() -> str:
        with shop.engine.connect() as session:
            latest = sa.select(orders).order_by(orders.c.created_at.desc()).limit(20)
            rows = session.execute(latest).all()
            received = session.scalar(sa.select(sa.func.sum(entries.c.amount))) or 0
        body = "".join(
            f'<form method="post" action="/orders?item={name}"><p>{escape(description)} '
            f"¥{fen_to_yuan(total)} <button>Order</button></p></form>"
            for name, (description, total) in GOODS.items()
        )
        for row in rows:
            link = f'<a href="/orders/{row.out_trade_no}">{escape(row.description)}</a>'
            body += f"<p>{link} ¥{fen_to_yuan(row.total)}, {row.state}</p>"
        body += f'<p>Received: <b id="received">¥{fen_to_yuan(received)}</b></p>'
        for report in sorted(shop.daily.folder.glob("*.html"))[-7:]:
            body += f'<p><a href="/bills/{report.name}">{report.stem}</a></p>'
        return PAGE.format(title="A shop", body=body, refresh=60)

    @app.post("/orders")
    def order(item: str) -> RedirectResponse:
        if item not in GOODS:
            raise HTTPException(404, "no such item")
        return RedirectResponse(f"/orders/{shop.order(*GOODS[item])}", 303)

    @app.get("/orders/{number}", response_class=HTMLResponse)
    def show(number: str) -> str:
        with shop.engine.connect() as session:
            found = sa.select(orders).where(orders.c.out_trade_no == number)
            row = session.execute(found).one_or_none()
        if row is None:
            raise HTTPException(404, "no such order")
        body = f"<p>{escape(row.description)} ¥{fen_to_yuan(row.total)}</p>"
        body += f'<p>State: <b id="state">{row.state}</b></p>'
        if row.state == "unpaid" and row.code_url:
            body += f'<p>{qr_svg(row.code_url)} <a href="{escape(row.code_url)}">Pay here</a></p>'
        if row.state == "paid":
            body += f'<form method="post" action="{number}/refund"><button>Refund</button></form>'
        return PAGE.format(title=f"Order {number}", body=body, refresh=2)

    @app.post("/orders/{number}/refund")
    def refund(number: str) -> RedirectResponse:
        shop.refund(number)
        return RedirectResponse(f"/orders/{number}", 303)

    @app.exception_handler(WeChatPayError)
    def failed(_: Request, error: Exception) -> Response:
        body = "<p>The payment service is not available. Please try again.</p>"
        return HTMLResponse(PAGE.format(title="Request failed", body=body, refresh=60), 502)

    return app
