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
"""Maximum number of failures listed in a message."""


@overload
def download(  # type: ignore[overload-overlap]  # a str is also an iterable of str
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
    """Download bills as plain CSV files, and verify the digest of each.

    A bill gets its file name after it is complete, decrypted and verified. Until then it is a file
    `*.csv.part`, which an interrupted run may leave and the next run replaces. The record
    `NAME.json` next to a bill lets later runs skip it if the file still has the same size and
    SHA-1. A day without a bill is also recorded, but it is requested again until two days have
    passed since its end. Concurrent runs can share a folder; each bill is downloaded by one of
    them.

    If you request several bills, all of them are tried, and the successful ones are kept.

    Args:
        wxpay: the merchant's client.
        date: a day (`"2026-11-25"`, `"yesterday"`, a `datetime.date`), or an iterable of days;
            `bills.days(first, last)` returns a range. If the client's `base_uri` is WeChat Pay's,
            the day must have ended in China and must not be too old; a gateway has its own clock.
        to: the folder; it is created if it does not exist.
        kind: `trade`, `fund_flow`, `profit_sharing`, `sub_merchant_fund_flow`,
            `ecommerce_fund_flow`, `statement`, `withdraw` or `funds_to_oversea`.
        type: WeChat Pay's type of the bill: `ALL`, `SUCCESS`, `REFUND`, … for trades (default
            `ALL`), `BASIC`, `OPERATION`, `FEES` for accounts (default `BASIC`).
        sub_mchid: one or several sub-merchants; None is the merchant's own bill, or that of all.
        api: `v3` or `v2`; for a statement, `global` or `hk`. By default the first with this kind.
        appid: the merchant's appid; required for APIv2.
        institution: download the statement of an institution with all its sub-merchants.
        wait: seconds, or a `timedelta`, to wait for bills that are not ready; by default,
            `BillNotReady` is raised immediately.
        force: also download existing bills again.
        concurrency: number of parallel downloads; 4 by default.
        retry: a `Retry` for the download of damaged files; None is a single attempt. Calls are also
            repeated according to the client's own `retry`.
        max_size: maximum bytes of a plain file; 20 GiB by default.
        progress: a function that is called with a `bills.Progress`, from the working threads, one
            call at a time.

    Returns:
        One `BillFile` for one day and at most one sub-merchant; otherwise a list ordered by day and
        sub-merchant, without duplicates. If WeChat Pay reports that there is no bill, its `empty`
        is True.

    Raises:
        ConfigurationError: an argument is invalid, for example a day that has not ended or is too
            old, or the folder is not writable. Nothing was sent.
        BillNotReady: WeChat Pay has not created the bill yet; `retry_at` says when to retry.
        BillError: the file does not match WeChat Pay's announcement, or cannot be written.
        BillDownloadError: some of several bills failed; see `missing` and `errors`.
        WeChatPayError: as in any call of the client.

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
    """Async variant of `download`; several bills are downloaded as tasks."""
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
    """Download bills; return the `BillFile` or the error of each.

    Raises:
        ConfigurationError: an argument is invalid. Nothing was sent.
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
                "wxpay={represented}: expected a WeChatPay, or one client of a Merchants",
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
            raise ConfigurationError(_("sub_mchid= is empty: expected at least one number"))
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
    """Return the function that a sync download waits with; a stopped download wakes it up."""
    return stop.wait


def _never(seconds: float) -> None:
    """Placeholder for the pause of a sync download; an async one awaits its twin."""


def _base_uri(wxpay: WeChatPay) -> str:
    return wxpay._defaults.base_uri


def _is_wechat_pay(wxpay: WeChatPay) -> bool:
    return is_wechat_pay(split(_base_uri(wxpay), "base_uri")[0])


def _is_one(sub_mchid: object) -> bool:
    return isinstance(sub_mchid, str) or not isinstance(sub_mchid, Iterable)


def named(job: Job, error: WeChatPayError) -> str:
    """Return an error message with the bill's name."""
    text = str(error)
    return text if job.stem in text else f"{job.stem}: {text}"


def _kept(outcomes: Sequence[tuple[Job, Outcome]], is_one: bool) -> BillFile | list[BillFile]:
    """Return the bills.

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
            "{count} of {count_2} bills could not be downloaded: {told}{more}. The others are "
            "saved; run again to download only the missing ones",
            count=len(failed),
            count_2=len(outcomes),
            told=told,
            more=more,
        ),
        tuple(files),
        tuple(job.file("") for job, _ignored in failed),
        tuple(each for _ignored, each in failed),
    ) from failed[0][1]
