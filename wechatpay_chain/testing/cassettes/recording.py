"""Converts exchanges to the contents of a cassette's file."""

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
"""A quoted value is only found in a text after it was replaced elsewhere, hence two passes."""


class Exchange(NamedTuple):
    """A request and its outcome.

    Attributes:
        request: the request as sent.
        outcome: the response, or the failure.
        content: the complete body of the response.
        mchid: the merchant ID of the client.
    """

    request: Request
    outcome: Response | TransportError
    content: bytes
    mchid: str


class Party(NamedTuple):
    """A merchant whose exchanges are recorded.

    Attributes:
        mchid: the merchant ID.
        appid: its appid; empty if it is not known.
        decrypt: decrypts fields that WeChat Pay encrypted for the merchant.
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
    """Return the object that replaces the values of messages.

    Args:
        rules: which values are kept.
        placeholders: replace the others.
        swaps: the merchant's IDs and their replacements.
        digests: the digests of files.
        hides_merchant: whether merchant IDs and appids are replaced.
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
    """Return the recorded form of exchanges, with their placeholders.

    Args:
        exchanges: the exchanges, in the order in which they began.
        parties: the merchants, by number.
        rules: which values are kept.
        used: the texts already in the cassette.
        hides_merchant: whether merchant IDs and appids are replaced.
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
