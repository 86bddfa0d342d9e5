"""Several bills at once, and several downloads at once: threads, tasks, loops, processes."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from textwrap import dedent

import pytest

from wechatpay_chain import BillDownloadError, BillError, BillNotReady, bills
from wechatpay_chain.utils.file_lock import Held, Lock

from .conftest import DAY
from .office import TEXT

DAYS = bills.days("2026-11-01", "2026-11-25")
SUBS = ["1900000209", "1900000208"]


def names(folder):
    return sorted(each.name for each in folder.iterdir())


@pytest.mark.parametrize("concurrency", [1, 3, 64])
def test_days_come_in_order(office, download, tmp_path, concurrency):
    seen = []
    files = download(
        office.client(), DAYS, to=tmp_path, concurrency=concurrency, progress=seen.append
    )
    assert [each.date for each in files] == DAYS
    assert {each.path.read_bytes() for each in files} == {TEXT}
    assert len(names(tmp_path)) == 2 * len(DAYS)
    assert (seen[-1].finished, seen[-1].total) == (25, 25)
    finished = [each.finished for each in seen]
    assert finished == sorted(finished)
    assert download(office.client(), DAYS, to=tmp_path) == files
    assert len(office.applications) == 25


def test_days_and_sub_merchants(office, download, tmp_path):
    files = download(office.client(), DAYS[:2], sub_mchid=SUBS, to=tmp_path)
    assert [(each.date, each.sub_mchid) for each in files] == [
        (day, sub) for day in DAYS[:2] for sub in SUBS
    ]
    assert isinstance(download(office.client(), [DAY], to=tmp_path), list)
    assert isinstance(download(office.client(), DAY, sub_mchid=SUBS[:1], to=tmp_path), list)


def test_one_that_fails_does_not_lose_the_others(office, download, tmp_path):
    errors = {"2026-11-03": (403, "NO_AUTH"), "2026-11-25": (400, "STATEMENT_CREATING")}
    office.refused = lambda query, number: errors.get(query["bill_date"])
    seen = []
    with pytest.raises(
        BillDownloadError, match="2 of 25 bills .*-2026-11-03: .*NO_AUTH.*-2026-11-25: "
    ) as caught:
        download(office.client(), DAYS, to=tmp_path, progress=seen.append)
    assert [each.date for each in caught.value.files] == [
        day for day in DAYS if day.isoformat() not in errors
    ]
    assert [each.date.isoformat() for each in caught.value.missing] == list(errors)
    first, second = caught.value.errors
    assert caught.value.__cause__ is first
    assert isinstance(second, BillNotReady)
    assert not caught.value.retryable
    assert [each.state for each in seen].count("failed") == 2
    office.refused = lambda query, number: None
    assert len(download(office.client(), DAYS, to=tmp_path)) == 25
    assert len(office.applications) == 27


def test_many_that_fail_are_told_in_short(office, download, tmp_path):
    office.refused = lambda query, number: (400, "STATEMENT_CREATING")
    with pytest.raises(BillDownloadError, match="; and 20 more. The others") as caught:
        download(office.client(), DAYS, to=tmp_path)
    assert caught.value.retryable
    assert caught.value.files == ()


def test_at_most_so_many_at_once(office, download, tmp_path):
    at_once, most, lock = 0, 0, threading.Lock()
    seen: list[int] = []

    def told(progress):
        nonlocal at_once, most
        with lock:
            at_once += {"started": 1, "done": -1}.get(progress.state, 0)
            most = max(most, at_once)
            seen.append(at_once)

    download(office.client(), DAYS, to=tmp_path, concurrency=3, progress=told)
    assert 1 <= most <= 3
    assert seen[-1] == 0


def test_two_downloads_of_the_same_bills_at_once(office, tmp_path):
    client = office.client()
    with ThreadPoolExecutor(4) as executor:
        runs = [executor.submit(bills.download, client, DAYS, to=tmp_path) for _ in range(4)]
        first, *others = [run.result() for run in runs]
    assert others == [first] * 3
    assert {each.path.read_bytes() for each in first} == {TEXT}
    assert len(names(tmp_path)) == 2 * len(DAYS)
    assert len(office.applications) == 25


async def test_the_same_as_tasks(office, tmp_path):
    client = office.client()
    runs = [bills.download_async(client, DAYS, to=tmp_path) for _ in range(4)]
    first, *others = await asyncio.gather(*runs)
    assert others == [first] * 3
    assert len(office.applications) == 25


def test_two_event_loops(office, tmp_path):
    client = office.client()
    run = lambda: asyncio.run(bills.download_async(client, DAYS, to=tmp_path))  # noqa: E731
    with ThreadPoolExecutor(2) as executor:
        first, second = [each.result() for each in (executor.submit(run), executor.submit(run))]
    assert first == second == run()


async def test_a_task_that_is_cancelled_leaves_nothing(office, tmp_path):
    loop, begun = asyncio.get_running_loop(), asyncio.Event()
    office.written = lambda: loop.call_soon_threadsafe(begun.set)
    task = asyncio.ensure_future(bills.download_async(office.client(), DAYS, to=tmp_path))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert {name.rpartition(".")[2] for name in names(tmp_path)} <= {"csv", "json"}
    office.written = lambda: None
    assert len(await bills.download_async(office.client(), DAYS, to=tmp_path)) == 25


@pytest.mark.skipif(os.name == "nt", reason="there, os.kill ends the process")
def test_ctrl_c_ends_all_threads(office, tmp_path, monkeypatch):
    """The main thread is interrupted while others download."""
    client, writes = office.client(), itertools.count(1)

    def interrupt(*_):
        os.kill(os.getpid(), signal.SIGINT)

    def written():
        if next(writes) == 3:
            interrupt()

    office.written = written
    # Python ignores an interrupt that meets it in a destructor, and says so: then once more.
    monkeypatch.setattr(sys, "unraisablehook", interrupt)
    # A shell starts what runs in its background with SIGINT ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            bills.download(client, DAYS, to=tmp_path, concurrency=2)
    finally:
        signal.signal(signal.SIGINT, before)
    assert {name.rpartition(".")[2] for name in names(tmp_path)} <= {"csv", "json"}
    assert len(office.applications) < 25


def test_a_lock_that_is_removed_is_taken_again(tmp_path):
    path = tmp_path / "lock"
    first = Lock(path, remove=True)
    with pytest.raises(Held):
        Lock(path, remove=True)
    first.release()
    first.release()
    assert not path.exists()
    second = Lock(path, remove=True)
    assert path.exists()
    second.release()


def test_many_take_turns_at_a_lock_that_is_removed(tmp_path):
    inside, most, turns = 0, 0, 0

    def turn():
        nonlocal inside, most, turns
        for _ in range(50):
            lock = Lock(tmp_path / "lock", wait=True, remove=True)
            inside += 1
            most, turns = max(most, inside), turns + 1
            inside -= 1
            lock.release()

    with ThreadPoolExecutor(4) as executor:
        for each in [executor.submit(turn) for _ in range(4)]:
            each.result()
    assert (most, turns) == (1, 200)
    assert names(tmp_path) == []


KILLED = """
    import os, signal, sys
    from pathlib import Path
    from tests.bills.downloading.office import Office
    from tests.support import Keys, new_key
    from wechatpay_chain import bills
    from wechatpay_chain.bills.downloading import days
    import datetime

    days.now = lambda: datetime.datetime(2026, 11, 26, 12, tzinfo=days.CHINA)
    office = Office(Keys(new_key(), new_key()))
    office.contents = [os.urandom(3_000_000)]
    office.written = lambda: os.kill(os.getpid(), signal.SIGKILL)
    bills.download(office.client(), "2026-11-25", to=sys.argv[1])
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_killed_process_leaves_a_part_file_that_the_next_run_replaces(office, tmp_path):
    process = subprocess.run(
        [sys.executable, "-c", dedent(KILLED), tmp_path],
        cwd=Path(__file__).parents[3],
        check=False,
    )
    assert process.returncode == -signal.SIGKILL
    stem = "trade-ALL-1900000109-2026-11-25"
    assert names(tmp_path) == [f".{stem}.lock", f"{stem}.csv.part"]
    file = bills.download(office.client(), DAY, to=tmp_path)
    assert file.path.read_bytes() == TEXT
    assert names(tmp_path) == [f"{stem}.csv", f"{stem}.json"]


def test_errors_survive_a_process_pool(office, download, tmp_path):
    import pickle

    office.sent = lambda number, content: b""
    with pytest.raises(BillDownloadError) as caught:
        download(office.client(), DAYS[:2], to=tmp_path, retry=None)
    copy = pickle.loads(pickle.dumps(caught.value))
    assert str(copy) == str(caught.value)
    assert [type(each) for each in copy.errors] == [BillError, BillError]
    office.refused = lambda query, number: (400, "STATEMENT_CREATING")
    with pytest.raises(BillNotReady) as late:
        download(office.client(), DAY, to=tmp_path)
    assert pickle.loads(pickle.dumps(late.value)).retry_at == late.value.retry_at
