"""The merchants of a console request, and pages of their records."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from aiohttp import web

from ...control.controls import Controls
from ...state import State
from ...store.store import Found, Record

__all__ = [
    "MOST",
    "Scope",
    "has_words",
    "is_sent",
    "limit_of",
    "owner_of",
    "scope_of",
    "sender_of",
    "sub_merchant_of",
    "words_of",
]

MOST = 1000
"""Maximum number of records in a list."""
PLACES = ("method", "target", "body", "answer_body", "operation")
"""The members of a logged request that a search includes."""
SUB_MCHID = ("sub_mchid", "sub_mch_id", "complainted_mchid")
"""The members that identify a sub-merchant."""


class Scope(NamedTuple):
    """The merchants and the sub-merchant of a query.

    Attributes:
        states: the states of the merchants.
        sub_mchid: limits the records to a sub-merchant; empty includes all.
    """

    states: list[State]
    sub_mchid: str = ""

    @property
    def state(self) -> State:
        """The state of the merchant, or of the first one of several."""
        return self.states[0]

    def find(
        self, kind: str, words: Iterable[str] = (), size: int = MOST
    ) -> Iterator[tuple[State, Found]]:
        """Yield the records of a kind, newest first, each with the state of its merchant.

        Args:
            kind: the kind of the records.
            words: the words that a record must contain.
            size: the number of records per query and merchant.
        """
        pages = [self._pages(state, kind, tuple(words), size) for state in self.states]
        return heapq.merge(*pages, key=lambda each: each[1].sequence, reverse=True)

    def count(self, kind: str) -> int:
        """Return the number of records of a kind."""
        if self.sub_mchid:
            return sum(1 for _ in self.find(kind))
        return sum(state.store.count(kind) for state in self.states)

    def _pages(
        self, state: State, kind: str, words: tuple[str, ...], size: int
    ) -> Iterator[tuple[State, Found]]:
        sub, offset = (self.sub_mchid,) if self.sub_mchid else (), 0
        while page := state.store.find(kind, words + sub, limit=size, offset=offset):
            yield from ((state, each) for each in page if self.includes(each.record))
            offset += len(page)

    def includes(self, value: Any) -> bool:
        """Return whether a value belongs to the sub-merchant of the scope, if there is one."""
        if not self.sub_mchid:
            return True
        if isinstance(value, dict):
            names = any(value.get(name) == self.sub_mchid for name in SUB_MCHID)
            return names or any(map(self.includes, value.values()))
        return isinstance(value, list) and any(map(self.includes, value))


def scope_of(gateway: Controls, request: web.Request) -> Scope:
    """Return the scope of `?mchid=…&sub_mchid=…`; without them, all merchants."""
    states, mchid = gateway.platform.states, request.query.get("mchid", "")
    wanted = [states[mchid]] if mchid in states else list(states.values())
    return Scope(wanted, request.query.get("sub_mchid", ""))


def owner_of(gateway: Controls, request: web.Request, kind: str, key: str) -> State:
    """Return the state of the merchant of `?mchid=`, or of the first one that has a record."""
    mchid, platform = request.query.get("mchid", ""), gateway.platform
    if mchid in platform.states:
        return platform.states[mchid]
    found = platform.having((kind,), key)
    return found[0] if found else platform.first


def sender_of(gateway: Controls, entry: Mapping[str, Any]) -> State:
    """Return the state of the merchant in a logged request, or of the first merchant."""
    steps = (each for each in entry["steps"] if each["name"] in ("mchid", "mch_id"))
    named = next((each["note"] for each in steps if each["passed"]), "")
    return gateway.platform.states.get(named, gateway.platform.first)


def has_words(entry: Mapping[str, Any], words: Iterable[str]) -> bool:
    """Return whether a logged exchange contains words, which are in lower case."""
    request_id = entry["answer_headers"].get("Request-ID", "")
    texts = [request_id, *(str(entry.get(place)) for place in PLACES)]
    whole = "\n".join(texts).lower()
    return all(word in whole for word in words)


def is_sent(state: State, record: Record) -> bool:
    """Return whether a record already exists; scheduled notifications do not."""
    return bool((record.get("created") or 0) <= state.clock.now())


def sub_merchant_of(record: Record, state: State) -> str:
    """Return the sub-merchant of a record; empty if it has none."""
    places = (record, record.get("parties"), record.get("content"))
    found = (place.get(name) for place in places if isinstance(place, dict) for name in SUB_MCHID)
    return next((str(each) for each in found if each and each != state.mchid), "")


def words_of(request: web.Request) -> tuple[str, ...]:
    """Return the words of `?q=`."""
    return tuple(request.query.get("q", "").split())


def limit_of(request: web.Request, default: int = 200) -> int:
    """Return the number in `?limit=`, up to `MOST`."""
    text = request.query.get("limit", "")
    return max(1, min(int(text), MOST)) if text.isdecimal() and len(text) < 9 else default
