"""Django's admin: rows are looked at and replayed, and nothing of the customer is shown."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.db import connections
from django.test import Client, override_settings
from django.utils.translation import override

from tests.contrib.django import project
from tests.durable.notifications import OPENID, delivery, paid
from wechatpay_chain import Retry
from wechatpay_chain.contrib.django import DjangoDatabase
from wechatpay_chain.contrib.django.labels import text as text_of
from wechatpay_chain.contrib.django.models import Notification, OutboxCall, Watch
from wechatpay_chain.durable import Inbox

ROWS = "/admin/wechatpay_chain/notification/"
TASK = {"mchid": "1900000109", "due_at": 1_790_000_000_000, "created_at": 1_790_000_000_000}


@pytest.fixture(scope="module", autouse=True)
def tables(tmp_path_factory):
    """The project's default database, in a file, with the tables of all its apps."""
    path = tmp_path_factory.mktemp("admin") / "shop.db"
    default = connections.settings["default"]
    before = dict(default)
    connections["default"].close()
    default |= project.database(f"sqlite:///{path}") | {"ATOMIC_REQUESTS": True}
    call_command("migrate", verbosity=0)
    yield
    connections["default"].close()
    default |= before


@pytest.fixture
def inbox(keys, monkeypatch):
    Notification.objects.all().delete()
    inbox = Inbox(DjangoDatabase(), keys.client(), retry=Retry(attempts=1, initial=0))
    monkeypatch.setitem(sys.modules, "payments", SimpleNamespace(inbox=inbox))
    with override_settings(WECHATPAY_INBOX="payments.inbox"):
        yield inbox


@pytest.fixture
def dead(inbox, keys):
    """A dead letter."""

    @inbox.on("TRANSACTION.SUCCESS")
    def fail(notice, session):
        raise RuntimeError("no <b>stock</b>")

    inbox.receive(*delivery(keys, paid("A1")))
    inbox.run_once()
    return Notification.objects.get()


def client(*permissions):
    User.objects.filter(username="ops").delete()
    user = User.objects.create_user("ops", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def test_rows_are_listed_without_what_they_carry(dead):
    viewer = client("view_notification")
    listed = viewer.get(ROWS, {"state": "dead"}).content.decode()
    assert "no &lt;b&gt;stock" in listed
    assert "Replay the selected rows" not in listed
    assert "4200A1" not in viewer.get(ROWS, {"state": "done"}).content.decode()
    shown = viewer.get(f"{ROWS}{dead.pk}/change/").content.decode()
    assert "TRANSACTION.SUCCESS:4200A1" in shown
    for hidden in (OPENID, "ciphertext", "Wechatpay-Signature", "_save"):
        assert hidden not in shown


def test_nothing_can_be_edited(dead):
    editor = client("view_notification", "change_notification", "add_notification")
    assert editor.get(f"{ROWS}add/").status_code == 403
    assert editor.post(f"{ROWS}{dead.pk}/change/", {"state": "done"}).status_code == 403
    assert editor.post(f"{ROWS}{dead.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_dead_letter_is_replayed_by_who_may_change_it(dead):
    asked = {"action": "replay", "_selected_action": [dead.pk]}
    client("view_notification").post(ROWS, asked)
    dead.refresh_from_db()
    assert dead.state == "dead"
    told = client("view_notification", "change_notification").post(ROWS, asked, follow=True)
    assert "1 of 1 will be processed again" in told.content.decode()
    dead.refresh_from_db()
    assert (dead.state, dead.attempts) == ("pending", 0)
    with override_settings(WECHATPAY_INBOX=None):
        told = client("view_notification", "change_notification").post(ROWS, asked, follow=True)
    assert "WECHATPAY_INBOX = None: expected the dotted path" in told.content.decode()


def test_calls_and_watches_are_shown_too():
    viewer = client("view_outboxcall", "view_watch")
    call = OutboxCall.objects.create(
        **TASK, operation="post_refund", number="R1", method="POST", options=b"x", is_sealed=True
    )
    watch = Watch.objects.create(
        **TASK, kind="order", number="A1", parameters='{"openid": "openid-of-watch"}'
    )
    for name, row in (("outboxcall", call), ("watch", watch)):
        folder = f"/admin/wechatpay_chain/{name}/"
        assert row.number in viewer.get(folder).content.decode()
        shown = viewer.get(f"{folder}{row.pk}/change/").content.decode()
        assert "2026" in shown
        assert "openid-of-watch" not in shown


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        ("en", ("WeChat Pay", "Notifications", "Replay the selected rows", "Created")),
        ("zh-hans", ("微信支付", "回调通知", "重新处理所选记录", "创建时间")),
    ],
)
def test_the_admin_uses_the_language_of_the_request(dead, language, texts):
    viewer = client("view_notification", "change_notification")
    with override(language):
        listed = viewer.get(ROWS).content.decode()
    assert [text for text in texts if text not in listed] == []
    with override("zh-hans"):
        assert text_of("{count} processed", count=2) == "已处理 2 条"
