"""Shops that order, pay, refund and transfer through a storm, and what must be true afterwards."""

from __future__ import annotations

import asyncio
import itertools
import threading
from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.support import peak_memory
from wechatpay_chain import Response, Retry, WeChatPay, WeChatPayError

from .platform import Platform
from .relay import Relay

TOTAL, REFUND, TRANSFER = 100, 30, 20
ORDERS, REFUNDS = "v3/pay/transactions/native", "v3/refund/domestic/refunds"
TRANSFERS = "v3/fund-app/mch-transfer/transfer-bills"
QUERY = "v3/pay/transactions/out-trade-no/{out_trade_no}"
MADE = {"order": ORDERS, "refund": REFUNDS, "transfer": TRANSFERS}
"""The calls that must not be carried out twice; each has the shop's number in its own."""
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
RESET_INTERVAL = 50
"""One call in so many has its connection reset before the request arrives."""
RETRY = Retry(attempts=4, initial=0.02, max=0.2)
CALLS_PER_SHOP = 4
PAUSE = 0.5
"""Seconds between two fetches of certificates, fewer than pass between two rotations."""


class Call(NamedTuple):
    """A call of a shop's."""

    shop: int
    verb: str
    path: str
    options: dict[str, Any]


@dataclass
class Storm:
    """What happened.

    Attributes:
        returned: the shops whose calls returned, by path.
        failed: calls that raised, by error and whether it was retryable.
        examples: the beginning of the first error of each kind.
        unverified: responses that nobody verified.
        attempts: attempts of the calls that failed.
        outages: how often the first host was down.
        rotations: how often the platform's keys were replaced.
        fetches: the statuses of the responses to requests for certificates.
        growth: KiB by which memory grew after the first 40 % of the calls.
    """

    returned: dict[str, array[int]] = field(
        default_factory=lambda: {path: array("I") for path in (*MADE.values(), QUERY)}
    )
    failed: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    unverified: int = 0
    attempts: Counter[int] = field(default_factory=Counter)
    outages: int = 0
    rotations: int = 0
    fetches: list[int] = field(default_factory=list)
    growth: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def calls(self) -> int:
        """How many calls returned."""
        return sum(map(len, self.returned.values()))

    def note(self, call: Call, response: Response | None, error: WeChatPayError | None) -> bool:
        """Count a call; whether it returned."""
        with self._lock:
            if response is not None:
                self.returned[call.path].append(call.shop)
                self.unverified += not response.verified
                return True
            assert error is not None
            kind = f"{type(error).__name__}, retryable={error.retryable}"
            self.failed[kind] += 1
            self.examples.setdefault(kind, str(error)[:160])
            self.attempts[len(error.attempts)] += 1
            return False


class Weather:
    """Sets faults, resets connections, takes the first host down, and rotates the platform's keys.

    Args:
        platform: which everybody calls.
        hosts: the way to it, and another one.
        storm: where outages and rotations are counted.
    """

    def __init__(self, platform: Platform, hosts: tuple[Relay, Relay], storm: Storm) -> None:
        self._platform = platform
        self._hosts = hosts
        self._storm = storm
        self._calls = itertools.count(1)
        self._faults = itertools.cycle(FAULTS)
        self._lock = threading.Lock()

    def before(self, path: str) -> None:
        """What happens ahead of a call."""
        with self._lock:
            number = next(self._calls)
            if number % FAULT_INTERVAL == 0:
                fault, options = next(self._faults)
                self._platform.fault(path.replace("{out_trade_no}", "*"), fault, **options)
            if number % RESET_INTERVAL == 0:
                for host in self._hosts:
                    host.reset_next()
            if number % 1000 == 300:
                self._platform.rotate()
                self._storm.rotations += 1
            if number % 1000 == 500:
                self._hosts[0].down()
                self._storm.outages += 1
            if number % 1000 == 700:
                self._hosts[0].up()


def day(shop: int, appid: str, mchid: str, pay: Callable[[str], object]) -> Any:
    """One shop's day, as a generator of calls that is sent whether each returned."""
    number = f"{shop:08}"
    order = {
        "appid": appid,
        "mchid": mchid,
        "description": "soak",
        "out_trade_no": number,
        "notify_url": "https://shop.example/notify",
        "amount": {"total": TOTAL},
    }
    if not (yield Call(shop, "post", ORDERS, {"json": order})):
        return
    pay(number)
    refund = {
        "out_trade_no": number,
        "out_refund_no": number,
        "amount": {"refund": REFUND, "total": TOTAL, "currency": "CNY"},
    }
    yield Call(shop, "post", REFUNDS, {"json": refund})
    transfer = {
        "appid": appid,
        "out_bill_no": number,
        "transfer_scene_id": "1000",
        "openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o",
        "transfer_amount": TRANSFER,
        "transfer_remark": "soak",
        "transfer_scene_report_infos": [{"info_type": "soak", "info_content": "soak"}],
    }
    yield Call(shop, "post", TRANSFERS, {"json": transfer})
    yield Call(shop, "get", QUERY, {"out_trade_no": number, "query": {"mchid": mchid}})


def run(platform: Platform, calls: int, threads: int, tasks: int) -> Storm:
    """Let shops work through the storm; what happened.

    Args:
        platform: which all of them call.
        calls: at least, over all shops.
        threads: that make sync calls.
        tasks: that make async calls, at once.

    Raises:
        AssertionError: money moved twice, or what a call had returned is not there.
    """
    storm, numbers = Storm(), iter(range(-(-calls // CALLS_PER_SHOP)))
    arguments, appid = platform.merchant(), platform.appid()
    target = arguments.pop("base_uri")
    with Relay(target) as first, Relay(target) as second:
        weather = Weather(platform, (first, second), storm)
        client = WeChatPay(**arguments, base_uri=first.url, backup_base_uri=second.url, retry=RETRY)
        client.platform_keys.pause = PAUSE
        grown: list[int] = []

        def days() -> Iterator[Any]:
            for each in numbers:
                if each % 100 == 0:
                    grown.append(peak_memory())
                yield day(each, appid, client.mchid, platform.pay)

        with client, ThreadPoolExecutor(threads) as working:
            done = [working.submit(_thread, client, days, weather, storm) for _ in range(threads)]
            asyncio.run(_tasks(client, days, weather, storm, tasks))
            for each in done:
                each.result()
    moves, storm.fetches = platform.end()
    _check(storm, moves)
    storm.growth = grown[-1] - grown[len(grown) * 2 // 5] if len(grown) > 1 else 0
    return storm


def _next_call(shop: Any, returned: bool | None, weather: Weather) -> Call | None:
    """A shop's next call, after what the weather brings; None at the end of its day."""
    try:
        call: Call = shop.send(returned)
    except StopIteration:
        return None
    weather.before(call.path)
    return call


def _thread(client: WeChatPay, days: Any, weather: Weather, storm: Storm) -> None:
    for shop in days():
        returned = None
        while (call := _next_call(shop, returned, weather)) is not None:
            try:
                response = getattr(client[call.path], call.verb)(**call.options)
                returned = storm.note(call, response, None)
            except WeChatPayError as error:
                returned = storm.note(call, None, error)


async def _tasks(client: WeChatPay, days: Any, weather: Weather, storm: Storm, count: int) -> None:
    async def task() -> None:
        for shop in days():
            returned = None
            while (call := _next_call(shop, returned, weather)) is not None:
                try:
                    response = await getattr(client[call.path], f"{call.verb}_async")(
                        **call.options
                    )
                    returned = storm.note(call, response, None)
                except WeChatPayError as error:
                    returned = storm.note(call, None, error)

    async with asyncio.TaskGroup() as group:
        for _ in range(count):
            group.create_task(task())
    await client.aclose()


def _check(storm: Storm, moves: dict[str, Counter[str]]) -> None:
    """Nothing twice, and nothing lost whose call returned."""
    for kind, numbers in moves.items():
        twice = [number for number, count in numbers.items() if count > 1]
        assert not twice, f"{kind} twice: {twice[:5]}"
    for kind, path in MADE.items():
        lost = {f"{shop:08}" for shop in storm.returned[path]} - moves[kind].keys()
        assert not lost, f"{kind} lost whose call returned: {sorted(lost)[:5]}"
    unpaid = {f"{shop:08}" for shop in storm.returned[ORDERS]} ^ moves["payment"].keys()
    assert not unpaid, f"paid without an order, or the reverse: {sorted(unpaid)[:5]}"
    assert storm.unverified == 0
