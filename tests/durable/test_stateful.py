"""Receiving, handling, crashing, replaying, sweeping in any order: nothing is lost, or done twice.

A crash is what `kill -9` leaves: the transaction at hand is rolled back, or it is committed and
nobody hears of it. `make properties` tries many more orders.
"""

from __future__ import annotations

import json
from collections import Counter

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy.pool import StaticPool

from tests.durable.notifications import delivery, moment
from tests.durable.shop import Clock
from tests.durable.worlds import effects
from tests.support import MCHID, PUBLIC_KEY_ID, Keys, new_key
from wechatpay_chain import Retry, TransportError
from wechatpay_chain.durable import Inbox, Outbox, Sweeper, create_tables, metadata
from wechatpay_chain.durable.databases.engines import EngineDatabase
from wechatpay_chain.testing.mock import MockTransport

ORDERS = ["A", "B"]
REFUNDS = "v3/refund/domestic/refunds"
KEYS = Keys(merchant=new_key(), platform=new_key())
ENGINE = sa.create_engine("sqlite://", poolclass=StaticPool)
create_tables(ENGINE)
effects.metadata.create_all(ENGINE)


class Crash(BaseException):
    """The process dies: no rule handles it."""


class CrashingDatabase(EngineDatabase):
    """Dies before or after an operation, or after a commit, when a test says so.

    Attributes:
        countdown: operations until it dies, which it stays; None for never.
    """

    countdown: int | None = None

    def transact(self, steps):
        self._assert_alive()
        outcome = super().transact(lambda session: self._counted(steps(session)))
        self._tick()
        return outcome

    def _counted(self, steps):
        try:
            effect = next(steps)
            while True:
                self._tick()
                try:
                    outcome = yield effect
                except Exception as error:  # noqa: BLE001 - the rule decides
                    effect = steps.throw(error)
                else:
                    effect = steps.send(outcome)
        except StopIteration as stop:
            return stop.value

    def _assert_alive(self):
        if self.countdown is not None and self.countdown < 0:
            raise Crash

    def _tick(self):
        if self.countdown is not None:
            self.countdown -= 1
            self._assert_alive()


class Platform:
    """WeChat Pay: orders that are paid, refunds that it carried out, responses that get lost."""

    def __init__(self):
        self.paid: set[str] = set()
        self.closed: set[str] = set()
        self.refunded: Counter[str] = Counter()
        self.loses: list[str] = []

    def respond(self, request):
        fate = self.loses.pop() if self.loses else "answer"
        if fate == "unsent":
            raise TransportError("refused", request, sent=False)
        response = self._carried_out(request)
        if fate == "lost":
            raise TransportError("reset", request)
        return response

    def _carried_out(self, request):
        parts = request.path.split("/")
        if request.path.endswith("/close"):
            if parts[-2] in self.paid:
                return 400, {"code": "ORDERPAID", "message": "paid"}
            self.closed.add(parts[-2])
            return None
        if "/transactions/" in request.path:
            return self.order(parts[-1])
        if request.method == "POST":
            number = json.loads(request.content)["out_refund_no"]
            self.refunded[number] += 1
            return self.refund(number)
        if parts[-1] not in self.refunded:
            return 404, {"code": "RESOURCE_NOT_EXISTS", "message": "no such refund"}
        return self.refund(parts[-1])

    def order(self, number):
        state = "SUCCESS" if number in self.paid else "NOTPAY"
        state = "CLOSED" if number in self.closed else state
        return {"trade_state": state, **(resource(number) if state == "SUCCESS" else {})}

    def refund(self, number):
        return {"out_refund_no": number, "refund_id": f"50{number}", "status": "PROCESSING"}


def resource(order):
    return {
        "mchid": MCHID,
        "out_trade_no": order,
        "transaction_id": f"42{order}",
        "success_time": moment(0),
        "amount": {"total": 100},
    }


def events(order):
    """What is told of an order, oldest first: its event type, and how it is delivered."""
    paid = delivery(KEYS, resource(order), number=f"EV-{order}-0", at=0)
    refunds = [
        delivery(
            KEYS,
            {"out_trade_no": order, "refund_id": f"50{order}{position}"},
            event="REFUND.SUCCESS",
            number=f"EV-{order}-{position}",
            at=position,
        )
        for position in (1, 2)
    ]
    return [paid, *refunds]


class Durable(RuleBasedStateMachine):
    @initialize()
    def begin(self):
        with ENGINE.begin() as connection:
            for table in (*metadata.sorted_tables, effects):
                if table.name != "wechatpay_schema":
                    connection.execute(sa.delete(table))
        self.platform, self.clock = Platform(), Clock()
        self.database = CrashingDatabase(ENGINE)
        transport = MockTransport(self.platform.respond, sign={PUBLIC_KEY_ID: KEYS.platform})
        self.wxpay = KEYS.client(transport=transport)
        self.inbox = Inbox(self.database, self.wxpay, retry=RETRY, clock=self.clock)
        self.outbox = Outbox(self.database, self.wxpay, retry=RETRY, deadline=1, clock=self.clock)
        self.sweeper = Sweeper(self.inbox, deadline=1, clock=self.clock)
        self.acknowledged: set[tuple[str, int]] = set()
        self.recorded: set[str] = set()
        self.watched: set[str] = set()
        self.failing = False
        for event in ("TRANSACTION.SUCCESS", "REFUND.SUCCESS"):
            self.inbox.on(event, key="out_trade_no")(self.book)
        self.outbox.on_result(self.note)

    def book(self, notice, session):
        order, at = notice.resource["out_trade_no"], round(notice.occurred_at.timestamp())
        waiting = sa.text(
            "SELECT count(*) FROM wechatpay_inbox "
            "WHERE state = 'pending' AND ordering_key = :order AND occurred_at < :at"
        )
        earlier = session.execute(waiting, {"order": order, "at": at * 1000}).scalar()
        assert earlier == 0, "an earlier event of the order waits"
        assert notice.attempt <= RETRY.attempts
        session.execute(sa.insert(effects).values(order=f"{order}/{at}", amount=1))
        if self.failing:
            raise RuntimeError("no stock")

    def note(self, result, session):
        values = {"order": f"{result.number}/{result.outcome}", "amount": 0}
        session.execute(sa.insert(effects).values(values))
        if self.failing:
            raise RuntimeError("no such column")

    def surviving(self, method, *arguments):
        """What a method returns; None where the process died in it."""
        try:
            return method(*arguments)
        except Crash:
            return None
        finally:
            self.database.countdown = None

    @rule(steps=st.integers(0, 8))
    def crash_soon(self, steps):
        self.database.countdown = steps

    @rule(fate=st.sampled_from(["lost", "unsent"]))
    def lose_a_response(self, fate):
        self.platform.loses.append(fate)

    @rule()
    def break_or_mend_handlers(self):
        self.failing = not self.failing

    @rule(order=st.sampled_from(ORDERS), position=st.integers(0, 2))
    def deliver(self, order, position):
        if order in self.platform.closed:
            return
        self.platform.paid.add(order)
        reply = self.surviving(self.inbox.receive, *events(order)[position])
        if reply is not None:
            assert reply.status == 204
            self.acknowledged.add((order, position))

    @rule(order=st.sampled_from(ORDERS))
    def pay_without_a_notification(self, order):
        if order not in self.platform.closed:
            self.platform.paid.add(order)

    @rule(limit=st.integers(1, 3))
    def handle(self, limit):
        self.surviving(self.inbox.run_once, limit)

    @rule(order=st.sampled_from(ORDERS))
    def record_a_refund(self, order):
        body = {"out_refund_no": f"R{order}", "transaction_id": "42", "amount": {"refund": 1}}
        with ENGINE.begin() as session:
            self.outbox.call(session, "POST", REFUNDS, json=body)
        self.recorded.add(f"R{order}")

    @rule(limit=st.integers(1, 3))
    def call(self, limit):
        self.surviving(self.outbox.run_once, limit)

    @rule(order=st.sampled_from(ORDERS))
    def watch(self, order):
        with ENGINE.begin() as session:
            self.sweeper.watch(session, out_trade_no=order)
        self.watched.add(order)

    @rule(limit=st.integers(1, 3))
    def sweep(self, limit):
        self.surviving(self.sweeper.run_once, limit)

    @rule(seconds=st.sampled_from([1, 5, 60, 3600]))
    def let_time_pass(self, seconds):
        self.clock.now += seconds

    @precondition(lambda self: self.rows("wechatpay_inbox", state="dead"))
    @rule()
    def replay(self):
        for row in self.rows("wechatpay_inbox", state="dead"):
            self.surviving(self.inbox.replay, row["id"])

    @invariant()
    def nothing_is_done_twice(self):
        if hasattr(self, "platform"):
            assert max(self.booked().values(), default=1) == 1
            assert max(self.platform.refunded.values(), default=1) == 1

    def teardown(self):
        """Let everything calm down: then all that was acknowledged is done."""
        if not hasattr(self, "platform"):
            return
        self.failing, self.platform.loses = False, []
        self.database.countdown = None
        for _ in range(4):
            self.clock.now += 4000
            for worker in (self.inbox, self.outbox):
                for row in worker.find("dead"):
                    worker.replay(row["id"])
            for worker in (self.sweeper, self.outbox, self.inbox):
                worker.run_once(1000)
        self.nothing_is_done_twice()
        booked = self.booked()
        for order, position in self.acknowledged:
            assert booked[f"{order}/{START + position}"] == 1, "an acknowledged event is lost"
        for order in self.watched & self.platform.paid:
            assert booked[f"{order}/{START}"] == 1, "a payment was not found"
        assert set(self.platform.refunded) == self.recorded
        assert {f"{number}/done" for number in self.recorded} <= booked.keys()

    def booked(self):
        with ENGINE.connect() as connection:
            return Counter(connection.execute(sa.select(effects.c.order)).scalars())

    def rows(self, table, **equal):
        found = metadata.tables[table]
        where = [found.c[name] == value for name, value in equal.items()]
        with ENGINE.connect() as connection:
            return list(connection.execute(sa.select(found).where(*where)).mappings())


RETRY = Retry(attempts=5, initial=1, max=60)
START = 1_795_658_400
"""2026-11-26 10:00 in China, when the first event occurred."""

TestDurable = Durable.TestCase
TestDurable.settings = settings(
    max_examples=settings.default.max_examples if settings.default.max_examples > 100 else 15,
    stateful_step_count=30,
    suppress_health_check=list(HealthCheck),
    deadline=None,
)
TestDurable = pytest.mark.hypothesis(TestDurable)
