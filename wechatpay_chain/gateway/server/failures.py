"""Logs internal errors with their traceback, and escapes all external text."""

from __future__ import annotations

import logging
import traceback

from ...utils.display import printable

__all__ = ["log_failure"]


def log_failure(logger: logging.Logger, message: str, error: BaseException) -> None:
    """Log an error as one record, with the traceback.

    It does not use `exc_info`, which logs the text of an exception unchanged. This text may quote a
    request with line feeds that imitate records, or with escape sequences for a terminal.

    Args:
        logger: logger that receives the record.
        message: description of the failure; may quote external text.
        error: the exception.
    """
    file, line, function, _ = logger.findCaller(stacklevel=2)
    record = logger.makeRecord(
        logger.name, logging.ERROR, file, line, "%s", (printable(message),), None, function
    )
    record.exc_text = _traceback(error)
    logger.handle(record)


def _traceback(error: BaseException | None) -> str:
    pieces: list[str] = []
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        frames = "".join(traceback.format_tb(error.__traceback__))
        pieces.append(f"{frames}{type(error).__name__}: {printable(error, 1000)}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\nled to\n".join(reversed(pieces))
