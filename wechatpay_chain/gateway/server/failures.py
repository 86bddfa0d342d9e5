"""The gateway's own faults in its log: the traceback, with nothing raw that came from outside."""

from __future__ import annotations

import logging
import traceback

from ...utils.display import printable

__all__ = ["log_failure"]


def log_failure(logger: logging.Logger, message: str, error: BaseException) -> None:
    """Log a fault as one record, with the traceback.

    Not by `exc_info`, which writes the text of an exception as it is: a request may be quoted in
    it, with line feeds that look like further records, or with a terminal's escape sequences.

    Args:
        logger: where to.
        message: what failed; may quote what came from outside.
        error: the fault.
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
