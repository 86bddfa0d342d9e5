"""Shops that order, pay and refund through a storm, and what must be true afterwards."""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from tests.support import peak_memory
from wechatpay_chain import Response, Retry, WeChatPay, WeChatPayError
from wechatpay_chain.gateway import Gateway

from .relay import Relay

TOTAL, REFUND = 100, 30
ORDER, REFUNDS = "v3/pay/transactions/native", "v3/refund/domestic/refunds"
QUERY = "v3/pay/transactions/out-trade-no/{out_trade_no}"
FAULTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("reset", {}),
    ("truncate", {}),
    ("status", {"status": 500}),
    ("status", {"status": 502}),
    ("frequency_limit", {}),
    ("bad_signature", {}),
    ("missing_headers", {}),
    ("wrong_body", {}),
)
FAULT_INTERVAL = 8
"""One call in so many has a fault."""
RETRY = Retry(attempts=4, initial=0.02, max=0.2)
CALLS_PER_SHOP = 3


@dataclass
class Storm:
    """What happened.

    Attributes:
        returned: calls that returned, by path.
        failed: calls that raised, by error and whether it was retryable.
        unverified: responses that nobody verified.
        orders: the numbers whose order call returned.
        refunds: the numbers whose refund call returned, and the orders they belong to.
        attempts: attempts of the calls that failed.
    """

    returned: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    unverified: int = 0
    orders: set[str] = field(default_factory=set)
    refunds: dict[str, str] = field(default_factory=dict)
    attempts: Counter[int] = field(default_factory=Counter)

    def note(self, path: str, response: Response | None, error: WeChatPayError | None) -> bool:
        """Count a call; whether it returned."""
        if response is not None:
            self.returned[path] += 1
            self.unverified += not response.verified
            return True
        assert error is not None
        self.failed[f"{type(error).__name__}, retryable={error.retryable}"] += 1
        self.attempts[len(error.attempts)] += 1
        return False


class Weather:
    """Sets faults, takes the first host down, and rotates the platform's key: soon, and then again.

    Args:
        gateway: which everybody calls.
        relay: the first host.
        rotation: seconds between two rotations.
    """

    def __init__(self, gateway: Gateway, relay: Relay, rotation: float) -> None:
        self._gateway = gateway
        self._relay = relay
        self._rotation = rotation
        self._calls = itertools.count(1)
        self._faults = itertools.cycle(FAULTS)
        self._rotated = time.monotonic()
        self._lock = threading.Lock()
        self.rotations = 0
        self.outages = 0

    def before(self, path: str) -> None:
        """What happens ahead of a call."""
        with self._lock:
            number = next(self._calls)
            if number % FAULT_INTERVAL == 0:
                fault, options = next(self._faults)
                self._gateway.faults.add(path.replace("{out_trade_no}", "*"), fault, 1, **options)
            if number % 1000 == 500:
                self._relay.down()
                self.outages += 1
            if number % 1000 == 700:
                self._relay.up()
            if number == 300 or time.monotonic() - self._rotated > self._rotation:
                self._gateway.rotate_keys()
                self._rotated = time.monotonic()
                self.rotations += 1


def steps(number: str, appid: str, mchid: str, storm: Storm, pay: Callable[[str], object]) -> Any:
    """One shop's day, as a generator of calls that is sent whether each returned."""
    order = {
        "appid": appid,
        "mchid": mchid,
        "description": "soak",
        "out_trade_no": number,
        "notify_url": "https://shop.example/notify",
        "amount": {"total": TOTAL},
    }
    if not (yield "post", ORDER, {"json": order}):
        return
    storm.orders.add(number)
    pay(number)
    refund = {
        "out_trade_no": number,
        "out_refund_no": f"R{number}",
        "amount": {"refund": REFUND, "total": TOTAL, "currency": "CNY"},
    }
    if (yield "post", REFUNDS, {"json": refund}):
        storm.refunds[f"R{number}"] = number
    yield "get", QUERY, {"out_trade_no": number, "query": {"mchid": mchid}}


def run(calls: int, threads: int, tasks: int, rotation: float = 65) -> tuple[Storm, Weather, int]:
    """Let shops work through the storm; what happened, and by how many KiB memory grew.

    Args:
        calls: at least, over all shops.
        threads: that make sync calls.
        tasks: that make async calls, at once.
        rotation: seconds between two rotations of the platform's key.
    """
    storm, numbers = Storm(), iter(range(-(-calls // CALLS_PER_SHOP)))
    with Gateway(signs_with="certificate") as gateway, Relay(gateway.base_uri) as relay:
        weather = Weather(gateway, relay, rotation)
        identity = gateway.identity
        client = gateway.client(
            tls=False, base_uri=relay.url, backup_base_uri=gateway.base_uri, retry=RETRY
        )
        grown: list[int] = []

        def days() -> Iterator[Any]:
            for each in numbers:
                if each % 100 == 0:
                    grown.append(peak_memory())
                number = f"soak{each:08}"
                yield steps(number, identity.appid, identity.mchid, storm, gateway.pay)

        working = ThreadPoolExecutor(threads)
        with client:
            done = [working.submit(_thread, client, days, weather, storm) for _ in range(threads)]
            asyncio.run(_tasks(client, days, weather, storm, tasks))
            for each in done:
                each.result()
        gateway.faults.clear()
        _check(gateway, storm)
    growth = grown[-1] - grown[len(grown) * 2 // 5] if len(grown) > 1 else 0
    return storm, weather, growth


def _next_call(day: Any, returned: bool | None, weather: Weather) -> tuple[str, str, Any] | None:
    """A shop's next call, after what the weather brings; None at the end of its day."""
    try:
        call: tuple[str, str, Any] = day.send(returned)
    except StopIteration:
        return None
    weather.before(call[1])
    return call


def _thread(client: WeChatPay, days: Any, weather: Weather, storm: Storm) -> None:
    for day in days():
        returned = None
        while (call := _next_call(day, returned, weather)) is not None:
            verb, path, options = call
            try:
                returned = storm.note(path, getattr(client[path], verb)(**options), None)
            except WeChatPayError as error:
                returned = storm.note(path, None, error)


async def _tasks(client: WeChatPay, days: Any, weather: Weather, storm: Storm, count: int) -> None:
    async def task() -> None:
        for day in days():
            returned = None
            while (call := _next_call(day, returned, weather)) is not None:
                verb, path, options = call
                try:
                    response = await getattr(client[path], f"{verb}_async")(**options)
                    returned = storm.note(path, response, None)
                except WeChatPayError as error:
                    returned = storm.note(path, None, error)

    async with asyncio.TaskGroup() as group:
        for _ in range(count):
            group.create_task(task())
    await client.aclose()


def _check(gateway: Gateway, storm: Storm) -> None:
    """Nothing twice, and nothing lost whose call returned."""
    ledger = gateway.state.ledger
    ledger.check()
    refunds = gateway.state.store.all("refund")
    numbers = Counter(each["out_refund_no"] for each in refunds)
    assert max(numbers.values(), default=1) == 1, "a refund was made twice"
    assert storm.refunds.keys() <= numbers.keys(), "a refund whose call returned is lost"
    orders = {each["out_trade_no"]: each for each in gateway.state.store.all("order")}
    assert storm.orders <= orders.keys(), "an order whose call returned is lost"
    paid = [entry for entry in ledger.entries() if entry["kind"] == "payment"]
    assert len(paid) == len(storm.orders), "an order was paid twice, or not at all"
    assert storm.unverified == 0
