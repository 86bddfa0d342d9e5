"""Attempts of a handler are counted before it runs: one that kills its process ends as well."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from tests.durable.dying import ATTEMPTS
from tests.durable.notifications import delivery, paid
from tests.durable.worlds import effects
from tests.support import write
from wechatpay_chain import Retry
from wechatpay_chain.durable import Inbox
from wechatpay_chain.durable.inbox.handling import LEASE

RETRY = Retry(attempts=ATTEMPTS, initial=0)


class Between:
    """A database after whose first transaction something happens.

    Args:
        database: that runs the transactions.
        happens: returns a method of an inbox, and its arguments.
    """

    def __init__(self, database: Any, happens: Callable[[], tuple[Any, ...]]) -> None:
        self._database = database
        self._happens = [happens]
        self.is_async, self.errors = database.is_async, database.errors
        self.within, self.dispose = database.within, database.dispose
        self.to_thread = getattr(database, "to_thread", None)

    def transact(self, steps: Any) -> Any:
        if self.is_async:
            return self._transact_async(steps)
        outcome = self._database.transact(steps)
        while self._happens:
            method, *arguments = self._happens.pop()()
            method(*arguments)
        return outcome

    async def _transact_async(self, steps: Any) -> Any:
        outcome = await self._database.transact(steps)
        while self._happens:
            method, *arguments = self._happens.pop()()
            await getattr(method.__self__, f"{method.__name__}_async")(*arguments)
        return outcome


def inbox_of(world, keys, clock, database=None):
    """An inbox that books payments and refunds in the order of their orders' events."""
    inbox = Inbox(database or world.engine, keys.client(), retry=RETRY, clock=clock)

    async def book(notice, execute):
        order = f"{notice.resource['out_trade_no']} {notice.event_type} {notice.attempt}"
        await execute(sa.insert(effects).values(order=order, amount=1))

    for event in ("TRANSACTION.SUCCESS", "REFUND.SUCCESS"):
        inbox.on(event, key="out_trade_no")(world.handler(book))
    return inbox


def refund(keys, at):
    resource = {"out_trade_no": "A1", "refund_id": "R1"}
    return delivery(keys, resource, event="REFUND.SUCCESS", number="R1", at=at)


def booked(world):
    return [row["order"] for row in world.rows(effects)]


@pytest.fixture
def die(world, kind, keys, clock, tmp_path):
    """Run a worker in a process of its own, which its handler kills."""
    write(tmp_path / "pub_key.pem", keys.platform.public_key())
    url = world.url.render_as_string(hide_password=False)

    def die():
        command = [sys.executable, "-m", "tests.durable.dying", kind, url, str(tmp_path)]
        assert subprocess.run([*command, str(clock.now)]).returncode == -signal.SIGKILL

    return die


async def test_a_handler_that_kills_its_process_ends_as_a_dead_letter(
    world, keys, clock, die, caplog
):
    inbox = inbox_of(world, keys, clock)
    await world.call(inbox.receive, *delivery(keys, paid("A1")))
    die()
    (row,) = world.rows()
    assert (row["state"], row["attempts"], row["error"]) == ("pending", 1, None)
    for later in (delivery(keys, paid("A2")), refund(keys, at=60)):
        await world.call(inbox.receive, *later)
    assert await world.call(inbox.run_once) == 1
    assert booked(world) == ["A2 TRANSACTION.SUCCESS 1"]
    clock.now += LEASE
    die()
    clock.now += LEASE
    assert await world.call(inbox.run_once) == 2
    assert booked(world) == ["A2 TRANSACTION.SUCCESS 1", "A1 REFUND.SUCCESS 1"]
    (row,) = await world.call(inbox.find, "dead")
    assert row["attempts"] == ATTEMPTS
    assert row["error"].startswith("attempt 2 did not finish: the process crashed")
    assert "It is a dead letter now" in caplog.text
    assert inbox.counters["failed"] == 1
    assert await world.call(inbox.replay, row["id"])
    assert await world.call(inbox.run_once) == 1
    assert booked(world)[2:] == ["A1 TRANSACTION.SUCCESS 1"]


async def test_another_worker_takes_over_what_a_dead_process_left(world, keys, clock, die, caplog):
    inbox = inbox_of(world, keys, clock)
    await world.call(inbox.receive, *delivery(keys, paid("A1")))
    die()
    clock.now += LEASE
    assert await world.call(inbox.run_once) == 1
    assert booked(world) == ["A1 TRANSACTION.SUCCESS 2"]
    (row,) = world.rows()
    assert (row["state"], row["attempts"], row["error"]) == ("done", 2, None)
    assert "attempt 1 did not finish" in caplog.text


async def test_an_earlier_event_that_comes_between_is_handled_first(world, keys, clock):
    receiver = inbox_of(world, keys, clock)

    await world.call(receiver.receive, *refund(keys, at=60))
    earlier = Between(
        receiver.database, lambda: (receiver.receive, *delivery(keys, paid("A1"), at=0))
    )
    inbox = inbox_of(world, keys, clock, earlier)
    assert await world.call(inbox.run_once) == 0
    assert {(row["attempts"], row["error"]) for row in world.rows()} == {(0, None)}
    assert await world.call(inbox.run_once) == 2
    assert booked(world) == ["A1 TRANSACTION.SUCCESS 1", "A1 REFUND.SUCCESS 1"]


async def test_a_worker_whose_lease_is_over_leaves_the_row_to_the_other(world, keys, clock):
    other = inbox_of(world, keys, clock)

    def overtake():
        clock.now += LEASE
        return (other.run_once,)

    await world.call(other.receive, *delivery(keys, paid("A1")))
    slow = inbox_of(world, keys, clock, Between(other.database, overtake))
    assert await world.call(slow.run_once) == 0
    assert booked(world) == ["A1 TRANSACTION.SUCCESS 2"]
    (row,) = world.rows()
    assert (row["state"], row["attempts"]) == ("done", 2)


async def test_a_worker_that_is_interrupted_takes_its_attempt_back(world, keys, clock):
    inbox = Inbox(world.engine, keys.client(), clock=clock)
    ends = [KeyboardInterrupt, RuntimeError]

    async def book(notice, execute):
        await execute(sa.insert(effects).values(order=f"attempt {notice.attempt}", amount=1))
        if ends:
            raise ends.pop()

    inbox.on("TRANSACTION.SUCCESS")(world.handler(book))
    await world.call(inbox.receive, *delivery(keys, paid("A1")))
    assert await world.call(inbox.run_once) == 1
    clock.now += 60
    with pytest.raises(KeyboardInterrupt):
        await world.call(inbox.run_once)
    (row,) = world.rows()
    assert (row["attempts"], row["error"][:12]) == (1, "RuntimeError")
    assert await world.call(inbox.run_once) == 1
    assert booked(world) == ["attempt 2"]
