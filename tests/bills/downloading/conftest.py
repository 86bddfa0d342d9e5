from __future__ import annotations

import asyncio
import datetime
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support import Keys
from wechatpay_chain import bills
from wechatpay_chain.bills.downloading import days
from wechatpay_chain.bills.downloading.rules import HELD_PAUSE

from .office import Office

DAY = datetime.date(2026, 11, 25)
NOON = datetime.datetime(2026, 11, 26, 12, tzinfo=days.CHINA)


@pytest.fixture
def office(keys: Keys) -> Office:
    return Office(keys)


class Clock:
    """The time, which goes on when somebody waits.

    Attributes:
        now: the time.
        slept: the seconds of each pause.
    """

    def __init__(self) -> None:
        self.now = NOON
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        time.sleep(0)  # another thread may hold what is waited for
        self.slept.append(seconds)
        if seconds != HELD_PAUSE:
            self.now += datetime.timedelta(seconds=seconds)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The day after the bill's, at noon; nobody really waits."""
    clock = Clock()

    async def sleep(seconds: float) -> None:
        await asyncio.sleep(0)
        clock.sleep(seconds)

    monkeypatch.setattr(days, "now", lambda: clock.now)
    monkeypatch.setattr("wechatpay_chain.bills.downloading.rules._sleep", sleep)
    monkeypatch.setattr("wechatpay_chain.bills.downloading.api._pause", lambda stop: clock.sleep)
    return clock


@pytest.fixture(params=["sync", "async"])
def download(request: Any) -> Iterator[Callable[..., Any]]:
    """`bills.download` with a client, or its async form on an event loop."""
    if request.param == "sync":
        yield bills.download
        return
    with asyncio.Runner() as runner:
        yield lambda *args, **options: runner.run(bills.download_async(*args, **options))
