"""Registers the functions that handle notifications, by event type, and checks their signature."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, NamedTuple

from ...utils.display import printable, represented
from ...utils.exceptions import ConfigurationError
from ...utils.translation import _
from ..functions import assert_fitting, name_of

__all__ = ["Handler", "Handlers"]


class Handler(NamedTuple):
    """A user's handler.

    Attributes:
        function: called with a `Notice` and the session.
        key: the member of the resource that orders notifications; None for no order.
    """

    function: Callable[..., Any]
    key: str | None


class Handlers:
    """Handlers by event type.

    Args:
        is_async: whether they may be async functions.
    """

    def __init__(self, is_async: bool) -> None:
        self._is_async = is_async
        self._handlers: dict[str, Handler] = {}

    def add(
        self, event_type: str, function: Callable[..., Any], key: str | None, unlisted: bool
    ) -> None:
        """Register a handler.

        Args:
            event_type: such as `TRANSACTION.SUCCESS`, or `v2/transaction-success`.
            function: called with a `Notice` and the session.
            key: the member of the resource that orders notifications, such as `out_trade_no`.
            unlisted: accept an event type that the catalogue does not list.

        Raises:
            ConfigurationError: the event type does not exist or already has a handler; the function
                has the wrong signature, or is async and the engine is sync.
        """
        if not unlisted:
            _assert_listed(event_type, key)
        if event_type in self._handlers:
            other = name_of(self._handlers[event_type].function)
            raise ConfigurationError(
                _(
                    "{event_type} already has a handler: {other}. An event has only one, so that "
                    "its changes are committed together: call both functions from it",
                    event_type=event_type,
                    other=other,
                )
            )
        assert_fitting(function, "notice", is_async=self._is_async)
        if key is not None and not (isinstance(key, str) and key):
            raise ConfigurationError(
                _(
                    "key={represented}: expected the name of a field of the resource, such as "
                    "'out_trade_no'",
                    represented=represented(key),
                )
            )
        self._handlers[event_type] = Handler(function, key)

    def get(self, event_type: str) -> Handler | None:
        """Return the handler of an event type."""
        return self._handlers.get(event_type)

    @property
    def event_types(self) -> Collection[str]:
        """The event types with a handler."""
        return self._handlers.keys()


def _assert_listed(event_type: object, key: str | None) -> None:
    from ...catalogue import webhook, webhooks  # loaded when the first handler is registered

    if isinstance(event_type, str):
        is_v2 = event_type.startswith("v2/")
        listed = webhook(event_type.removeprefix("v2/"), "v2" if is_v2 else "v3")
        if listed is not None:
            _assert_member(key, event_type, [each.name for each in listed.resource])
            return
    names = [f"v2/{w.event}" if w.protocol == "v2" else w.event for w in webhooks()]
    hint = _hint(str(event_type), names)
    raise ConfigurationError(
        _(
            "{event_type!r} is not an event type in the catalogue{hint} To list them: "
            "wechatpay-chain webhooks. Pass unlisted=True for a newer type",
            event_type=printable(str(event_type), 80),
            hint=hint,
        )
    )


def _assert_member(key: str | None, event_type: str, names: list[str]) -> None:
    if isinstance(key, str) and key and names and key not in names:
        raise ConfigurationError(
            _(
                "key={key!r}: the resource of {event_type} has no such field{hint}",
                key=key,
                event_type=event_type,
                hint=_hint(key, names),
            )
        )


def _hint(name: str, names: list[str]) -> str:
    from difflib import get_close_matches

    meant = get_close_matches(name, names, n=3)
    return _("; did you mean {near}?", near=_(" or ").join(meant)) if meant else ""
