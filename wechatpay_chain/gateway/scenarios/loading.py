"""Loads a scenario into a platform, completely or not at all."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from ...utils.translation import _
from ..messages.exchange import Rejection
from ..platform import Platform
from ..simulation.bills import settings
from ..simulation.schedule import withdraw
from ..state import State
from .actions import Action, actions_of, moment_of
from .documents import Document, Place
from .validation import check

__all__ = ["load"]

KIND = "scenario"
"""The kind of the records of loaded scenarios."""
ADDED = ("kind", "mchid", "apps", "permissions", "name")
CHANGED = ("frozen", "payment_limit", "daily_limit")


def load(platform: Platform, document: Document, *, once: bool = False) -> None:
    """Load a scenario.

    Actions with a time run in chronological order, and the others at the end. All actions run in
    one transaction. If one of them is rejected, merchants, faults and time do not change.

    Args:
        platform: platform to change.
        document: the scenario.
        once: True does nothing if the same scenario has been loaded.

    Raises:
        ScenarioError: the scenario is invalid, or an action is rejected.
        RuntimeError: this thread has an open transaction.
    """
    check(document)
    text = json.dumps(document.value, sort_keys=True).encode()
    digest = hashlib.sha256(text).hexdigest()
    with _all_or_nothing(platform):
        if once and platform.store.get(KIND, digest) is not None:
            return
        _Loading(platform, document).run()
        platform.store.put(KIND, digest, {"name": document.name})
    platform.shared.wake()


@contextmanager
def _all_or_nothing(platform: Platform) -> Iterator[None]:
    clock, shared, store = platform.clock, platform.shared, platform.store
    with store.alone():
        identities = {
            mchid: state.identity
            for mchid, state in {platform.first.mchid: platform.first, **platform.states}.items()
            if state.has_keys
        }
        moment, real, faults = clock.now(), time.time(), shared.faults.copy()
        try:
            with store.transaction():
                yield
        except BaseException:
            platform.read_merchants(identities)
            shared.faults.replace(faults)
            clock.turn_to(moment + (time.time() - real) * clock.scale)
            raise


class _Loading:
    """The loading of one scenario.

    Args:
        platform: platform to change.
        document: a valid scenario.
    """

    def __init__(self, platform: Platform, document: Document) -> None:
        self._platform = platform
        self._document = document
        self._scenario: Mapping[str, Any] = document.value
        self._end = platform.clock.now()

    def run(self) -> None:
        """Load the scenario."""
        platform, scenario = self._platform, self._scenario
        clock = platform.clock
        if "clock" in scenario:
            self._end = self._do(("clock",), partial(moment_of, scenario["clock"]))
        before = {number for _, number in self._pending()}
        actions = self._actions(platform.first, scenario, ())
        for index, given in enumerate(scenario.get("merchants", ())):
            place: Place = ("merchants", index)
            about = {name: given[name] for name in ADDED if name in given}
            state = self._do(place, partial(platform.add_merchant, **about))
            self._change(place, state.mchid, given)
            actions += self._actions(state, given, place)
        for action in sorted(actions, key=self._time):
            clock.hold(self._time(action))
            self._do(action.place, action.act)
        clock.turn_to(self._end)
        platform.keep_time()
        for index, fault in enumerate(scenario.get("faults", ())):
            self._do(("faults", index), partial(platform.shared.faults.add, **fault))
        if scenario.get("notifications", "discard") == "discard":
            self._discard(before)

    def _actions(self, state: State, content: Mapping[str, Any], place: Place) -> list[Action]:
        """Return the actions of a merchant after its setup."""
        for index, sub in enumerate(content.get("sub_merchants", ())):
            about = {name: sub[name] for name in ADDED if name in sub and name != "permissions"}
            add = partial(self._platform.add_sub_merchant, state, **about)
            inner = (*place, "sub_merchants", index)
            self._change(inner, self._do(inner, add).mchid, sub, "permissions")
        if "bills" in content:
            self._do((*place, "bills"), partial(settings.change, state, **content["bills"]))
        return list(actions_of(self._document, state, content, place))

    def _change(self, place: Place, mchid: str, content: Mapping[str, Any], *others: str) -> None:
        """Change a merchant or sub-merchant as the scenario describes."""
        changes = {name: content[name] for name in (*CHANGED, *others) if name in content}
        if changes:
            self._do(place, partial(self._platform.change_merchant, mchid, changes))

    def _time(self, action: Action) -> float:
        """Return the time of an action.

        Raises:
            ScenarioError: the time is after the end.
        """
        moment = self._end if action.moment is None else action.moment
        if moment > self._end:
            end = self._platform.clock.rfc3339(self._end)
            issue = _("is after {end}, the end of the scenario", end=end)
            raise self._document.error((*action.place, "at"), issue)
        return moment

    def _do(self, place: Place, act: Callable[[], Any]) -> Any:
        """Run an action and return its result.

        Raises:
            ScenarioError: the action is rejected.
        """
        try:
            return act()
        except Rejection as rejection:
            problem = f"{rejection.code}: {rejection.message}"
        except (LookupError, ValueError, TypeError) as error:
            code = getattr(error, "code", "")
            problem = f"{code}: {error}" if code else str(error)
        raise self._document.error(place, problem)

    def _pending(self) -> Iterator[tuple[State, str]]:
        for state in self._platform.states.values():
            for each in state.store.all("pending"):
                yield state, each["id"]

    def _discard(self, before: set[str]) -> None:
        """Cancel the notifications that are due; later ones stay."""
        for state, number in list(self._pending()):
            notice = state.outbox.get(number)
            if number not in before and notice is not None and notice["next"] <= self._end:
                withdraw(state, number)
