"""The wall between merchants, and between the sub-merchants of one: over all simulated operations.

One merchant sends requests in which any number may be another's. Afterwards the records of the
other one are the same to the byte, and no response has shown what is in them. Each example begins
with the same records.
"""

from __future__ import annotations

import contextlib
import functools
import json
import random
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.gateway.wall import (
    APPS,
    OWN,
    SUBS,
    Author,
    Row,
    World,
    numbers_of,
    populate,
    rows_of,
    secrets_of,
    shown_by,
)
from wechatpay_chain import catalogue
from wechatpay_chain.catalogue import Member, Operation
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway.messages.exchange import IncomingRequest
from wechatpay_chain.gateway.simulation.registry import simulated

SIMULATED = sorted(simulated(), key=lambda each: (each[1], each[0]))
EXAMPLES = 8 if settings().max_examples <= 100 else 200
"""Examples per operation; `make properties` tries more."""
MANY = settings(deadline=None, max_examples=EXAMPLES)
SHARED = ("account", "day", "setting")
"""The kinds of records that the sub-merchants of a merchant share."""


def operation_of(method: str, path: str) -> Operation:
    found = catalogue.find(method, path)
    assert found is not None
    return found


def names_in(members: Iterable[Member]) -> set[str]:
    return {name for each in members for name in (each.name, *names_in(each.members))}


NAMING = [
    (method, path)
    for method, path in SIMULATED
    if names_in((*(found := operation_of(method, path)).body, *found.query, *found.variables))
    & {*SUBS}
]
"""The operations in which a service provider must identify the sub-merchant."""


class Undone(Exception):
    """Ends an example, so that all its changes are rolled back."""


class Wall:
    """Whose calls, with which numbers, and what must stay as it is.

    Args:
        caller: signs the requests.
        numbers: that its requests may name.
        parties: the merchants, sub-merchants and apps that they may name.
        theirs: gives the records of the other one.
        secrets: what no response may show.
    """

    def __init__(
        self,
        caller: World,
        numbers: Mapping[str, list[str]],
        parties: Mapping[str, list[str]],
        theirs: Any,
        secrets: Iterable[str],
    ) -> None:
        self._caller, self._numbers, self._parties = caller, numbers, parties
        self._theirs, self._secrets = theirs, frozenset(secrets)
        self._before = theirs()

    def hold(self, method: str, path: str, chance: random.Random) -> None:
        """Make one call, and check that it reveals and changes nothing of others."""
        merchant, gateway = self._caller.merchant, self._caller.gateway
        author = Author(merchant, self._numbers, self._parties, chance)
        request = author.request(operation_of(method, path))
        with rolled_back(gateway):
            response = gateway.answer(request)
            assert response.status < 500
            assert b"SYSTEMERROR" not in response.body  # APIv2 says so with status 200
            assert self._theirs() == self._before
            if response.status < 300:
                merchant.state.ledger.check()
        assert self.shown(shown_by(response, merchant), request, author.sealed) == []

    def shown(self, text: str, request: IncomingRequest, sealed: list[str]) -> list[str]:
        """Return the values of a response that the request did not contain."""
        target = unquote_plus(request.target)
        sent = f"{target}\n{request.body.decode('utf-8', 'replace')}\n{request.form}\n{sealed}"
        found = [each for each in self._secrets if _tells(text, each) and each not in sent]
        # The id of a user at a school is derived from the merchant's own number of the user.
        return [each for each in found if each.removeprefix("U") not in sent]


def _tells(text: str, secret: str) -> bool:
    """Return whether a text contains a secret; an amount only as a separate number."""
    if len(secret) >= 10 or secret not in text:
        return secret in text
    return re.search(rf"(?<!\w){secret}(?!\w)", text) is not None


@contextlib.contextmanager
def rolled_back(gateway: Gateway) -> Iterator[None]:
    with contextlib.suppress(Undone), gateway.platform.store.transaction():
        yield
        raise Undone


# --- merchants ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def worlds(identity: Any) -> tuple[World, World]:
    gateway = Gateway(identity=identity, time_scale=0.001)
    made = []
    for tag, total in (("Albert", 123_457), ("Bertha", 987_655)):
        merchant = gateway.add_merchant("any")
        sub = gateway.add_sub_merchant(merchant).mchid
        made.append(World(gateway, merchant, tag, total, sub))
        populate(made[-1])
    return made[0], made[1]


@pytest.fixture(scope="module")
def between_merchants(worlds: tuple[World, World]) -> Wall:
    one, other = worlds
    own, foreign = one.merchant, other.merchant
    mine, theirs = (rows_of(one.gateway, each.mchid) for each in (own, foreign))
    numbers = numbers_of(theirs, other.seen)
    for name, values in numbers_of(mine, one.seen).items():
        numbers[name] = [*numbers.get(name, []), *values]
    parties = {
        **{name: [own.mchid] * 3 + [foreign.mchid] for name in OWN},
        **{name: [one.sub] * 3 + [other.sub, own.mchid, foreign.mchid] for name in SUBS},
        **{name: [own.appid] * 3 + [foreign.appid] for name in APPS},
    }
    secrets = secrets_of(theirs) - secrets_of(mine)
    return Wall(one, numbers, parties, lambda: rows_of(one.gateway, foreign.mchid), secrets)


@pytest.mark.parametrize(("method", "path"), SIMULATED, ids=str)
@MANY
@given(chance=st.randoms(use_true_random=False))
def test_no_call_of_a_merchant_reaches_another(
    between_merchants: Wall, method: str, path: str, chance: random.Random
) -> None:
    between_merchants.hold(method, path, chance)


def test_the_numbers_of_all_operations_are_there(worlds: tuple[World, World]) -> None:
    """Otherwise, the requests would contain no numbers of the other merchant."""
    for world in worlds:
        known = numbers_of(rows_of(world.gateway, world.merchant.mchid), world.seen)
        for method, path in SIMULATED:
            assert {each.name for each in operation_of(method, path).variables} <= known.keys()


def test_a_hole_in_the_wall_is_found(
    worlds: tuple[World, World], between_merchants: Wall, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = worlds
    monkeypatch.setattr(one.merchant.state, "store", other.merchant.state.store)
    path = "v3/merchant-service/complaint-notifications"
    for method in ("GET", "DELETE"):
        with pytest.raises(AssertionError):
            between_merchants.hold(method, path, random.Random(0))


# --- sub-merchants -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def subs(identity: Any) -> tuple[World, World]:
    gateway = Gateway(identity=identity, time_scale=0.001)
    merchant = gateway.add_merchant("any")
    made = []
    for tag, total in (("Albert", 123_457), ("Bertha", 987_655)):
        sub = gateway.add_sub_merchant(merchant).mchid
        made.append(World(gateway, merchant, tag, total, sub))
    for world in made:
        before = rows_of(gateway, merchant.mchid)
        world.first = before[-1][0] + 1 if before else 0
        populate(world)
    return made[0], made[1]


def rows_of_sub(world: World) -> list[Row]:
    """The records that were made for a sub-merchant, and its accounts."""
    return [
        row
        for row in rows_of(world.gateway, world.merchant.mchid)
        if (world.first <= row[0] <= world.last and row[2] not in SHARED and is_of(world, row))
        or (row[2] == "account" and row[3].endswith(world.sub))
    ]


def is_of(world: World, row: Row) -> bool:
    return world.sub in subs_of(row[4])


@functools.cache
def subs_of(value: str) -> tuple[Any, ...]:
    """The sub-merchants that a record names; the same records are asked about in every example."""
    told = json.loads(value)
    parties = told.get("parties") or {}
    named = (told.get("sub_mchid"), parties.get("sub_mchid"), parties.get("sub_mch_id"))
    return (*named, told.get("complainted_mchid"))


@pytest.fixture(scope="module")
def between_subs(subs: tuple[World, World]) -> Wall:
    one, other = subs
    merchant = one.merchant
    every = rows_of(one.gateway, merchant.mchid)
    other.last = every[-1][0]
    theirs = rows_of_sub(other)
    made = {"order", "refund", "sharing", "sharing-return", "transfer", "complaint", "stub"}
    assert made <= {row[2] for row in theirs}
    parties = {
        **{name: [merchant.mchid] for name in OWN},
        **{name: [one.sub] for name in SUBS},
        **{name: [merchant.appid] for name in APPS if name != "sub_appid"},
    }
    numbers = numbers_of(every, (*one.seen, *other.seen))
    others = [row for row in every if row not in theirs]
    secrets = secrets_of(theirs) - secrets_of(others)
    return Wall(one, numbers, parties, lambda: rows_of_sub(other), secrets)


@pytest.mark.parametrize(("method", "path"), NAMING, ids=str)
@MANY
@given(chance=st.randoms(use_true_random=False))
def test_no_call_for_a_sub_merchant_reaches_another(
    between_subs: Wall, method: str, path: str, chance: random.Random
) -> None:
    between_subs.hold(method, path, chance)
