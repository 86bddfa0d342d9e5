"""From what was sent and came back to what a cassette's file has."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, NamedTuple

from ...messages.request import Request, TransportError, TransportTimeout
from ...messages.response import Response
from .hiding.addresses import Addresses
from .hiding.members import Rules
from .hiding.placeholders import Placeholders
from .hiding.values import Digests, Scrubber
from .requests import described
from .responses import Responses

__all__ = ["Exchange", "Party", "interactions", "scrubber_for"]

PASSES = 2
"""A text that quotes a value is only free of it once the value was met elsewhere."""


class Exchange(NamedTuple):
    """A request, and what came of it.

    Attributes:
        request: as it was sent.
        outcome: the response, or the failure.
        content: the response's body, all of it.
        mchid: of the client that sent it.
    """

    request: Request
    outcome: Response | TransportError
    content: bytes
    mchid: str


class Party(NamedTuple):
    """A merchant whose exchanges are recorded.

    Attributes:
        mchid: its number.
        appid: of its app; empty where that is not known.
        decrypt: opens what WeChat Pay encrypted for it.
    """

    mchid: str
    appid: str
    decrypt: Callable[[str], str]


def scrubber_for(
    rules: Rules,
    placeholders: Placeholders,
    swaps: Mapping[str, str],
    digests: Digests,
    *,
    hides_merchant: bool,
) -> Scrubber:
    """What becomes of messages.

    Args:
        rules: what is kept.
        placeholders: for what is not.
        swaps: numbers of the merchant, with what stands for them.
        digests: of files.
        hides_merchant: whether the numbers of merchants and apps are replaced.
    """
    addresses = Addresses(rules, placeholders, swaps, hides_merchant=hides_merchant)
    return Scrubber(rules, placeholders, addresses, digests, hides_merchant=hides_merchant)


def interactions(
    exchanges: Iterable[Exchange],
    parties: Mapping[str, Party],
    rules: Rules,
    used: Collection[str],
    *,
    hides_merchant: bool,
) -> tuple[Placeholders, list[dict[str, Any]]]:
    """What a cassette has of some exchanges.

    Args:
        exchanges: in the order in which they began to be recorded.
        parties: the merchants, by their numbers.
        rules: what is kept.
        used: the texts that the cassette has already.
        hides_merchant: whether the numbers of merchants and apps are replaced.
    """
    exchanges = list(exchanges)
    first = next(iter(parties.values()))
    placeholders = Placeholders(first.mchid, first.appid, used)
    swaps: dict[str, str] = {}
    if hides_merchant:
        for party in parties.values():
            swaps[party.mchid] = placeholders.of("mchid", party.mchid)
            if party.appid:
                swaps[party.appid] = placeholders.of("appid", party.appid)
    digests = Digests(sum(each.startswith(("sha1-", "sha256-", "md5-")) for each in used))
    scrubber = scrubber_for(rules, placeholders, swaps, digests, hides_merchant=hides_merchant)
    responses = {mchid: Responses(scrubber, party.decrypt) for mchid, party in parties.items()}
    found: list[dict[str, Any]] = []
    for _ in range(PASSES):
        found = [_interaction(each, scrubber, responses[each.mchid]) for each in exchanges]
    return placeholders, found


def _interaction(exchange: Exchange, scrubber: Scrubber, responses: Responses) -> dict[str, Any]:
    request, outcome = exchange.request, exchange.outcome
    told = {"request": described(request, scrubber)}
    if isinstance(outcome, Response):
        return {**told, "response": responses.described(request, outcome, exchange.content)}
    return {**told, "error": _failure(outcome, scrubber)}


def _failure(error: TransportError, scrubber: Scrubber) -> dict[str, Any]:
    return {
        "kind": "timeout" if isinstance(error, TransportTimeout) else "connection",
        "sent": error.sent,
        "permanent": error.permanent,
        "message": scrubber.prose(str(error)),
    }
