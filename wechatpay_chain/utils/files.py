"""Why a file cannot be opened, in words that say what to do."""

from __future__ import annotations

from .display import printable

__all__ = ["why_not"]


def why_not(error: OSError | ValueError) -> str:
    """The reason in what `open` or a method of `Path` raised.

    Under `LC_ALL=C` without UTF-8 mode, Python cannot encode a path with other than ASCII
    characters (PEP 540), and no path may hold a null character: both are a `ValueError`.
    """
    if isinstance(error, UnicodeError):
        return (
            "its path has characters outside this process's file system encoding; set LC_ALL to a "
            "UTF-8 locale, or PYTHONUTF8=1"
        )
    if isinstance(error, OSError):
        return printable(error.strerror or "no such file")
    return "its path holds a null character"
