"""`manage.py wechatpay_inbox`, `wechatpay_outbox` and `wechatpay_sweeper`."""

from __future__ import annotations

import io
import os
import signal
import sys
from functools import partial
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import override_settings

from tests.durable.notifications import OPENID, delivery, paid
from wechatpay_chain import Retry
from wechatpay_chain.contrib.django import DjangoDatabase
from wechatpay_chain.durable import Inbox, Outbox, Sweeper

pytestmark = pytest.mark.parametrize("every_world", ["sqlite"], indirect=True)


@pytest.fixture
def shop(world, keys, monkeypatch):
    """The project's module that declares them."""
    database = DjangoDatabase(world.alias)
    inbox = Inbox(database, keys.client(), retry=Retry(attempts=1, initial=0))
    outbox = Outbox(database, keys.client())
    module = SimpleNamespace(inbox=inbox, outbox=outbox, sweeper=Sweeper(inbox))
    monkeypatch.setitem(sys.modules, "payments", module)
    named = {f"WECHATPAY_{name.upper()}": f"payments.{name}" for name in vars(module)}
    with override_settings(**named):
        yield module


def manage(*arguments):
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_a_dead_letter_is_listed_shown_and_replayed(shop, keys):
    @shop.inbox.on("TRANSACTION.SUCCESS")
    def fail(notice, session):
        raise RuntimeError(f"no stock for {notice.resource['payer']['openid']}")

    shop.inbox.receive(*delivery(keys, paid("A1")))
    assert manage("wechatpay_inbox", "run", "--once") == "1 processed\n"
    header, line = manage("wechatpay_inbox", "list", "--state", "dead").splitlines()
    assert header.split() == [
        "id",
        "state",
        "event_type",
        "notification_id",
        "attempts",
        "due",
        "error",
    ]
    number, state, *_ = line.split()
    assert state == "dead"
    assert "no stock for ***" in line
    shown = manage("wechatpay_inbox", "show", number)
    assert "TRANSACTION.SUCCESS:4200A1" in shown
    assert "T" in next(line for line in shown.splitlines() if line.startswith("finished"))
    assert OPENID not in shown
    assert "ciphertext" not in shown
    assert "1 of 1" in manage("wechatpay_inbox", "replay", number)
    with pytest.raises(CommandError, match=f"already pending, or not found: {number}, 99"):
        manage("wechatpay_inbox", "replay", number, "99")
    with pytest.raises(CommandError, match="the row 99 does not exist"):
        manage("wechatpay_inbox", "show", "99")


@pytest.mark.parametrize("name", ["outbox", "sweeper"])
def test_all_three_have_their_command(shop, name):
    assert manage(f"wechatpay_{name}", "run", "--once") == "0 processed\n"
    assert manage(f"wechatpay_{name}", "list").split()[:2] == ["id", "state"]


def test_a_worker_is_stopped_by_a_signal_and_closes_old_connections(shop, keys, monkeypatch):
    used = []

    @shop.inbox.on("TRANSACTION.SUCCESS")
    def book(notice, session):
        used.append(connections[session].connection)
        if len(used) == 2:
            os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    for order in ("A1", "A2", "A3"):
        shop.inbox.receive(*delivery(keys, paid(order)))
    monkeypatch.setattr(shop.inbox, "run_once", partial(shop.inbox.run_once, 1))
    assert "done 2" in manage("wechatpay_inbox", "run", "--poll", "0.01")
    assert signal.getsignal(signal.SIGTERM) is before
    assert used[0] is not used[1]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (None, "expected the dotted path of your inbox, such as 'shop.payments.inbox'"),
        ("payments.missing", "payments.missing"),
        ("payments.outbox", "points to an object of type Outbox"),
        ("payments.elsewhere", "has an async engine: use a DjangoDatabase"),
    ],
)
def test_a_setting_that_names_no_worker(shop, keys, path, message):
    from sqlalchemy.ext.asyncio import create_async_engine

    shop.elsewhere = Inbox(create_async_engine("sqlite+aiosqlite://"), keys.client())
    with override_settings(WECHATPAY_INBOX=path), pytest.raises(CommandError, match=message):
        manage("wechatpay_inbox", "list")


def test_tables_that_are_missing_are_said(shop, world):
    with world.watching.begin() as connection:
        connection.execute(sa.text("UPDATE wechatpay_schema SET version = 0"))
    try:
        with pytest.raises(CommandError, match="manage.py migrate wechatpay_chain"):
            manage("wechatpay_inbox", "list")
    finally:
        with world.watching.begin() as connection:
            connection.execute(sa.text("UPDATE wechatpay_schema SET version = 1"))
