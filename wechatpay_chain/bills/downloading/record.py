"""A downloaded bill on disk: a part file until it is complete, and a record next to it.

The record `NAME.json` identifies the bill, with its size and SHA-1. A later run does not request
the bill again if the file matches both.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from ...utils.display import printable
from ...utils.exceptions import BillError, ConfigurationError
from ...utils.files import replace, why_not
from ...utils.private_files import write
from ...utils.translation import _
from ..file import BillFile
from .days import CHINA, ready
from .jobs import Job

__all__ = ["digest", "folder", "keep", "keep_empty", "known", "part"]

VERSION = 1
LARGEST = 64 * 1024
"""Maximum bytes of a record."""
BLOCK = 1024 * 1024
PRIVATE = 0o600
NEW_FILE = (
    os.O_RDWR
    | os.O_CREAT
    | os.O_EXCL
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)  # Windows
)
SETTLED = datetime.timedelta(days=3)
"""Measured from the beginning of a day: two days after its end. Until then, a bill may be late."""


def folder(given: str | os.PathLike[str]) -> Path:
    """Return the folder for the bills, and create it if necessary.

    Raises:
        ConfigurationError: the value is not a path, or the folder cannot be created.
    """
    try:
        path = Path(given)
        path.mkdir(parents=True, exist_ok=True)
    except TypeError:
        raise ConfigurationError(
            _("to is of type {type}: expected the path of a folder", type=type(given).__name__)
        ) from None
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            _(
                "to={given!r} is not a folder and cannot be created: {why_not}",
                given=printable(given),
                why_not=why_not(error),
            )
        ) from None
    return path


def known(job: Job) -> BillFile | None:
    """Return the bill if it is on disk and matches its record, or None if it must be requested.

    A file is valid if it was downloaded after the bill was due. A missing bill is final if WeChat
    Pay reported it at least two days after the day.
    """
    record = _record(job)
    if record is None or record["downloaded_at"] < ready(job.date):
        return None
    if record["empty"]:
        settled = (
            record["downloaded_at"]
            >= datetime.datetime.combine(job.date, datetime.time(tzinfo=CHINA)) + SETTLED
        )
        return job.file("", empty=True) if settled and not job.path.exists() else None
    try:
        if job.path.stat().st_size != record["size"]:
            return None
        with job.path.open("rb") as file:
            same = hashlib.file_digest(file, _sha1).hexdigest() == record["sha1"]
    except OSError:
        return None
    return job.file(record["sha1"]) if same else None


@contextlib.contextmanager
def part(job: Job) -> Iterator[BinaryIO]:
    """Open the part file for an incomplete bill; it is removed afterwards.

    Raises:
        BillError: the file cannot be created.
    """
    path = _part_path(job)
    try:
        path.unlink(missing_ok=True)  # left by a killed run
        file = os.fdopen(os.open(path, NEW_FILE, PRIVATE), "w+b")
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        yield file
    finally:
        with contextlib.suppress(OSError):  # a full disk has no room for buffered bytes
            file.close()
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def keep(job: Job, file: BinaryIO, sha1: str, size: int, at: datetime.datetime) -> BillFile:
    """Rename the part file to the bill's name, and write the record.

    Raises:
        BillError: that fails.
    """
    path = _part_path(job)
    try:
        file.close()  # flushes; Windows cannot rename an open file
        with contextlib.suppress(OSError):  # no existing file, or a file system without modes
            path.chmod(job.path.stat().st_mode & 0o777)
        replace(path, job.path)
        _write(job, {"empty": False, "sha1": sha1, "size": size}, at)
    except OSError as error:
        raise _unwritable(job.path, error) from error
    return job.file(sha1)


def keep_empty(job: Job, at: datetime.datetime) -> BillFile:
    """Record that there is no bill.

    Raises:
        BillError: that fails.
    """
    try:
        _write(job, {"empty": True, "sha1": "", "size": 0}, at)
        job.path.unlink(missing_ok=True)
    except OSError as error:
        raise _unwritable(job.path, error) from error
    return job.file("", empty=True)


def digest(file: BinaryIO) -> str:
    """Return the hex SHA-1 of a whole open file."""
    file.seek(0)
    found: str = hashlib.file_digest(file, _sha1).hexdigest()  # type: ignore[arg-type]
    return found


def _unwritable(path: Path, error: OSError) -> BillError:
    return BillError(
        _("the bill cannot be written: {why_not}", why_not=why_not(error)), path=printable(path)
    )


def _identity(job: Job) -> dict[str, Any]:
    return {
        "version": VERSION,
        "kind": job.operation.kind,
        "api": job.operation.api,
        "date": job.date.isoformat(),
        "type": job.type,
        "mchid": job.mchid,
        "sub_mchid": job.sub_mchid,
    }


def _write(job: Job, found: dict[str, Any], at: datetime.datetime) -> None:
    members = {**_identity(job), **found, "downloaded_at": at.isoformat(timespec="seconds")}
    write(_path(job), f"{json.dumps(members, indent=2)}\n".encode())


def _record(job: Job) -> dict[str, Any] | None:
    """Return the record if it belongs to this bill."""
    try:
        with _path(job).open("rb") as file:
            members = json.loads(file.read(LARGEST))
        if not isinstance(members, dict):
            return None
        at = datetime.datetime.fromisoformat(members["downloaded_at"])
        fits = (
            members.items() >= _identity(job).items()
            and type(members["empty"]) is bool
            and type(members["size"]) is int
            and type(members["sha1"]) is str
            and at.tzinfo is not None
        )
    except (OSError, ValueError, RecursionError, KeyError, TypeError):
        return None  # missing or damaged: the bill is requested again
    return {**members, "downloaded_at": at} if fits else None


def _path(job: Job) -> Path:
    return job.folder / f"{job.stem}.json"


def _part_path(job: Job) -> Path:
    return job.folder / f"{job.stem}.csv.part"


def _sha1() -> Any:
    return hashlib.sha1(usedforsecurity=False)
