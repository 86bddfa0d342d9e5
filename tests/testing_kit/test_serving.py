"""Applications that are served for a test: every framework gets the gateway's notifications."""

from __future__ import annotations

import http.client
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest
from aiohttp import web
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponse
from django.test import override_settings
from django.urls import path
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from flask import Flask
from flask import request as flask_request

from tests.contrib.django import project
from wechatpay_chain.testing.serving import serve

project.configure()


class Urls:
    """A module of URLs for Django."""


def fastapi_app(take):
    @asynccontextmanager
    async def lifespan(app):
        yield {"take": take}

    app = FastAPI(lifespan=lifespan)

    @app.post("/pay/notify", status_code=204)
    async def notify(request: Request) -> None:
        request.state.take(request.headers, await request.body())

    return app


def flask_app(take):
    app = Flask(__name__)

    @app.post("/pay/notify")
    def notify():
        take(flask_request.headers, flask_request.get_data())
        return "", 204

    return app


def aiohttp_app(take):
    async def notify(request):
        take(request.headers, await request.read())
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/pay/notify", notify)
    return app


def django_app(handler):
    def make(take):
        def notify(request):
            take(request.headers, request.body)
            return HttpResponse(status=204)

        Urls.urlpatterns = [path("pay/notify", notify)]
        return handler()

    return make


@pytest.mark.parametrize(
    "make",
    [fastapi_app, flask_app, aiohttp_app, django_app(ASGIHandler), django_app(WSGIHandler)],
    ids=["fastapi", "flask", "aiohttp", "django-asgi", "django-wsgi"],
)
def test_every_framework_is_notified(wechatpay_gateway, wechatpay, wechatpay_app, make):
    received = []

    def take(headers, body):
        received.append(wechatpay.notify(headers, body).resource["out_trade_no"])

    with override_settings(ROOT_URLCONF=Urls, ALLOWED_HOSTS=["*"], MIDDLEWARE=[]):
        url = wechatpay_app(make(take))
        body = {
            "appid": wechatpay_gateway.identity.appid,
            "mchid": wechatpay_gateway.identity.mchid,
            "description": "QQ公仔",
            "out_trade_no": "native-0001",
            "notify_url": f"{url}/pay/notify",
            "amount": {"total": 100},
        }
        wechatpay.v3.pay.transactions.native.post(json=body)
        wechatpay_gateway.pay("native-0001")
        notice = wechatpay_gateway.wait_for("TRANSACTION.SUCCESS", out_trade_no="native-0001")
    assert received == ["native-0001"]
    assert notice["attempts"][-1]["acknowledged"]


def get(url, target):
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    connection.request("GET", target)
    answer = connection.getresponse()
    try:
        return answer.status, answer.getheader("x-seen"), answer.read()
    finally:
        connection.close()


def test_a_lifespan_surrounds_the_block():
    steps = []

    @asynccontextmanager
    async def lifespan(app):
        steps.append("start")
        yield
        steps.append("end")

    app = FastAPI(lifespan=lifespan)

    @app.get("/stream/{name}")
    async def stream(name: str, q: str):
        async def pieces():
            yield name.encode()
            yield q.encode()

        return StreamingResponse(pieces(), headers={"X-Seen": "yes"})

    with serve(app) as url:
        assert steps == ["start"]
        assert get(url, "/stream/a%20b?q=c%26d") == (200, "yes", b"a bc&d")
        assert get(url, "/nowhere")[0] == 404
    assert steps == ["start", "end"]


@pytest.mark.parametrize("step", ["startup", "shutdown"])
def test_a_lifespan_that_fails(step):
    @asynccontextmanager
    async def lifespan(app):
        if step == "startup":
            raise ValueError("no database")
        yield
        raise ValueError("no database")

    served = []

    def use():
        with serve(FastAPI(lifespan=lifespan)) as url:
            served.append(get(url, "/nowhere")[0])

    with pytest.raises(RuntimeError, match=f"the application's {step} failed: ") as failed:
        use()
    assert str(failed.value.__cause__) == "no database"
    assert served == ([404] if step == "shutdown" else [])


def test_an_application_without_a_response():
    async def app(scope, receive, send):
        assert scope["type"] == "http"

    with serve(app) as url:
        assert get(url, "/")[0] == 500


def test_no_application():
    with pytest.raises(TypeError, match="expected an ASGI or WSGI application, not int"):
        serve(3).__enter__()
