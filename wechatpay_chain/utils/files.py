"""Explains why a file cannot be opened, and replaces files on all systems."""

from __future__ import annotations

import os
import time
from pathlib import Path

from .display import printable
from .exceptions import ConfigurationError
from .translation import _

__all__ = ["assert_path", "replace", "why_not"]

PAUSES = (0.01, 0.02, 0.04, 0.08, 0.16)
"""Seconds between attempts to rename a file that is in use."""


def why_not(error: OSError | ValueError) -> str:
    """Return the reason in an error raised by `open` or a method of `Path`.

    With `LC_ALL=C` and without UTF-8 mode, Python cannot encode a path with non-ASCII characters
    (PEP 540), and no path may contain a null character: both raise a `ValueError`.
    """
    if isinstance(error, UnicodeError):
        return _(
            "its path has characters outside this process's file system encoding; set LC_ALL "
            "to a UTF-8 locale, or PYTHONUTF8=1"
        )
    if isinstance(error, OSError):
        return printable(error.strerror or _("no such file"))
    return _("its path contains a null character")


def assert_path(path: str | os.PathLike[str]) -> None:
    """Reject a path that this process cannot open.

    Raises:
        ConfigurationError: the path contains a null character, or one that the file system's
            encoding does not support.
    """
    try:
        if b"\0" in os.fsencode(path):
            raise ValueError
    except ValueError as error:
        raise ConfigurationError(
            _("{path} cannot be used: {why_not}", path=printable(path, 80), why_not=why_not(error))
        ) from None


def replace(source: Path, target: Path) -> None:
    """Rename a file and replace an existing one.

    Windows does not rename or replace a file while a process has it open, such as a reader or a
    virus scanner that checks new files. Both usually finish soon.

    Raises:
        OSError: the file cannot be renamed.
    """
    for pause in PAUSES:
        try:
            source.replace(target)
            return
        except PermissionError:
            time.sleep(pause)
    source.replace(target)
