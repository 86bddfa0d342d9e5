"""How a notification is received, in the frameworks that the guide shows."""

from __future__ import annotations

from typing import NamedTuple

from wechatpay_chain.catalogue import Member, Webhook

__all__ = ["Receiver", "receivers"]


class Receiver(NamedTuple):
    """A handler in one framework.

    Attributes:
        framework: its name.
        code: a whole module, but for the client `wxpay`.
    """

    framework: str
    code: str


FASTAPI = """\
from fastapi import FastAPI, Request, Response

from wechatpay_chain import SignatureError

app = FastAPI()


@app.post("/notify")
async def notify(request: Request) -> Response:
    try:
        notice = wxpay.{call}await request.body())
    except SignatureError:
        return Response(status_code=401)
{handle}
    reply = notice.success()
    return Response(reply.body, reply.status, reply.headers)
"""

DJANGO = """\
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from wechatpay_chain import SignatureError


@csrf_exempt
@require_POST
def notify(request: HttpRequest) -> HttpResponse:
    try:
        notice = wxpay.{call}request.body)
    except SignatureError:
        return HttpResponse(status=401)
{handle}
    reply = notice.success()
    return HttpResponse(reply.body, status=reply.status, headers=reply.headers)
"""

FLASK = """\
from flask import Flask, Response, request

from wechatpay_chain import SignatureError

app = Flask(__name__)


@app.post("/notify")
def notify() -> Response:
    try:
        notice = wxpay.{call}request.get_data())
    except SignatureError:
        return Response(status=401)
{handle}
    reply = notice.success()
    return Response(reply.body, reply.status, reply.headers)
"""

AIOHTTP = """\
from aiohttp import web

from wechatpay_chain import SignatureError


async def notify(request: web.Request) -> web.Response:
    try:
        notice = wxpay.{call}await request.read())
    except SignatureError:
        return web.Response(status=401)
{handle}
    reply = notice.success()
    return web.Response(body=reply.body, status=reply.status, headers=reply.headers)


app = web.Application()
app.router.add_post("/notify", notify)
"""


NUMBERS = ("out_trade_no", "out_refund_no", "out_order_no", "out_bill_no", "transaction_id")
DULL = frozenset({"mch_id", "mchid", "appid", "algorithm", "nonce_str", "sign"})
"""What a notification always says, whatever it is about."""


def receivers(webhook: Webhook) -> tuple[Receiver, ...]:
    """Handlers of a notification.

    Args:
        webhook: from the catalogue.
    """
    call = "notify(request.headers, " if webhook.protocol == "v3" else "notify_v2("
    handle = _handle(webhook)
    frameworks = (("FastAPI", FASTAPI), ("Django", DJANGO), ("Flask", FLASK), ("aiohttp", AIOHTTP))
    return tuple(Receiver(name, form.format(call=call, handle=handle)) for name, form in frameworks)


def _handle(webhook: Webhook) -> str:
    """What is done with it, indented as the body of a function."""
    member = _telling(webhook.resource)
    print_ = f'print(notice.resource["{member.name}"])' if member else "print(notice.resource)"
    if webhook.protocol == "v3" or any(each.name == "event_type" for each in webhook.body):
        return f'    if notice.event_type == "{webhook.event}":\n        {print_}'
    return f"    {print_}"


def _telling(members: tuple[Member, ...]) -> Member | None:
    """The member that says what the notification is about: an order's number, if there is one."""
    plain = [each for each in members if not each.members and "$" not in each.name]
    wanted = [each for each in plain if each.required] or plain
    by_name = {each.name: each for each in wanted}
    for name in NUMBERS:
        if name in by_name:
            return by_name[name]
    return next((each for each in wanted if each.name not in DULL), None)
