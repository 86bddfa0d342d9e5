"""The inbox: what arrives is stored before it is acknowledged, and handled once."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.durable.notifications import OPENID, delivery, delivery_v2, paid
from tests.durable.worlds import effects
from wechatpay_chain import ConfigurationError, Retry
from wechatpay_chain.durable import Inbox


@pytest.fixture
def inbox(world, keys):
    return Inbox(world.engine, keys.client(), retry=Retry(attempts=3, initial=0))


def shop(world, inbox, event="TRANSACTION.SUCCESS", book=True, **options):
    """Register a handler that books a payment."""
    seen = []

    async def handle(notice, execute):
        seen.append(notice)
        if not book:
            return
        values = {"order": notice.resource["out_trade_no"], "amount": 100}
        await execute(sa.insert(effects).values(values))

    inbox.on(event, **options)(world.handler(handle))
    return seen


async def test_a_notification_is_stored_then_handled_once(world, inbox, keys):
    seen = shop(world, inbox)
    headers, body = delivery(keys, paid("A1"))
    for _ in range(3):
        assert (await world.call(inbox.receive, headers, body)).status == 204
    assert inbox.counters["stored"] == 1
    assert inbox.counters["duplicate"] == 2
    assert [row["state"] for row in world.rows()] == ["pending"]
    assert await world.call(inbox.run_once) == 1
    assert await world.call(inbox.run_once) == 0
    assert [row["order"] for row in world.rows(effects)] == ["A1"]
    (row,) = world.rows()
    assert (row["state"], row["attempts"], row["error"]) == ("done", 1, None)
    assert seen[0].resource["amount"] == {"total": 100}
    assert seen[0].attempt == 1


async def test_nothing_of_the_customer_is_at_rest(world, inbox, keys):
    await world.call(inbox.receive, *delivery(keys, paid("A1")))
    await world.call(inbox.receive, {}, delivery_v2("B1"))
    rows = world.rows()
    assert len(rows) == 2
    assert OPENID not in repr(rows)


async def test_a_v2_notification_is_handled_like_any_other(world, inbox):
    seen = shop(world, inbox, "v2/transaction-success", key="out_trade_no")
    reply = await world.call(inbox.receive, {}, delivery_v2("B1"))
    again = await world.call(inbox.receive, {}, delivery_v2("B1", nonce_str="another"))
    assert (reply.status, again.status) == (200, 200)
    assert b"SUCCESS" in reply.body
    assert await world.call(inbox.run_once) == 1
    assert [notice.resource["openid"] for notice in seen] == [OPENID]
    assert seen[0].occurred_at.isoformat() == "2026-11-26T02:15:00+00:00"


async def test_ids_that_differ_in_case_are_two(world, inbox, keys):
    for order, number in (("A1", "EV-a"), ("A2", "EV-A")):
        await world.call(inbox.receive, *delivery(keys, paid(order), number=number))
    assert {row["notification_id"] for row in world.rows()} == {"EV-a", "EV-A"}


@pytest.mark.parametrize("order", ["\x00A", "\ud800x", "😀" * 20, "A " * 80, "A"])
async def test_any_characters_in_ids_and_keys(world, inbox, keys, order):
    seen = shop(world, inbox, event="REFUND.SUCCESS", key="out_trade_no", book=False)
    for number in ("1", "2"):
        resource = {"out_trade_no": order, "refund_id": f"{order}{number}"}
        id_ = f"{order}{number}".replace("\ud800", "")
        told = delivery(keys, resource, event="REFUND.SUCCESS", number=id_)
        for _ in range(2):
            assert (await world.call(inbox.receive, *told)).status == 204
    assert inbox.counters["duplicate"] == 2
    assert await world.call(inbox.run_once) == 2
    assert [notice.resource["out_trade_no"] for notice in seen] == [order] * 2


async def test_the_same_payment_under_another_id_is_one_payment(world, inbox, keys):
    for number in ("EV-1", "EV-2"):
        reply = await world.call(inbox.receive, *delivery(keys, paid("A1"), number=number))
        assert reply.status == 204
    assert [row["notification_id"] for row in world.rows()] == ["EV-1"]


async def test_a_failed_handler_leaves_no_effect_and_ends_as_a_dead_letter(world, inbox, keys):
    async def fail(notice, execute):
        values = {"order": notice.resource["out_trade_no"], "amount": 100}
        await execute(sa.insert(effects).values(values))
        raise RuntimeError(f"no stock for {notice.resource['payer']['openid']}")

    inbox.on("TRANSACTION.SUCCESS")(world.handler(fail))
    await world.call(inbox.receive, *delivery(keys, paid("A1")))
    for attempt in (1, 2, 3):
        assert await world.call(inbox.run_once, limit=1) == 1
        (row,) = world.rows()
        assert row["attempts"] == attempt
        assert row["error"].startswith("RuntimeError: no stock for *** (test_inbox.py:")
    assert row["state"] == "dead"
    assert world.rows(effects) == []
    assert await world.call(inbox.run_once) == 0
    assert inbox.counters["failed"] == 3


async def test_a_dead_letter_is_replayed(world, inbox, keys):
    failing = [True]

    async def book(notice, execute):
        if failing:
            raise RuntimeError("no stock")
        values = {"order": notice.resource["out_trade_no"], "amount": 100}
        await execute(sa.insert(effects).values(values))

    inbox.on("TRANSACTION.SUCCESS")(world.handler(book))
    await world.call(inbox.receive, *delivery(keys, paid("A1")))
    await world.call(inbox.run_once)
    (row,) = world.rows()
    assert row["state"] == "dead"
    failing.clear()
    assert await world.call(inbox.replay, row["id"])
    assert not await world.call(inbox.replay, row["id"])
    assert await world.call(inbox.run_once) == 1
    assert len(world.rows(effects)) == 1


async def test_notifications_of_one_key_are_handled_oldest_first(world, inbox, keys):
    seen = shop(world, inbox, "REFUND.SUCCESS", key="out_trade_no")
    paid_seen = shop(world, inbox, "TRANSACTION.SUCCESS", key="out_trade_no")
    order = [("R3", 30), ("R1", 10), ("R2", 20)]
    for refund, at in order:
        resource = {"out_trade_no": "A1", "refund_id": refund}
        event = delivery(keys, resource, event="REFUND.SUCCESS", number=refund, at=at)
        await world.call(inbox.receive, *event)
    await world.call(inbox.receive, *delivery(keys, paid("A1"), at=0))
    assert await world.call(inbox.run_once, limit=1) == 1
    assert len(paid_seen) == 1
    assert await world.call(inbox.run_once) == 3
    assert [notice.resource["refund_id"] for notice in seen] == ["R1", "R2", "R3"]


async def test_a_key_that_the_receiver_did_not_know_is_found_by_the_worker(world, keys):
    receiver = Inbox(world.engine, keys.client())
    for refund, at in (("R2", 20), ("R1", 10)):
        resource = {"out_trade_no": "A1", "refund_id": refund}
        event = delivery(keys, resource, event="REFUND.SUCCESS", number=refund, at=at)
        await world.call(receiver.receive, *event)
    worker = Inbox(world.engine, keys.client())
    seen = shop(world, worker, "REFUND.SUCCESS", key="out_trade_no")
    assert await world.call(worker.run_once) == 2
    assert {notice.resource["refund_id"] for notice in seen} == {"R1", "R2"}
    assert {row["ordering_key"] for row in world.rows()} == {"A1"}


async def test_events_without_a_handler_wait_for_one(world, inbox, keys):
    await world.call(inbox.receive, *delivery(keys, paid("A1")))
    shop(world, inbox, "REFUND.SUCCESS")
    assert await world.call(inbox.run_once) == 0
    shop(world, inbox)
    assert await world.call(inbox.run_once) == 1


async def test_what_another_worker_has_locked_is_passed_over(world, inbox, keys):
    if world.name == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    shop(world, inbox, key="out_trade_no")
    shop(world, inbox, "REFUND.SUCCESS", key="out_trade_no")
    refund = {"out_trade_no": "A1", "refund_id": "R1"}
    later = delivery(keys, refund, event="REFUND.SUCCESS", number="R1", at=60)
    await world.call(inbox.receive, *later)
    table = sa.Table("wechatpay_inbox", sa.MetaData(), autoload_with=world.watching)
    with world.locked(sa.select(table.c.id).with_for_update()):
        assert await world.call(inbox.run_once) == 0
        # What occurred earlier arrives while the later one is being handled elsewhere.
        await world.call(inbox.receive, *delivery(keys, paid("A1"), at=0))
        assert await world.call(inbox.run_once) == 0
        await world.call(inbox.receive, *delivery(keys, paid("A2"), at=0))
        assert await world.call(inbox.run_once) == 1
    assert await world.call(inbox.run_once) == 2
    assert [row["order"] for row in world.rows(effects)] == ["A2", "A1", "A1"]


async def test_what_is_not_wechat_pays_is_not_stored(world, inbox, keys):
    headers, body = delivery(keys, paid("A1"))
    probe = {**headers, "Wechatpay-Signature": "WECHATPAY/SIGNTEST/abc"}
    other = delivery(keys, paid("A1"), key="another-key-of-32-characters-abc")
    attempts = [
        (probe, body, 401, "probe"),
        ({}, body, 401, "rejected"),
        (headers, body + b" ", 401, "rejected"),
        (headers, body * 1000, 413, "too_large"),
        (*other, 400, "rejected"),
        ({}, delivery_v2("B1").replace(b"B1", b"B2"), 401, "rejected"),
        ({}, b"<xml><a>", 401, "rejected"),
    ]
    for headers_, body_, status, counted in attempts:
        before = inbox.counters[counted]
        reply = await world.call(inbox.receive, headers_, body_)
        assert reply.status == status
        assert b"FAIL" in reply.body
        assert inbox.counters[counted] == before + 1
    assert world.rows() == []


async def test_a_reply_is_503_where_the_database_is_down(world, keys, caplog, tmp_path):
    url = str(world.url.set(host="127.0.0.1", port=1))
    if world.name == "sqlite":
        (tmp_path / "no.db").write_text("no database" * 100)
        url = f"sqlite:///{tmp_path}/no.db"
    broken = world.at(url)
    inbox = Inbox(broken.engine, keys.client())
    reply = await world.call(inbox.receive, *delivery(keys, paid("A1")))
    assert reply.status == 503
    assert inbox.counters["unavailable"] == 1
    assert "EV-A1" in caplog.text
    broken.close()


async def test_wake_is_told_once_a_row_is_committed(world, keys, caplog):
    woken = []

    def wake(number):
        assert [row["id"] for row in world.rows()] == [number]
        woken.append(number)
        raise OSError("the broker is down")

    inbox = Inbox(world.engine, keys.client(), wake=wake)
    delivered = delivery(keys, paid("A1"))
    for _ in range(2):
        assert (await world.call(inbox.receive, *delivered)).status == 204
    assert len(woken) == 1
    assert "wake failed" in caplog.text


def test_a_handler_that_does_not_fit_is_rejected_at_once(world, inbox):
    async def handler(notice, session): ...

    inbox.on("TRANSACTION.SUCCESS")(lambda notice, session: None)
    cases = [
        ("TRANSACTION.SUCCESS", lambda notice, session: None, "has a handler"),
        ("TRANSACTION.SUCESS", lambda notice, session: None, "did you mean TRANSACTION.SUCCESS"),
        ("REFUND.SUCCESS", lambda notice: None, "cannot be called with a notice and a session"),
        ("REFUND.SUCCESS", "handler", "is not a function"),
    ]
    if not world.is_async:
        cases.append(("REFUND.SUCCESS", handler, "is async, but the engine is sync: make it a"))
    for event, function, message in cases:
        with pytest.raises(ConfigurationError, match=message):
            inbox.on(event)(function)
    with pytest.raises(ConfigurationError, match="no such field; did you mean out_trade_no"):
        inbox.on("REFUND.SUCCESS", key="outTradeNo")(lambda notice, session: None)
    inbox.on("BRAND.NEW", unlisted=True)(lambda notice, session: None)
