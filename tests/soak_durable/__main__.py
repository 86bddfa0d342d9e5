"""`python -m tests.soak_durable --database postgresql`: what was done, counted, and checked."""

from __future__ import annotations

import argparse
import statistics
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from wechatpay_chain.durable import Outbox, create_tables
from wechatpay_chain.durable.databases.tables import inbox as inbox_table
from wechatpay_chain.durable.databases.tables import outbox as outbox_table
from wechatpay_chain.gateway import Gateway

from .books import booked, metadata
from .deliveries import Event, Platform, events, shuffled
from .processes import Herd
from .refunds import REFUNDS, Faults, paid_orders, refunds_of
from .servers import KINDS, Server, free_port, started

SHOP = "tests.soak_durable.shop"
WORKERS = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=KINDS, action="append")
    parser.add_argument("--deliveries", type=int, default=100_000)
    parser.add_argument("--refunds", type=int, default=5_000)
    parser.add_argument("--seconds", type=int, default=30, help="of 200 notifications a second")
    parser.add_argument("--kill-every", type=float, default=2, help="seconds")
    given = parser.parse_args()
    for kind in given.database or KINDS:
        with (
            started(kind) as server,
            tempfile.TemporaryDirectory() as data,
            Gateway(data=data, keep=False) as gateway,
        ):
            soak = Soak(kind, server, gateway, Path(data) / "gateway.json", given.kill_every)
            soak.prepare()
            if given.seconds:
                soak.measure(given.seconds)
            soak.notifications(given.deliveries)
            soak.refunds(given.refunds)


class Soak:
    """One database, and what it goes through."""

    def __init__(
        self, kind: str, server: Server, gateway: Gateway, description: Path, kill_every: float
    ) -> None:
        self._kill_every = kill_every
        self._kind, self._server, self._gateway = kind, server, gateway
        self._environment = {"SOAK_DATABASE": server.url, "SOAK_GATEWAY": str(description)}
        self._engine = sa.create_engine(server.url, poolclass=NullPool)
        self._port = free_port()
        self._platform = Platform(gateway.identity, self._port)

    def prepare(self) -> None:
        create_tables(self._engine)
        metadata.create_all(self._engine)

    def measure(self, seconds: int) -> None:
        """How long `receive` takes at 200 notifications a second, with workers at it."""
        platform = Platform(self._gateway.identity, self._port)
        every = [Event(f"M{number:06}", 0, 100) for number in range(200 * seconds)]
        with self._herd(kill_every=1e9):
            self._wait_for_receiver(platform)
            platform.seconds.clear()
            platform.deliver_all(every, threads=16, rate=200)
            self._drain(inbox_table)
        taken = statistics.quantiles(platform.seconds, n=100)
        self._say(
            f"{len(every)} notifications at 200/s: a reply took {taken[49] * 1000:.1f} ms "
            f"(median), {taken[98] * 1000:.1f} ms (p99)"
        )

    def notifications(self, deliveries: int) -> None:
        """Deliver; the first third of the orders before there is a worker, so order is strict."""
        every = events(deliveries * 2 // 5)
        third = len(every) // 12 * 4
        begun = time.monotonic()
        receiver = {"receiver": self._receiver()}
        with Herd(receiver, self._environment, self._kill_every) as herd:
            self._wait_for_receiver(self._platform)
            self._platform.deliver_all(shuffled(every[:third], deliveries // 3), threads=16)
            kills = herd.kills
        with self._herd(self._kill_every) as herd:
            rest = shuffled(every[third:], deliveries - deliveries // 3)
            restarts = [threading.Timer(after, self._server.restart) for after in (5, 12)]
            for timer in restarts:
                timer.start()
            self._platform.deliver_all(rest, threads=16)
            for timer in restarts:
                timer.join()
            self._drain(inbox_table)
            kills += herd.kills
        seconds = time.monotonic() - begun
        self._check(every, {event.order for event in every[:third]})
        restarted = 0 if self._kind == "sqlite" else 2
        self._say(
            f"{self._platform.deliveries} deliveries of {len(every)} notifications in "
            f"{seconds:.0f} s, {kills} processes killed, {restarted} restarts of the database: "
            "0 lost, 0 effects twice, per order oldest first; the shop's books equal what WeChat "
            "Pay told"
        )

    def _check(self, every: list[Event], strict: set[str]) -> None:
        owed = Counter((event.order, event.event_type) for event in every)
        with self._engine.connect() as connection:
            rows = connection.execute(sa.select(booked).order_by(booked.c.id)).all()
        rows = [row for row in rows if row.order_no.startswith("S")]
        assert Counter((row.order_no, row.event) for row in rows) == owed, "lost, or twice"
        books: Counter[str] = Counter()
        last: dict[str, int] = {}
        for row in sorted(rows, key=lambda row: row.booked_at):
            books[row.order_no] += row.fen
            if row.order_no in strict:
                assert row.occurred_at >= last.get(row.order_no, 0), f"{row.order_no}: not in order"
                last[row.order_no] = row.occurred_at
        told: Counter[str] = Counter()
        for event in every:
            told[event.order] += event.fen
        assert books == told

    def refunds(self, count: int) -> None:
        """Record refunds while workers make them, and everything goes wrong."""
        begun = time.monotonic()
        with self._gateway.client() as wxpay:
            orders = paid_orders(self._gateway, wxpay, count)
            recorder = Outbox(self._engine, wxpay)
            asked = refunds_of(orders, count)
            workers = {f"outbox {n}": self._worker("outbox") for n in range(WORKERS)}
            with (
                Herd(workers, self._environment, self._kill_every) as herd,
                Faults(self._gateway, 4) as faults,
            ):
                for body in asked:
                    self._until_recorded(recorder, body)
                self._drain(outbox_table)
        made = self._gateway.state.store.all("refund")
        numbers = Counter(refund["out_refund_no"] for refund in made)
        assert numbers == Counter(body["out_refund_no"] for body in asked), "lost, or twice"
        for number in orders:
            refunded = self._gateway.state.store.get("order", number)["refunded"]
            owed = sum(body["amount"]["refund"] for body in asked if body["out_trade_no"] == number)
            assert refunded == owed, number
        self._gateway.state.ledger.check()
        with self._engine.connect() as connection:
            rows = connection.execute(
                sa.select(booked).where(booked.c.event.like("OUTBOX.%"))
            ).all()
        assert Counter((row.order_no, row.event) for row in rows) == Counter(
            (number, "OUTBOX.done") for number in numbers
        )
        self._say(
            f"{count} refunds in {time.monotonic() - begun:.0f} s, {faults.count} faults, "
            f"{herd.kills} processes killed: each refunded once, each outcome recorded once, the "
            "ledger balances"
        )

    def _until_recorded(self, recorder: Outbox, body: dict[str, Any]) -> None:
        with self._engine.begin() as session:
            recorder.call(session, "POST", REFUNDS, json=body)

    def _herd(self, kill_every: float) -> Herd:
        workers = {f"inbox {number}": self._worker("inbox") for number in range(WORKERS)}
        return Herd({"receiver": self._receiver(), **workers}, self._environment, kill_every)

    def _receiver(self) -> list[str]:
        options = ["--port", str(self._port), "--log-level", "critical"]
        return ["-m", "uvicorn", f"{SHOP}:app", *options]

    def _worker(self, part: str) -> list[str]:
        return ["-m", "wechatpay_chain", part, "--app", f"{SHOP}:{part}", "run", "--poll", "0.05"]

    def _wait_for_receiver(self, platform: Platform) -> None:
        platform.deliver(Event("W000000", 0, 0))

    def _drain(self, table: sa.Table) -> None:
        """Wait until no row is pending."""
        pending = sa.select(sa.func.count()).where(table.c.state == "pending")
        self._until(lambda: self._scalar(pending) == 0)
        with self._engine.connect() as connection:
            dead = connection.execute(sa.select(table).where(table.c.state == "dead")).mappings()
            errors = [f"{row['attempts']} attempts: {row['error']}" for row in dead]
        assert not errors, f"{len(errors)} rows are dead: {errors[:3]}"

    def _scalar(self, statement: Any) -> Any:
        with self._engine.connect() as connection:
            return connection.execute(statement).scalar()

    @staticmethod
    def _until(condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 900
        while not condition():
            assert time.monotonic() < deadline, "rows are still pending after 15 minutes"
            time.sleep(0.2)

    def _say(self, what: str) -> None:
        print(f"{self._kind}: {what}", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
