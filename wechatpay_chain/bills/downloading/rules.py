"""The rules for downloading one bill, as a flow for sync and async downloads.

The application is repeated according to the client's own policy. If a file is damaged, or its
address has expired (WeChat Pay's addresses are valid for five minutes, some for 30 seconds), the
rules apply for it again.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import os
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from ...crypto.aes import GCMOpening
from ...errors import APIError, RateLimited
from ...flow import Call, Effect
from ...messages.authority import begins_with_scheme
from ...middleware.retry import Retry
from ...utils.display import printable
from ...utils.exceptions import BillError, BillNotReady, ConfigurationError, WeChatPayError
from ...utils.file_lock import Held, Lock
from ...utils.files import why_not
from ...utils.secret import Secret
from ...utils.translation import _
from ..file import BillFile
from . import days, record
from .applications import Part, is_creating, is_nothing, parts
from .jobs import Asked, Job, is_direct
from .progress import Reporter
from .unpacking import Unpacked

if TYPE_CHECKING:
    from ...client import WeChatPay
    from ...messages.response import Response

__all__ = ["Plan", "Stopped", "fetch"]

T = TypeVar("T")
Steps = Generator[Effect, Any, T]

HELD_PAUSE = 0.2
"""Seconds between two attempts to acquire a lock held by another run."""
INTERVAL = datetime.timedelta(minutes=30)
"""The interval that WeChat Pay recommends for the next attempt."""
FIRST_PAUSE, LONGEST_PAUSE = 60.0, 1800.0
KEY_BYTES = 32


class Stopped(WeChatPayError):
    """The download was stopped, for example by Ctrl-C."""


class _Nothing(Exception):
    """There is no bill."""


@dataclasses.dataclass(frozen=True, slots=True)
class Plan:
    """The settings that all bills of a download share.

    Attributes:
        client: the merchant's client.
        base_uri: the client's base URI.
        is_wechat_pay: whether that is WeChat Pay's rather than a gateway's.
        retry: the retry policy for damaged files.
        force: also request existing bills.
        wait_until: until when to wait for bills that are not ready, or None.
        max_size: maximum bytes of a plain file.
        reporter: receives the progress.
        pause: waits some seconds; in a sync download, a stop wakes it up.
        is_stopped: returns whether the download was stopped.
    """

    client: WeChatPay
    base_uri: str
    is_wechat_pay: bool
    retry: Retry
    force: bool
    wait_until: datetime.datetime | None
    max_size: int
    reporter: Reporter
    pause: Callable[[float], object]
    is_stopped: Callable[[], bool]

    def sleep(self, seconds: float) -> Steps[None]:
        """Wait.

        Raises:
            Stopped: the download was stopped.
        """
        yield Call(self.pause, seconds, twin=_sleep)
        if self.is_stopped():
            raise Stopped(_("the download was cancelled"))


async def _sleep(seconds: float) -> None:
    import asyncio

    await asyncio.sleep(seconds)


async def _in_thread(function: Callable[..., T], *args: Any) -> T:
    import asyncio

    return await asyncio.to_thread(function, *args)


def fetch(job: Job, plan: Plan) -> Steps[BillFile]:
    """Download a bill unless it exists; wait until it is ready if the plan says so.

    Raises:
        BillError: the file does not match WeChat Pay's announcement, or cannot be written.
        BillNotReady: WeChat Pay has not created it yet.
        WeChatPayError: as in any call of the client.
    """
    plan.reporter.tell(job, "started")
    pause = FIRST_PAUSE
    while True:
        try:
            return (yield from _at_hand(job, plan))
        except BillNotReady as error:
            now = yield Call(days.now)
            due = days.ready(job.date)
            seconds = (due - now).total_seconds() if now < due else pause
            until = plan.wait_until
            if until is None or now + datetime.timedelta(seconds=seconds) > until:
                raise error from error.__cause__
        plan.reporter.tell(job, "waiting")
        yield from plan.sleep(seconds)
        pause = min(2 * pause, LONGEST_PAUSE)


def _at_hand(job: Job, plan: Plan) -> Steps[BillFile]:
    """Return an existing bill, or download it.

    Two downloads of the same bill run in sequence: the second one finds the bill.
    """
    lock = yield from _locked(job, plan)
    try:
        if not plan.force:
            found = yield Call(record.known, job, twin=functools.partial(_in_thread, record.known))
            if found is not None:
                plan.reporter.tell(job, "kept")
                return found  # type: ignore[no-any-return]
        file = yield from _obtain(job, plan)
    finally:
        lock.release()
    plan.reporter.tell(job, "empty" if file.empty else "done")
    return file


def _locked(job: Job, plan: Plan) -> Steps[Lock]:
    while (lock := _lock(job)) is None:
        yield from plan.sleep(HELD_PAUSE)
    return lock


def _lock(job: Job) -> Lock | None:
    """Return the lock of a bill, or None while another run holds it.

    Raises:
        ConfigurationError: the folder is not writable.
    """
    try:
        return Lock(job.folder / f".{job.stem}.lock", remove=True)
    except Held:
        return None
    except OSError as error:
        raise ConfigurationError(
            _(
                "to={folder!r}: cannot write to this folder: {why_not}. Nothing was sent",
                folder=printable(job.folder),
                why_not=why_not(error),
            )
        ) from None


def _obtain(job: Job, plan: Plan) -> Steps[BillFile]:
    with record.part(job) as file:
        try:
            files = yield from _applied(job, plan)
            sha1 = yield from _received(job, plan, file, files)
        except _Nothing:
            now = yield Call(days.now)
            return record.keep_empty(job, now)
        size = file.seek(0, os.SEEK_END)
        now = yield Call(days.now)
        return record.keep(job, file, sha1, size, now)


def _applied(job: Job, plan: Plan) -> Steps[tuple[Part, ...]]:
    """Return the announced files of a bill; empty if the response itself is the bill."""
    if is_direct(job.operation):
        return (Part("", ""),)
    response = yield from _asked(job, plan, job.asked(plan.base_uri))
    found = parts(response.json(), job.operation.form)
    if not found:
        raise _Nothing
    return found


def _received(job: Job, plan: Plan, file: BinaryIO, files: tuple[Part, ...]) -> Steps[str]:
    """Download all files of a bill into one, and return its SHA-1."""
    failed = number = furthest = size = 0
    while number < len(files):
        try:
            sink = yield from _one(job, plan, file, size, files[number])
        except (BillError, APIError) as error:
            if isinstance(error, APIError) and not _is_expired(error, job):
                raise
            failed += 1
            if failed >= plan.retry.attempts:
                raise
        else:
            number, size = number + 1, size + sink.size
            if number > furthest:
                furthest, failed = number, 0
            continue
        yield from plan.sleep(plan.retry.wait(failed))
        again = yield from _applied(job, plan)
        if [each.sha1 for each in again] != [each.sha1 for each in files]:  # the bill has changed
            number = size = 0
        files = again
    if len(files) == 1:
        return sink.sha1
    whole = functools.partial(record.digest, file)
    return (yield Call(whole, twin=functools.partial(_in_thread, whole)))  # type: ignore[no-any-return]


def _is_expired(error: APIError, job: Job) -> bool:
    """Return whether an address has expired: WeChat Pay rejects it with various errors."""
    rejected = 400 <= error.status_code < 500 and not isinstance(error, RateLimited)
    return rejected and not is_direct(job.operation)


def _one(job: Job, plan: Plan, file: BinaryIO, base: int, part: Part) -> Steps[Unpacked]:
    """Download one file into the end of another, and verify it."""
    opening = None
    if part.encrypt_key:
        opening = yield from _opening(plan, part)

    def heard(received: int, size: int) -> None:
        if plan.is_stopped():
            raise Stopped(_("the download was cancelled"))
        plan.reporter.tell(job, "downloading", received, size)

    sink = Unpacked(file, base, opening, plan.max_size, heard, printable(job.path))
    if is_direct(job.operation):
        asked = job.asked(plan.base_uri)
        asked.options["sink"] = sink
    else:
        # The file is not signed; the digest in the signed response authenticates it.
        asked = Asked("GET", part.url, {"sink": sink, "unsigned": True})
    yield from _asked(job, plan, asked)
    sink.finish()
    if part.sha1 and sink.sha1 != part.sha1:
        raise BillError(
            _(
                "the file's SHA-1 is {sha1}, but WeChat Pay announced {sha1_2}: it was changed "
                "or damaged in transit and is not kept",
                sha1=sink.sha1,
                sha1_2=part.sha1,
            ),
            path=job.path.name,
        )
    return sink


def _opening(plan: Plan, part: Part) -> Steps[Callable[[], GCMOpening]]:
    """Return the function that creates the decryptor of a file, after decrypting its key."""
    key = Secret((yield from plan.client.credential.decrypting(part.encrypt_key)).encode())
    if len(key.reveal()) != KEY_BYTES:
        raise BillError(
            _(
                "the key of the encrypted bill has {count} bytes: expected {key_bytes}",
                count=len(key.reveal()),
                key_bytes=KEY_BYTES,
            )
        )
    return functools.partial(GCMOpening, key, part.nonce)


def _asked(job: Job, plan: Plan, asked: Asked) -> Steps[Response]:
    """Make a call.

    Raises:
        _Nothing: WeChat Pay reports that there is no bill.
        BillNotReady: the bill is being created; or WeChat Pay reports that there is none, but it is
            not due yet.
    """
    client = plan.client
    try:
        return (  # type: ignore[no-any-return]
            yield Call(client.request, *asked, twin=client.request_async)
        )
    except APIError as error:
        nothing = is_nothing(error, job.operation)
        if not (nothing or is_creating(error)):
            raise
        now = yield Call(days.now)
        if nothing and (now >= days.ready(job.date) or not plan.is_wechat_pay):
            raise _Nothing from None
        raise _not_ready(job, now) from error
    except ConfigurationError as error:
        if not begins_with_scheme(asked.path):
            raise
        raise BillError(
            _("the download address in WeChat Pay's response is rejected: {error}", error=error),
            path=job.path.name,
        ) from None


def _not_ready(job: Job, now: datetime.datetime) -> BillNotReady:
    due = days.ready(job.date)
    retry_at = due if now < due else (now + INTERVAL).replace(second=0, microsecond=0)
    return BillNotReady(
        _(
            "{bill}: WeChat Pay has not created the bill yet. Try again at {time} (+08:00), or "
            "set wait= to wait for it",
            bill=job.stem,
            time=f"{retry_at:%Y-%m-%d %H:%M}",
        ),
        retry_at,
    )
