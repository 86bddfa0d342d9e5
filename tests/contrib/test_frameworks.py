"""Web frameworks: two lines lead from `notify_url` to the inbox, over a real socket."""

from __future__ import annotations

import asyncio
import http.client
import socket
import threading
from contextlib import ExitStack, contextmanager

import pytest
import sqlalchemy as sa
import uvicorn
from aiohttp import web
from django import urls
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.test import override_settings
from fastapi import FastAPI
from flask import Flask
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from werkzeug.serving import make_server

from tests.contrib.django import project
from tests.durable.notifications import delivery, delivery_v2, paid
from wechatpay_chain import ConfigurationError
from wechatpay_chain.contrib.aiohttp import handler
from wechatpay_chain.contrib.django import DjangoDatabase
from wechatpay_chain.contrib.django.views import notify, notify_async
from wechatpay_chain.contrib.fastapi import router
from wechatpay_chain.contrib.flask import blueprint
from wechatpay_chain.durable import Inbox, create_tables

project.configure()
PATH = "/wechatpay/notify"


@contextmanager
def fastapi_server(inbox):
    app = FastAPI()
    app.include_router(router(inbox, PATH))
    app.include_router(router(inbox, "/of/{mchid}"))
    with threaded_asgi(app) as port:
        yield port


@contextmanager
def threaded_asgi(app):
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@contextmanager
def flask_server(inbox):
    app = Flask("shop")
    app.config["MAX_CONTENT_LENGTH"] = 100
    app.register_blueprint(blueprint(inbox, PATH))
    app.register_blueprint(blueprint(inbox, "/of/<mchid>"), name="of")
    with threaded_wsgi(app) as port:
        yield port


@contextmanager
def threaded_wsgi(app):
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def aiohttp_server(inbox):
    loop, ports = asyncio.new_event_loop(), []

    async def start():
        app = web.Application()
        app.router.add_post(PATH, handler(inbox))
        app.router.add_post("/of/{mchid}", handler(inbox))
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        ports.append(runner.addresses[0][1])
        return runner

    runner = loop.run_until_complete(start())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield ports[0]
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


@contextmanager
def django_server(inbox):
    with serving_django(notify(inbox)), threaded_wsgi(get_wsgi_application()) as port:
        yield port


@contextmanager
def django_asgi_server(inbox):
    with serving_django(notify_async(inbox)), threaded_asgi(get_asgi_application()) as port:
        yield port


@contextmanager
def serving_django(view):
    routes = (urls.path(PATH[1:], view), urls.path("of/<mchid>", view))
    with override_settings(ROOT_URLCONF=routes):
        yield


SERVERS = {
    "fastapi": (fastapi_server, "sync"),
    "fastapi-async": (fastapi_server, "async"),
    "flask": (flask_server, "sync"),
    "aiohttp": (aiohttp_server, "sync"),
    "aiohttp-async": (aiohttp_server, "async"),
    "django": (django_server, "django"),
    "django-asgi": (django_asgi_server, "django"),
    "django-asgi-async": (django_asgi_server, "async"),
}


@pytest.fixture(scope="module", params=SERVERS)
def shop(request, tmp_path_factory, keys):
    """An inbox, the port of its server, and what looks into its database."""
    path = tmp_path_factory.mktemp("shop") / "shop.db"
    serve, kind = SERVERS[request.param]
    with ExitStack() as stack:
        watching = sa.create_engine(f"sqlite:///{path}", poolclass=NullPool)
        create_tables(watching)
        engine = watching
        if kind == "async":
            engine = create_async_engine(f"sqlite+aiosqlite:///{path}", poolclass=NullPool)
        if kind == "django":
            alias = project.add_database(f"sqlite:///{path}", ATOMIC_REQUESTS=True)
            stack.callback(project.remove_database, alias)
            engine = DjangoDatabase(alias)
        inbox = Inbox(engine, keys.client(), max_body_size=20_000)
        port = stack.enter_context(serve(inbox))
        yield inbox, port, watching
        watching.dispose()


def post(port, headers, body, path=PATH, method="POST"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def stored(watching):
    with watching.connect() as connection:
        found = connection.execute(sa.text("SELECT notification_id FROM wechatpay_inbox"))
        return set(found.scalars())


def test_a_notification_is_stored_and_acknowledged(shop, keys):
    inbox, port, watching = shop
    for _ in range(2):
        assert post(port, *delivery(keys, paid("A1"), number="EV-A1")) == (204, b"")
    of_merchant = delivery(keys, paid("A2"), number="EV-A2")
    assert post(port, *of_merchant, path="/of/1900000109") == (204, b"")
    status, body = post(port, {"Content-Type": "text/xml"}, delivery_v2("A3"))
    assert (status, b"SUCCESS" in body) == (200, True)
    assert {"EV-A1", "EV-A2"} < stored(watching)
    assert inbox.counters["duplicate"] >= 1


def test_what_is_not_wechat_pays_is_rejected(shop, keys):
    inbox, port, watching = shop
    headers, body = delivery(keys, paid("B1"), number="EV-B1")
    probe = {**headers, "Wechatpay-Signature": "WECHATPAY/SIGNTEST/abc"}
    probes = inbox.counters["probe"]
    assert post(port, probe, body)[0] == 401
    assert inbox.counters["probe"] == probes + 1
    assert post(port, headers, body + b" ")[0] == 401
    assert post(port, headers, body, path="/of/1900000110")[0] == 400
    assert post(port, headers, b"", method="GET")[0] == 405
    assert "EV-B1" not in stored(watching)


def test_an_endless_body_is_not_read_to_its_end(shop, keys, request):
    if "django-asgi" in request.node.callspec.id:
        pytest.skip("Django reads a body before it calls a view under ASGI")
    inbox, port, _ = shop
    headers, body = delivery(keys, paid("C1"))
    before = inbox.counters["too_large"]
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        head = [f"POST {PATH} HTTP/1.1", "Host: shop", "Content-Length: 10000000000"]
        head += [f"{name}: {value}" for name, value in headers.items()]
        connection.sendall("\r\n".join([*head, "", ""]).encode() + body * 60)
        assert connection.recv(65536).split()[1] == b"413"
    assert inbox.counters["too_large"] == before + 1


def test_a_body_that_is_too_large_is_rejected(shop, keys):
    inbox, port, _ = shop
    headers, body = delivery(keys, paid("C2"))
    before = inbox.counters["too_large"]
    assert post(port, headers, body * 60)[0] == 413
    assert inbox.counters["too_large"] == before + 1


def test_a_database_that_is_down_has_it_sent_again(shop, keys):
    _, port, watching = shop
    with watching.begin() as connection:
        connection.execute(sa.text("ALTER TABLE wechatpay_inbox RENAME TO away"))
    notification = delivery(keys, paid("D1"), number="EV-D1")
    status, body = post(port, *notification)
    assert (status, b"FAIL" in body) == (503, True)
    with watching.begin() as connection:
        connection.execute(sa.text("ALTER TABLE away RENAME TO wechatpay_inbox"))
    assert post(port, *notification)[0] == 204


def test_a_sync_view_needs_a_sync_engine(keys):
    inbox = Inbox(create_async_engine("sqlite+aiosqlite://"), keys.client())
    with pytest.raises(ConfigurationError, match="Flask is sync"):
        blueprint(inbox)
    with pytest.raises(ConfigurationError, match="use notify_async"):
        notify(inbox)
