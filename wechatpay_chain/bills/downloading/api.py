"""`bills.download` and `bills.download_async`."""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Unpack, overload

from ...messages.authority import is_wechat_pay, split
from ...utils.display import represented
from ...utils.exceptions import BillDownloadError, ConfigurationError, WeChatPayError
from ...utils.translation import _
from ..file import BillFile
from . import days
from .days import Day
from .jobs import Job, assert_caller, sub_mchid_of, type_of
from .kinds import operation
from .options import Options, Settings, settings
from .progress import Reporter
from .record import folder
from .rules import Plan
from .running import Outcome, run_all, run_all_async

if TYPE_CHECKING:
    import threading

    from ...client import WeChatPay

__all__ = ["attempt", "download", "download_async", "named"]

TOLD = 5
"""Failures that a message tells one by one."""


@overload
def download(  # type: ignore[overload-overlap]  # a str is an iterable of str, too
    wxpay: WeChatPay,
    date: Day,
    *,
    to: str | os.PathLike[str],
    kind: str = "trade",
    type: str | None = None,
    sub_mchid: str | None = None,
    **options: Unpack[Options],
) -> BillFile: ...


@overload
def download(
    wxpay: WeChatPay,
    date: Day | Iterable[Day],
    *,
    to: str | os.PathLike[str],
    kind: str = "trade",
    type: str | None = None,
    sub_mchid: str | Iterable[str] | None = None,
    **options: Unpack[Options],
) -> list[BillFile]: ...


def download(
    wxpay: WeChatPay,
    date: Day | Iterable[Day],
    *,
    to: str | os.PathLike[str],
    kind: str = "trade",
    type: str | None = None,  # noqa: A002 - WeChat Pay's word
    sub_mchid: str | Iterable[str] | None = None,
    **options: Unpack[Options],
) -> BillFile | list[BillFile]:
    """Download bills as plain CSV files, each with its digest compared.

    A bill gets its name once it is complete, decrypted and compared; until then it is a file
    `*.csv.part`, which an interrupted run leaves at most, and the next run replaces. The record
    `NAME.json` beside a bill lets later runs skip it, if the file still has that size and SHA-1. A
    day without a bill is recorded too, and asked for again until two days have passed since it
    ended. Runs at the same time share a folder: each bill is downloaded by one of them.

    Of several bills all are tried, and those that succeed are kept whatever becomes of the others.

    Args:
        wxpay: the merchant's client.
        date: a day (`"2026-11-25"`, `"yesterday"`, a `datetime.date`), or an iterable of days;
            `bills.days(first, last)` gives a range. That the day has ended in China, and is not too
            long ago, is checked where the client's `base_uri` is WeChat Pay's; a gateway has its
            own clock.
        to: the folder; it is made if it is missing.
        kind: `trade`, `fund_flow`, `profit_sharing`, `sub_merchant_fund_flow`,
            `ecommerce_fund_flow`, `statement`, `withdraw` or `funds_to_oversea`.
        type: which of its kind, in WeChat Pay's words: `ALL`, `SUCCESS`, `REFUND`, … of trades
            (default `ALL`), `BASIC`, `OPERATION`, `FEES` of accounts (default `BASIC`).
        sub_mchid: a sub-merchant, or several; None is the merchant's own bill, or everybody's.
        api: `v3` or `v2`; of a statement, `global` or `hk`. By default the first that has the kind.
        appid: of the merchant; APIv2 needs it.
        institution: the statement is that of an institution with all its sub-merchants.
        wait: seconds, or a `timedelta`, that bills are waited for that are not ready; by default
            `BillNotReady` is raised at once.
        force: download bills too that are at hand.
        concurrency: how many bills at once; 4 by default.
        retry: a `Retry`: how often a file is downloaded that arrives damaged, and how long is
            waited in between; None is once. Calls are repeated by the client's own `retry` besides.
        max_size: bytes that a plain file may have; 20 GiB by default.
        progress: a function that is called with a `bills.Progress`, from the threads that work, one
            at a time.

    Returns:
        One `BillFile` for one day and at most one sub-merchant; else a list, by day and then by
        sub-merchant, each once. Where WeChat Pay says that there is no bill, its `empty` is True.

    Raises:
        ConfigurationError: an argument is wrong, such as a day that has not ended or is too long
            ago, or nothing can be written to the folder. Nothing was sent.
        BillNotReady: WeChat Pay has not made the bill yet; its `retry_at` says when to ask again.
        BillError: the file is not the one that WeChat Pay announced, or cannot be written.
        BillDownloadError: of several bills, some failed; its `missing` and `errors` say which.
        WeChatPayError: as calls of the client raise.

    Source: https://pay.weixin.qq.com/doc/v3/merchant/4013071227
    """
    is_one = days.is_one(date) and _is_one(sub_mchid)
    outcomes = attempt(wxpay, date, to, kind, type, sub_mchid, settings(options))
    return _kept(outcomes, is_one)


@overload
async def download_async(  # type: ignore[overload-overlap]
    wxpay: WeChatPay,
    date: Day,
    *,
    to: str | os.PathLike[str],
    kind: str = "trade",
    type: str | None = None,
    sub_mchid: str | None = None,
    **options: Unpack[Options],
) -> BillFile: ...


@overload
async def download_async(
    wxpay: WeChatPay,
    date: Day | Iterable[Day],
    *,
    to: str | os.PathLike[str],
    kind: str = "trade",
    type: str | None = None,
    sub_mchid: str | Iterable[str] | None = None,
    **options: Unpack[Options],
) -> list[BillFile]: ...


async def download_async(
    wxpay: WeChatPay,
    date: Day | Iterable[Day],
    *,
    to: str | os.PathLike[str],
    kind: str = "trade",
    type: str | None = None,  # noqa: A002 - WeChat Pay's word
    sub_mchid: str | Iterable[str] | None = None,
    **options: Unpack[Options],
) -> BillFile | list[BillFile]:
    """The same on the running event loop, several bills as tasks."""
    is_one = days.is_one(date) and _is_one(sub_mchid)
    chosen = settings(options)
    jobs = _jobs(wxpay, date, to, kind, type, sub_mchid, chosen)
    plan = _plan(wxpay, len(jobs), chosen, _never)
    outcomes = await run_all_async(jobs, plan, chosen.concurrency)
    return _kept(list(zip(jobs, outcomes, strict=True)), is_one)


def attempt(
    wxpay: WeChatPay,
    date: Day | Iterable[Day],
    to: str | os.PathLike[str],
    kind: str,
    type: str | None,  # noqa: A002 - WeChat Pay's word
    sub_mchid: str | Iterable[str] | None,
    chosen: Settings,
) -> list[tuple[Job, Outcome]]:
    """Download bills; of each, the `BillFile` or the error.

    Raises:
        ConfigurationError: an argument is wrong. Nothing was sent.
    """
    jobs = _jobs(wxpay, date, to, kind, type, sub_mchid, chosen)
    import threading

    stop = threading.Event()
    plan = _plan(wxpay, len(jobs), chosen, _pause(stop), stop.is_set)
    return list(zip(jobs, run_all(jobs, plan, chosen.concurrency, stop.set), strict=True))


def _jobs(
    wxpay: WeChatPay,
    date: Day | Iterable[Day],
    to: str | os.PathLike[str],
    kind: str,
    type: str | None,  # noqa: A002 - WeChat Pay's word
    sub_mchid: str | Iterable[str] | None,
    chosen: Settings,
) -> list[Job]:
    from ...client import WeChatPay as Client

    if not isinstance(wxpay, Client):
        raise ConfigurationError(
            _(
                "wxpay={represented}: a WeChatPay is expected; of Merchants, one of its clients",
                represented=represented(wxpay),
            )
        )
    of = operation(kind, chosen.api)
    assert_caller(wxpay.mchid, chosen.appid, chosen.institution, of)
    named = type_of(type, of)
    dates = days.each_day(date)
    if _is_wechat_pay(wxpay):
        days.assert_available(dates, of, days.now().date())
    if _is_one(sub_mchid):
        subs = [sub_mchid_of(sub_mchid, of)]
    else:
        subs = list(dict.fromkeys(sub_mchid_of(each, of) for each in sub_mchid or ()))
        if not subs:
            raise ConfigurationError(_("sub_mchid= is empty: at least one number is expected"))
    where = folder(to)
    return [
        Job(of, each, named, wxpay.mchid, sub, where, chosen.appid, chosen.institution)
        for each in dates
        for sub in subs
    ]


def _plan(
    wxpay: WeChatPay,
    total: int,
    chosen: Settings,
    pause: Callable[[float], object],
    is_stopped: Callable[[], bool] = lambda: False,
) -> Plan:
    import threading

    seconds = chosen.seconds
    return Plan(
        client=wxpay,
        base_uri=_base_uri(wxpay),
        is_wechat_pay=_is_wechat_pay(wxpay),
        retry=chosen.once_or_more,
        force=chosen.force,
        wait_until=None if seconds is None else days.now() + datetime.timedelta(seconds=seconds),
        max_size=chosen.max_size,
        reporter=Reporter(chosen.progress, total, threading.Lock()),
        pause=pause,
        is_stopped=is_stopped,
    )


def _pause(stop: threading.Event) -> Callable[[float], object]:
    """What a sync download waits with: it wakes up where the download is given up."""
    return stop.wait


def _never(seconds: float) -> None:
    """What a sync download pauses with; an async one awaits its twin."""


def _base_uri(wxpay: WeChatPay) -> str:
    return wxpay._defaults.base_uri


def _is_wechat_pay(wxpay: WeChatPay) -> bool:
    return is_wechat_pay(split(_base_uri(wxpay), "base_uri")[0])


def _is_one(sub_mchid: object) -> bool:
    return isinstance(sub_mchid, str) or not isinstance(sub_mchid, Iterable)


def named(job: Job, error: WeChatPayError) -> str:
    """What went wrong, with the bill's name."""
    text = str(error)
    return text if job.stem in text else f"{job.stem}: {text}"


def _kept(outcomes: Sequence[tuple[Job, Outcome]], is_one: bool) -> BillFile | list[BillFile]:
    """The bills.

    Raises:
        WeChatPayError: one of them failed.
    """
    files = [each for _ignored, each in outcomes if isinstance(each, BillFile)]
    failed = [(job, each) for job, each in outcomes if isinstance(each, WeChatPayError)]
    if not failed:
        return files[0] if is_one else files
    if len(outcomes) == 1:
        raise failed[0][1]
    told = "; ".join(named(*each) for each in failed[:TOLD])
    more = f"; and {len(failed) - TOLD} more" if len(failed) > TOLD else ""
    raise BillDownloadError(
        _(
            "{count} of {count_2} bills could not be downloaded: {told}{more}. The others are at "
            "hand; a rerun asks for these alone",
            count=len(failed),
            count_2=len(outcomes),
            told=told,
            more=more,
        ),
        tuple(files),
        tuple(job.file("") for job, _ignored in failed),
        tuple(each for _ignored, each in failed),
    ) from failed[0][1]
