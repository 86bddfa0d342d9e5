"""Recorded exchanges with WeChat Pay: recorded once, without secrets, and played in tests."""

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
    """Record exchanges with WeChat Pay in a file, or play the recorded ones.

        with cassette("tests/cassettes/refund.yaml", record_mode="none") as tape:
            wxpay = tape.client()

    Args:
        path: the path of the file, which ends in `.yaml` or `.json`.
        record_mode: `once` records if the file does not exist, and otherwise plays; `none` only
            plays; `new_episodes` or `new` plays, and records requests that the file lacks; `all`
            records everything again.
        match_on: the parts in which a request must equal a recorded one: `method`, `path`, `query`,
            `number` (the order number or other identifier in the body), `body`.
        keep: names of members to keep unchanged because they are neither secret nor personal.
        hide: names of further members to replace.
        hide_merchant: also replace merchant IDs and appids.

    Raises:
        ConfigurationError: an argument is invalid.
    """
    return Cassette(
        path,
        record_mode,
        match_on=match_on,
        keep=keep,
        hide=hide,
        hide_merchant=hide_merchant,
    )
