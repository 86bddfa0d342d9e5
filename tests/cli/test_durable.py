"""`inbox`, `outbox` and `sweeper`: look at rows, replay them, work them off."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from tests.cli.support import data, failed, lines, plain_environment, run
from tests.durable.notifications import OPENID, delivery, paid
from tests.support import MERCHANT_SERIAL, write
from wechatpay_chain.durable import Inbox, create_tables

APP = """
    from pathlib import Path

    import sqlalchemy as sa
    from sqlalchemy.ext.asyncio import create_async_engine

    from tests.support import APIV3_KEY, MCHID, MERCHANT_SERIAL, PUBLIC_KEY_ID
    from wechatpay_chain import Retry, WeChatPay
    from wechatpay_chain.durable import Inbox, Outbox, Sweeper

    here = Path(__file__).parent
    wxpay = WeChatPay(
        mchid=MCHID, serial=MERCHANT_SERIAL, private_key=here / "key.pem", apiv3_key=APIV3_KEY,
        certs={PUBLIC_KEY_ID: here / "pub.pem"},
    )
    engines = {
        "sync": sa.create_engine(f"sqlite:///{here}/shop.db"),
        "on_a_loop": create_async_engine(f"sqlite+aiosqlite:///{here}/shop.db"),
    }
    retry = Retry(attempts=1)
    sync = Inbox(engines["sync"], wxpay, retry=retry)
    on_a_loop = Inbox(engines["on_a_loop"], wxpay, retry=retry)
    outbox = Outbox(engines["sync"], wxpay)
    sweeper = Sweeper(sync)


    @sync.on("TRANSACTION.SUCCESS")
    def paid(notice, session):
        if not (here / "stock").exists():
            raise RuntimeError("no stock")


    @on_a_loop.on("TRANSACTION.SUCCESS")
    async def paid_async(notice, session):
        paid(notice, session)
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory, keys):
    """A folder with a shop's module, named for it, and its database."""
    folder = tmp_path_factory.mktemp("shop")
    name = f"shop_{folder.name.replace('-', '_')}"
    (folder / f"{name}.py").write_text(dedent(APP))
    write(folder / "key.pem", keys.merchant)
    write(folder / "pub.pem", keys.platform.public_key())
    engine = sa.create_engine(f"sqlite:///{folder}/shop.db", poolclass=NullPool)
    create_tables(engine)
    assert MERCHANT_SERIAL
    sys.path.insert(0, str(folder))
    yield folder, name, engine
    sys.path.remove(str(folder))
    engine.dispose()


@pytest.fixture(params=["sync", "on_a_loop"])
def app(request, shop, keys):
    """Where an inbox is, with two notifications in it."""
    folder, name, engine = shop
    (folder / "stock").unlink(missing_ok=True)
    with engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM wechatpay_inbox"))
    inbox = Inbox(engine, keys.client())
    for order in ("A1", "A2"):
        assert inbox.receive(*delivery(keys, paid(order), number=f"EV-{order}")).status == 204
    return f"{name}:{request.param}"


def test_rows_are_listed_and_shown(app):
    rows = [line.split("\t") for line in lines("inbox", "--app", app, "list")]
    assert [row[1:4] for row in rows] == [
        ["pending", "TRANSACTION.SUCCESS", "EV-A2"],
        ["pending", "TRANSACTION.SUCCESS", "EV-A1"],
    ]
    assert lines("inbox", "--app", app, "list", "--state", "dead") == []
    shown = "\n".join(lines("inbox", "--app", app, "show", rows[0][0]))
    assert "notification_id  EV-A2" in shown
    assert OPENID not in shown
    record = data("inbox", "--app", app, "show", rows[0][0])
    assert (record["attempts"], record["occurred"]) == (0, "2026-11-26T02:00:00+00:00")
    assert "body" not in record


def test_a_dead_letter_is_replayed(shop, app):
    assert "2 processed" in run("inbox", "--app", app, "run", "--once").stderr
    dead = data("inbox", "--app", app, "list", "--state", "dead")
    assert [row["error"].partition(" (")[0] for row in dead] == ["RuntimeError: no stock"] * 2
    (shop[0] / "stock").touch()
    numbers = [str(row["id"]) for row in dead]
    assert "2 of 2 will be processed" in run("inbox", "--app", app, "replay", *numbers).stderr
    assert "already pending, or not found" in failed("inbox", "--app", app, "replay", numbers[0])
    assert "2 processed" in run("inbox", "--app", app, "run", "--once").stderr
    assert len(data("inbox", "--app", app, "list", "--state", "done")) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_run_ends_with_the_row_at_hand(shop, app):
    (shop[0] / "stock").touch()
    environment = plain_environment(
        WECHATPAY_INBOX=app, PYTHONPATH=os.pathsep.join([str(shop[0]), str(Path.cwd())])
    )
    with subprocess.Popen(
        [sys.executable, "-m", "wechatpay_chain", "inbox", "run", "--poll", "0.05"],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert "Ctrl+C" in process.stderr.readline()
        while any(row["state"] == "pending" for row in data("inbox", "--app", app, "list")):
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.stderr.read().strip() == "done 2"
        assert process.wait() == 0


def test_outbox_and_sweeper_have_the_same_commands(shop):
    for name in ("outbox", "sweeper"):
        assert data(name, "--app", f"{shop[1]}:{name}", "list") == []
        assert f"the {name} has no row 1" in failed(name, "--app", f"{shop[1]}:{name}", "show", "1")


@pytest.mark.parametrize(
    ("app", "message"),
    [
        ("", "the location of your inbox is missing"),
        ("nowhere", "expected MODULE:NAME, such as shop.payments"),
        ("nowhere.at.all:inbox", "No module named 'nowhere'"),
        ("json:inbox", "module 'json' has no attribute 'inbox'"),
        ("json:dumps", "expected the inbox, not an object of type function"),
    ],
)
def test_an_app_that_is_none(app, message):
    assert message in failed("inbox", "--app", app, "list")
