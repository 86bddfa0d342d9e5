"""Threads and tasks ask for the same merchants at once: each is loaded once, and nothing hangs."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support import ended
from wechatpay_chain import ConfigurationError, Merchants, UnknownMerchant

A, B, C = "1900000001", "1900000002", "1900000003"


class Slow:
    """A source that takes its time, and counts."""

    def __init__(self, rows, pause=0.02):
        self.rows, self.pause, self.calls = rows, pause, []
        self.lock = threading.Lock()

    def __call__(self, mchid):
        with self.lock:
            self.calls.append(mchid)
        time.sleep(self.pause)
        return self.rows[mchid]

    async def later(self, mchid):
        self.calls.append(mchid)
        await asyncio.sleep(self.pause)
        return self.rows[mchid]


def test_threads_share_one_load(rows, transport):
    source = Slow(rows)
    merchants = Merchants(source, transport=transport)
    with ThreadPoolExecutor(32) as pool:
        found = list(pool.map(lambda at: merchants[(A, B, C)[at % 3]], range(96)))
    assert sorted(source.calls) == [A, B, C]
    assert len(set(map(id, found))) == 3
    assert merchants._flights == {}


async def test_tasks_share_one_load(rows, transport):
    source = Slow(rows)
    merchants = Merchants(source.later, transport=transport)
    found = await asyncio.gather(*(merchants.get_async((A, B)[at % 2]) for at in range(64)))
    assert sorted(source.calls) == [A, B]
    assert len(set(map(id, found))) == 2


async def test_those_who_wait_share_an_error(rows, transport):
    source = Slow({})
    merchants = Merchants(source.later, transport=transport)
    found = await asyncio.gather(
        *(merchants.get_async(A) for _ in range(16)), return_exceptions=True
    )
    assert source.calls == [A]
    assert {type(each) for each in found} == {UnknownMerchant}
    assert len(set(map(id, found))) == 16
    assert all(isinstance(each.__cause__, KeyError) for each in found)


async def test_another_task_loads_where_one_is_cancelled(rows, transport):
    source = Slow(rows)
    merchants = Merchants(source.later, transport=transport)
    first = asyncio.create_task(merchants.get_async(A))
    await asyncio.sleep(0)
    others = [asyncio.create_task(merchants.get_async(A)) for _ in range(8)]
    await asyncio.sleep(0.005)
    first.cancel()
    assert len({id(await each) for each in others}) == 1
    assert source.calls == [A, A]
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_one_who_waits_may_give_up(rows, transport):
    source = Slow(rows)
    merchants = Merchants(source.later, transport=transport)
    first = asyncio.create_task(merchants.get_async(A))
    await asyncio.sleep(0)
    waiting = asyncio.create_task(merchants.get_async(A))
    await asyncio.sleep(0.005)
    waiting.cancel()
    assert (await first).mchid == A
    assert source.calls == [A]


async def test_a_thread_and_a_task_share_one_load(rows, transport):
    source = Slow(rows, 0.1)
    merchants = Merchants(source, transport=transport)
    thread = asyncio.get_running_loop().run_in_executor(None, lambda: merchants[A])
    await asyncio.sleep(0.02)
    assert await merchants.get_async(A) is await thread
    assert source.calls == [A]


async def test_a_sync_call_on_the_loop_does_not_wait_for_a_task_of_it(rows, transport):
    merchants = Merchants(Slow(rows).later, transport=transport)
    task = asyncio.create_task(merchants.get_async(A))
    await asyncio.sleep(0)
    with pytest.raises(ConfigurationError, match="is being loaded by an async call in this thread"):
        merchants[A]
    assert (await task) is merchants[A]


def test_a_source_that_asks_for_the_same_merchant(rows, transport):
    def source(mchid):
        merchants[mchid]
        return rows[mchid]

    merchants = Merchants(source, transport=transport)
    with pytest.raises(ConfigurationError, match=f"merchant {A}") as caught:
        merchants[A]
    assert "is being loaded: its source must not request the" in str(caught.value.__cause__)


async def test_an_async_source_that_asks_for_the_same_merchant(rows, transport):
    async def source(mchid):
        await asyncio.gather(asyncio.create_task(merchants.get_async(mchid)))
        return rows[mchid]

    merchants = Merchants(source, transport=transport)
    async with asyncio.timeout(5):
        with pytest.raises(ConfigurationError, match=f"merchant {A}") as caught:
            await merchants.get_async(A)
    assert "is being loaded: its source must not request the" in str(caught.value.__cause__)


def test_a_source_may_ask_for_another_merchant(rows, transport):
    """A sub-merchant takes what its service provider has."""

    def source(mchid):
        if mchid == A:
            return rows[A]
        return {**rows[mchid], "timeout": merchants[A]._defaults.timeout}

    merchants = Merchants(source, transport=transport)
    assert merchants[B].mchid == B


def test_few_clients_and_many_threads(rows, transport):
    merchants = Merchants(rows, max_clients=1, transport=transport)

    def work(at):
        mchid = (A, B, C)[at % 3]
        client = merchants[mchid]
        assert client.mchid == mchid
        if at % 7 == 0:
            merchants.reload(mchid)
        return client.v3.certificates.get().status_code

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(work, range(300))) == {200}
    assert len(merchants._clients) == 1
    assert merchants._flights == {}


async def test_reloads_while_calls_run(rows, transport):
    merchants = Merchants(rows, transport=transport)
    stop = asyncio.Event()

    async def reloading():
        while not stop.is_set():
            await merchants.reload_async(A)
            await asyncio.sleep(0)

    async def calling():
        for _ in range(40):
            client = await merchants.get_async(A)
            await asyncio.sleep(0)
            assert (await client.v3.certificates.get_async()).verified

    task = asyncio.create_task(reloading())
    await asyncio.gather(*(calling() for _ in range(10)))
    stop.set()
    await task


def test_the_last_of_several_reloads_wins(rows, transport):
    """A load that began earlier and ends later does not bring old arguments back."""
    source = Slow(rows, 0.05)
    merchants = Merchants(source, transport=transport)
    loading = threading.Thread(target=lambda: merchants[A])
    loading.start()
    time.sleep(0.01)
    rows[A] = {**rows[A], "timeout": 9}
    new = merchants.reload(A)
    loading.join()
    assert merchants[A] is new
    assert source.calls == [A, A]
    assert new._defaults.timeout == (9, 9)


def test_closing_waits_for_calls_of_dropped_clients_too(rows, transport):
    began, go_on = threading.Event(), threading.Event()
    send = transport.send

    def slow(request):
        began.set()
        go_on.wait(5)
        return send(request)

    transport.send = slow
    merchants = Merchants(rows, max_clients=1, transport=transport)
    client = merchants[A]
    merchants[B]
    thread = threading.Thread(target=lambda: client.v3.certificates.get())
    thread.start()
    began.wait(5)
    closing = threading.Thread(target=merchants.close)
    closing.start()
    time.sleep(0.05)
    assert closing.is_alive()
    with pytest.raises(ConfigurationError, match="Merchants is being closed"):
        merchants[B].v3.certificates.get()
    go_on.set()
    closing.join(5)
    thread.join(5)
    assert not closing.is_alive()
    assert merchants[B].v3.certificates.get().ok


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
def test_a_fork_while_a_client_is_loaded(rows, transport):
    merchants = Merchants(Slow(rows, 0.3), transport=transport)
    thread = threading.Thread(target=lambda: merchants[A])
    thread.start()
    time.sleep(0.05)
    merchants._lock.acquire()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            merchants._recipients.find
            code = 0 if merchants[A].mchid == A else 1
        finally:
            os._exit(code)
    merchants._lock.release()
    thread.join()
    assert ended(child) == 0
