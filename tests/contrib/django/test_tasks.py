"""Django's tasks: a row is worked off as soon as it is committed."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import django
import pytest
from django.db import connections
from django.test import override_settings

from tests.durable.notifications import delivery, paid
from wechatpay_chain import ConfigurationError
from wechatpay_chain.contrib.django import tasks
from wechatpay_chain.durable import Inbox

pytestmark = pytest.mark.parametrize("every_world", ["sqlite"], indirect=True)
HAS_TASKS = django.VERSION >= (6, 0)
IMMEDIATE = "django.tasks.backends.immediate.ImmediateBackend"


@pytest.fixture
def inbox(world, keys):
    return Inbox(world.engine, keys.client())


@pytest.mark.skipif(HAS_TASKS, reason="this Django has tasks")
def test_an_older_django_has_none(inbox):
    with pytest.raises(ConfigurationError, match="has no tasks: use Django 6.0 or newer, or run"):
        tasks.connect(inbox)
    assert inbox.wake is None


@pytest.mark.skipif(not HAS_TASKS, reason="this Django has no tasks")
def test_a_stored_notification_starts_a_task(inbox, keys, monkeypatch):
    handled, queues = [], []
    inbox.on("TRANSACTION.SUCCESS")(lambda notice, session: handled.append(session))
    monkeypatch.setitem(sys.modules, "payments", SimpleNamespace(inbox=inbox))
    backends = {"default": {"BACKEND": IMMEDIATE, "QUEUES": ["default", "payments"]}}

    def started(task_result, **_):
        queues.append((task_result.task.queue_name, task_result.task.module_path))

    with override_settings(TASKS=backends, WECHATPAY_INBOX="payments.inbox"):
        from django.tasks.signals import task_started

        task_started.connect(started)
        tasks.connect(inbox, queue_name="payments")
        assert inbox.receive(*delivery(keys, paid("A1"))).status == 204
        assert inbox.receive(*delivery(keys, paid("A1"))).status == 204
    task_started.disconnect(started)
    assert handled == [inbox.database.alias]
    assert queues == [("payments", "wechatpay_chain.contrib.django.tasks.work_off")]
    assert connections[inbox.database.alias].in_atomic_block is False
