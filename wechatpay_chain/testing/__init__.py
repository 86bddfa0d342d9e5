"""Test support: notifications, recorded exchanges, a mock transport, and fixtures.

Submodules are loaded on first use.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from ..utils.translation import _

if TYPE_CHECKING:
    from .cassettes import Cassette, cassette
    from .mock import MockTransport
    from .notices.signing import SignedNotification
    from .sent import SentRequest

__all__ = [
    "Cassette",
    "MockTransport",
    "SentRequest",
    "SignedNotification",
    "cassette",
    "signed_notification",
]

PLACES = {
    "Cassette": "cassettes",
    "MockTransport": "mock",
    "SentRequest": "sent",
    "SignedNotification": "notices.signing",
    "cassette": "cassettes",
}


def signed_notification(
    event: str,
    resource: Mapping[str, Any] | None = None,
    *,
    variant: str = "",
    protocol: Literal["v3", "v2"] = "v3",
) -> SignedNotification:
    """Return a notification as WeChat Pay sends it, which `MockTransport.client()` can verify.

        wxpay = MockTransport(respond).client()
        notice = wxpay.notify(*signed_notification("TRANSACTION.SUCCESS"))

    Args:
        event: the event type, such as `TRANSACTION.SUCCESS`.
        resource: members that replace those of the catalogue's example.
        variant: the form of an event type that several products share, such as `partner`; by
            default the first form.
        protocol: `v3` or `v2`.

    Returns:
        The headers and the body for `notify`; `notify_v2` takes only the body.

    Raises:
        ConfigurationError: the event type or form is unknown, or the resource cannot be sent.
    """
    from . import own_keys
    from .notices import signing

    keys = own_keys.notification_keys()
    return signing.signed_notification(keys, event, resource, variant=variant, protocol=protocol)


def __getattr__(name: str) -> Any:
    if name not in PLACES:
        raise AttributeError(
            _("module {name!r} has no attribute {name_2!r}", name=__name__, name_2=name)
        )
    from importlib import import_module

    return getattr(import_module(f".{PLACES[name]}", __name__), name)
