"""A downloaded bill on disk: a part file until it is whole, and a record of it beside it.

The record `NAME.json` says which bill the file is, with its size and SHA-1. A later run that finds
both in agreement does not ask for the bill again.
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
"""Bytes of a record that is read."""
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
"""After the beginning of a day: two days after its end. Until then a bill may just be late."""


def folder(given: str | os.PathLike[str]) -> Path:
    """The folder for the bills, made if it is missing.

    Raises:
        ConfigurationError: it is no path, or cannot be made.
    """
    try:
        path = Path(given)
        path.mkdir(parents=True, exist_ok=True)
    except TypeError:
        raise ConfigurationError(
            _("to is of type {type}: the path of a folder is expected", type=type(given).__name__)
        ) from None
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            _(
                "to={given!r} is no folder, and cannot be made one: {why_not}",
                given=printable(given),
                why_not=why_not(error),
            )
        ) from None
    return path


def known(job: Job) -> BillFile | None:
    """The bill, if it is on disk as its record says; None where it is to be asked for.

    A file counts if it was downloaded once the bill was due, and that there was no bill, if WeChat
    Pay said so two days after the day, or later.
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
    """The file that a bill is written to before it is whole; it is gone afterwards.

    Raises:
        BillError: it cannot be made.
    """
    path = _part_path(job)
    try:
        path.unlink(missing_ok=True)  # of a run that was killed
        file = os.fdopen(os.open(path, NEW_FILE, PRIVATE), "w+b")
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        yield file
    finally:
        with contextlib.suppress(OSError):  # a full disk has no room for what is buffered
            file.close()
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def keep(job: Job, file: BinaryIO, sha1: str, size: int, at: datetime.datetime) -> BillFile:
    """Give the part file the bill's name, and write the record.

    Raises:
        BillError: that cannot be done.
    """
    path = _part_path(job)
    try:
        file.close()  # flushes; a file that is open cannot be renamed on Windows
        with contextlib.suppress(OSError):  # no file yet, or a file system without modes
            path.chmod(job.path.stat().st_mode & 0o777)
        replace(path, job.path)
        _write(job, {"empty": False, "sha1": sha1, "size": size}, at)
    except OSError as error:
        raise _unwritable(job.path, error) from error
    return job.file(sha1)


def keep_empty(job: Job, at: datetime.datetime) -> BillFile:
    """Record that there is no bill.

    Raises:
        BillError: that cannot be done.
    """
    try:
        _write(job, {"empty": True, "sha1": "", "size": 0}, at)
        job.path.unlink(missing_ok=True)
    except OSError as error:
        raise _unwritable(job.path, error) from error
    return job.file("", empty=True)


def digest(file: BinaryIO) -> str:
    """The SHA-1 of a whole file that is open, in hex."""
    file.seek(0)
    found: str = hashlib.file_digest(file, _sha1).hexdigest()  # type: ignore[arg-type]
    return found


def _unwritable(path: Path, error: OSError) -> BillError:
    return BillError(f"the bill cannot be written: {why_not(error)}", path=printable(path))


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
    """The record, if it is one of this very bill."""
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
        return None  # none, or damaged: the bill is asked for again
    return {**members, "downloaded_at": at} if fits else None


def _path(job: Job) -> Path:
    return job.folder / f"{job.stem}.json"


def _part_path(job: Job) -> Path:
    return job.folder / f"{job.stem}.csv.part"


def _sha1() -> Any:
    return hashlib.sha1(usedforsecurity=False)
