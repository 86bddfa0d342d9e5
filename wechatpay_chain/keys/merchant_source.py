"""Source of the arguments for the clients of many merchants: a mapping or a function.

The source belongs to the user and may query a database or a vault. It may raise errors, return
nothing, or return incomplete arguments. Error messages name the merchant and the argument, and
never contain a secret.
"""

from __future__ import annotations

from collections.abc import (
    Awaitable,
    Callable,
    Collection,
    Generator,
    Iterable,
    KeysView,
    Mapping,
)
from typing import Any, TypeAlias

from ..flow import Call, Effect
from ..utils.display import printable
from ..utils.exceptions import ConfigurationError, UnknownMerchant
from ..utils.secret import Secret, hide, reveal
from ..utils.translation import _

__all__ = ["TRANSPORT", "MerchantSource", "Source", "assert_known"]

Arguments: TypeAlias = Mapping[str, Any]
Source: TypeAlias = (
    Mapping[str, Arguments] | Callable[[str], Arguments | Awaitable[Arguments | None] | None]
)

TRANSPORT = frozenset({"transport", "proxy", "verify", "max_connections"})
"""Arguments of the transport, which all merchants share."""
LONGEST = 40
"""Maximum characters of an argument's name; longer text is not a name and may be a secret."""


class MerchantSource:
    """Reads merchants from a source.

    Args:
        source: returns arguments by merchant ID; hidden.
        shared: arguments for all merchants, with hidden secrets.
        known: the names of a client's arguments.

    Attributes:
        is_mapping: whether the source can list its merchants.

    Raises:
        ConfigurationError: the source is neither a mapping nor a function.
    """

    def __init__(
        self, source: Secret[Source], shared: Mapping[str, Any], known: Iterable[str]
    ) -> None:
        # Hidden as a whole: a mapping contains keys, and a partial function may contain a password.
        self._source: Secret[Any] = source
        self.is_mapping = isinstance(source.reveal(), Mapping)
        if not self.is_mapping and not callable(source.reveal()):
            raise ConfigurationError(
                _(
                    "source is of type {type}: expected a mapping of merchant IDs to "
                    "arguments of WeChatPay, or a function that returns the arguments",
                    type=type(source.reveal()).__name__,
                )
            )
        self._shared = dict(shared)
        self._known = frozenset(known)

    def numbers(self, what: str) -> Collection[str]:
        """Return the merchant IDs in a mapping.

        Args:
            what: the operation that requires them, used in the error message.

        Raises:
            TypeError: the source is a function.
        """
        if not self.is_mapping:
            raise TypeError(
                _(
                    "{what} needs a mapping as source: a function cannot list its merchants. "
                    "merchants[mchid] raises UnknownMerchant for a merchant it does not have",
                    what=what,
                )
            )
        return KeysView(self._source.reveal())

    def arguments(self, mchid: str, *, is_async: bool) -> Generator[Effect, Any, dict[str, Any]]:
        """Return a merchant's arguments combined with the shared ones, hidden.

        Args:
            mchid: the merchant ID.
            is_async: whether an async source can be awaited.

        Raises:
            UnknownMerchant: the source does not have the merchant.
            ConfigurationError: the source raised an error, or returned invalid arguments.
        """
        try:
            given = yield Call(self._ask, mchid)
            if is_async and _is_awaitable(given):
                given = yield Call(_awaited, given)
        except Exception as error:
            raise _failed(mchid, error) from error
        return {**self._shared, **self._checked(mchid, given)}

    def listed(self, mchid: str) -> dict[str, Any]:
        """Return the same for a merchant in a mapping."""
        return {**self._shared, **self._checked(mchid, self._ask(mchid))}

    def _ask(self, mchid: str) -> Any:
        """Call the source and hide the result before a variable refers to it."""
        if self.is_mapping:
            return hide(self._source.reveal().get(mchid))
        return hide(self._source.reveal()(mchid))

    def _checked(self, mchid: str, given: Any) -> dict[str, Any]:
        if given is None:
            raise UnknownMerchant(
                _("merchant {mchid} is unknown: source has no arguments for it", mchid=mchid)
            )
        if _is_awaitable(given):
            raise _not_async(mchid, given)
        if not isinstance(given, dict):
            raise ConfigurationError(
                _(
                    "merchant {mchid}: source returned type {type}; expected a mapping of "
                    "arguments of WeChatPay",
                    mchid=mchid,
                    type=type(reveal(given)).__name__,
                )
            )
        assert_known(given, self._known, _("merchant {mchid}", mchid=mchid))
        for name in TRANSPORT & given.keys():
            raise ConfigurationError(
                _(
                    "merchant {mchid} has {name!r}: all merchants share one transport, so pass "
                    "{name}= to Merchants",
                    mchid=mchid,
                    name=name,
                )
            )
        named = given.get("mchid")
        if named is not None and str(reveal(named)).strip() != mchid:
            raise ConfigurationError(
                _(
                    "merchant {mchid}: source returned the arguments of another merchant, mchid "
                    "{reveal}",
                    mchid=mchid,
                    reveal=printable(repr(reveal(named)), 80),
                )
            )
        return {name: each for name, each in given.items() if name != "mchid"}


def assert_known(given: Iterable[Any], known: Iterable[str], whose: str) -> None:
    """Reject names that are not arguments of a client.

    Raises:
        ConfigurationError: a name is unknown.
    """
    for name in given:
        if name in known:
            continue
        if isinstance(name, str) and name.isidentifier() and len(name) <= LONGEST:
            what = _("{name!r}, which is not an argument of WeChatPay", name=name)
        else:
            what = _("a name that cannot be an argument of WeChatPay")
        raise ConfigurationError(
            _(
                "{whose} has {what}; the arguments are {known}",
                whose=whose,
                what=what,
                known=", ".join(sorted(known)),
            )
        )


def _failed(mchid: str, error: Exception) -> ConfigurationError:
    """Return the error for a failed source; its own message may contain secrets and is omitted."""
    kind = type(error).__name__
    if isinstance(error, LookupError):
        return UnknownMerchant(
            _("merchant {mchid} is unknown: source raised {kind}", mchid=mchid, kind=kind)
        )
    return ConfigurationError(_("merchant {mchid}: source raised {kind}", mchid=mchid, kind=kind))


def _is_awaitable(given: Any) -> bool:
    """Return whether the result of a source must be awaited."""
    return isinstance(given, Secret) and hasattr(given.reveal(), "__await__")


async def _awaited(given: Any) -> Any:
    return hide(await given.reveal())


def _not_async(mchid: str, given: Any) -> ConfigurationError:
    if hasattr(given.reveal(), "close"):
        given.reveal().close()  # a coroutine that is never awaited
    return ConfigurationError(
        _(
            "merchant {mchid}: source is async, but this is a sync call. Await "
            "merchants.get_async(mchid) first, or use the _async forms of the other methods",
            mchid=mchid,
        )
    )
