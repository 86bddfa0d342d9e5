"""Why a file cannot be opened, and how one takes another's place, on every system."""

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
    """The reason in what `open` or a method of `Path` raised.

    Under `LC_ALL=C` without UTF-8 mode, Python cannot encode a path with other than ASCII
    characters (PEP 540), and no path may hold a null character: both are a `ValueError`.
    """
    if isinstance(error, UnicodeError):
        return _(
            "its path has characters outside this process's file system encoding; set LC_ALL "
            "to a UTF-8 locale, or PYTHONUTF8=1"
        )
    if isinstance(error, OSError):
        return printable(error.strerror or _("no such file"))
    return _("its path holds a null character")


def assert_path(path: str | os.PathLike[str]) -> None:
    """Refuse a path that no file of this process can have.

    Raises:
        ConfigurationError: it holds a null character, or one that the file system's encoding does
            not have.
    """
    try:
        if b"\0" in os.fsencode(path):
            raise ValueError
    except ValueError as error:
        raise ConfigurationError(
            _("{path} cannot be used: {why_not}", path=printable(path, 80), why_not=why_not(error))
        ) from None


def replace(source: Path, target: Path) -> None:
    """Rename a file to another one's name, whose place it takes.

    Windows renames no file, and replaces none, that is open: in a process that reads it, or in a
    virus scanner that looks at every new one. Both are done soon.

    Raises:
        OSError: it cannot be renamed.
    """
    for pause in PAUSES:
        try:
            source.replace(target)
            return
        except PermissionError:
            time.sleep(pause)
    source.replace(target)
