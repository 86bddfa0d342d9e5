"""The bills in the arguments of a command: files and folders."""

from __future__ import annotations

import datetime
import json
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ...utils.translation import _
from ..failure import Failure
from ..output import tell
from ..wording import shown

if TYPE_CHECKING:
    from ...bills import BillFile

__all__ = ["each_bill", "remarks", "with_record"]

LONGEST_RECORD = 64 * 1024
"""Maximum size of a bill's record file in bytes."""

ENDINGS = (".csv", ".csv.gz")


def each_bill(paths: Iterable[Path]) -> list[Path]:
    """Yield all files, also those in folders and their subfolders, each once.

    Raises:
        Failure: a folder has no bills or cannot be read.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if not path.is_dir():
            found[path] = None
            continue
        try:
            below = sorted(each for each in path.rglob("*") if each.name.lower().endswith(ENDINGS))
        except OSError as error:
            raise Failure(
                _(
                    "{path} cannot be read: {strerror}",
                    path=shown(str(path)),
                    strerror=error.strerror,
                )
            ) from None
        if not below:
            raise Failure(
                _("{path} contains no bill: no file name ends in .csv", path=shown(str(path)))
            )
        found.update(dict.fromkeys(each for each in below if each.is_file()))
    return list(found)


@contextmanager
def remarks() -> Iterator[None]:
    """Print warnings about bills as remarks, each once."""
    from ...bills import BillWarning

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", BillWarning)
        try:
            yield
        finally:
            for message in dict.fromkeys(str(each.message) for each in caught):
                tell(f"Warning: {message}")


def with_record(path: Path) -> Path | BillFile:
    """Return the bill with the record that `bills download` wrote beside it, if there is one."""
    from ...bills import BillFile

    try:
        found = json.loads(path.with_suffix(".json").read_bytes()[:LONGEST_RECORD])
        return BillFile(
            path=path,
            kind=found["kind"],
            date=datetime.date.fromisoformat(found["date"]),
            type=found["type"],
            mchid=found["mchid"],
            sub_mchid=found["sub_mchid"],
        )
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return path
