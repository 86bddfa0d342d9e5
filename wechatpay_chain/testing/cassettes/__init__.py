"""Recorded exchanges with WeChat Pay: recorded once, with placeholders, and played in tests."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from .matching import MATCH_ON
from .recorded import UnrecordedRequest
from .tape import Cassette, RecordMode

__all__ = ["Cassette", "RecordMode", "UnrecordedRequest", "cassette"]


def cassette(
    path: str | Path,
    record_mode: RecordMode = "once",
    *,
    match_on: Sequence[str] = MATCH_ON,
    keep: Collection[str] = (),
    hide: Collection[str] = (),
    hide_merchant: bool = False,
) -> Cassette:
    """Record exchanges with WeChat Pay in a file, or play those that it has.

        with cassette("tests/cassettes/refund.yaml", record_mode="none") as tape:
            wxpay = tape.client()

    Args:
        path: of the file, whose name ends in `.yaml` or `.json`.
        record_mode: `once` records where the file is missing, and else plays; `none` only plays;
            `new_episodes`, or `new`, plays, and records what the file lacks; `all` records
            everything anew.
        match_on: what a request and a recorded one must have in common: `method`, `path`,
            `query`, `number` (the order's number in the body, or the like), `body`.
        keep: names of members that stay as they are: they hold nothing secret or personal.
        hide: names of members to replace that would stay.
        hide_merchant: replace the numbers of merchants and apps too.

    Raises:
        ConfigurationError: an argument is not what it must be.
    """
    return Cassette(
        path,
        record_mode,
        match_on=match_on,
        keep=keep,
        hide=hide,
        hide_merchant=hide_merchant,
    )
