"""A worker that is killed in the middle of a handler leaves neither an effect nor a mark."""

from __future__ import annotations

import subprocess
import sys

import sqlalchemy as sa

from tests.durable.notifications import delivery, paid
from tests.durable.worlds import effects
from tests.support import write
from wechatpay_chain.durable import Inbox


def test_effect_and_mark_are_rolled_back_together(world, keys, tmp_path):
    write(tmp_path / "pub_key.pem", keys.platform.public_key())
    with world.watching.begin() as connection:
        connection.execute(sa.insert(effects).values(order="A1", amount=0))
    Inbox(world.engine, keys.client()).receive(*delivery(keys, paid("A1")))
    url = world.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.contrib.django.worker", url, str(tmp_path)]

    def started():
        pipe = subprocess.PIPE
        worker = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
        assert worker.stdout.readline() == "booked\n"
        return worker

    with started() as killed:
        killed.kill()
    assert [row["amount"] for row in world.rows(effects)] == [0]
    assert [(row["state"], row["attempts"]) for row in world.rows()] == [("pending", 0)]
    with started() as worker:
        assert worker.communicate("go on\n", timeout=30)[0] == "handled 1\n"
    assert [row["amount"] for row in world.rows(effects)] == [1]
    assert [(row["state"], row["attempts"]) for row in world.rows()] == [("done", 1)]
