"""Fetches the description of a remote gateway from its control API."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from ..messages.authority import Origin, split
from ..messages.headers import Headers
from ..messages.request import Request
from ..utils.exceptions import ConfigurationError, WeChatPayError
from ..utils.secret import Secret, hide, reveal
from ..utils.translation import _

__all__ = ["GatewayURL", "fetch", "is_url", "parse"]

TARGET = "/_gateway/gateway.json"
TIMEOUT = (5.0, 10.0)
"""Seconds to connect, and between two reads."""


class GatewayURL(NamedTuple):
    """The address of a gateway.

    Attributes:
        origin: its scheme, host and port.
        token: its control token, or empty.
    """

    origin: Origin
    token: Secret[str]


def is_url(source: object) -> bool:
    """Return whether a text, hidden or not, is the address of a gateway rather than a path."""
    source = hide(source)
    return isinstance(reveal(source), str) and reveal(source).startswith(("http://", "https://"))


def parse(url: Any, token: Any = "") -> GatewayURL:
    """Parse a gateway's address, such as `http://gateway:8790/?token=…`.

    Args:
        url: the address as text, hidden or not.
        token: the control token, if the address has none; hidden or not.

    Raises:
        ConfigurationError: the text is not such an address.
    """
    url, token = hide(url), hide(token)
    origin, target = split(url.reveal().partition("?")[0], _("the gateway's address"))
    given = hide(parse_qs(urlsplit(url.reveal()).query, keep_blank_values=True))
    if target.strip("/") or given.keys() - {"token"}:
        raise ConfigurationError(
            _(
                "the gateway's address {origin}/… has more than a token: expected "
                "http://gateway:8790/ or http://gateway:8790/?token=…",
                origin=origin,
            )
        )
    return GatewayURL(origin, Secret(given["token"].reveal()[-1]) if "token" in given else token)


def fetch(gateway: GatewayURL) -> bytes:
    """Fetch the `gateway.json` of a running gateway, including its keys.

    Args:
        gateway: the address of the gateway.

    Raises:
        ConfigurationError: there is no response, or the gateway requires a token.
    """
    from ..transport import HTTPTransport  # not needed for a file

    fields = Headers({"Accept": "application/json"})
    if gateway.token:
        fields = fields.added("Authorization", f"Bearer {gateway.token.reveal()}")
    request = Request("GET", gateway.origin, TARGET, fields, None, timeout=TIMEOUT)
    transport = HTTPTransport()
    try:
        response = transport.send(request)
        response.release(keep=False)
    except WeChatPayError as error:
        raise ConfigurationError(
            _("no gateway responds at {origin}/: {error}", origin=gateway.origin, error=error)
        ) from None
    finally:
        transport.close()
    if response.status_code in (401, 403):
        raise ConfigurationError(
            _(
                "the gateway at {origin}/ rejects the control token: pass the value of its "
                "--control-token or WECHATPAY_CONTROL_TOKEN",
                origin=gateway.origin,
            )
        )
    if response.status_code != 200:
        raise ConfigurationError(
            _(
                "{origin}{target} returned {status_code}: check that a gateway runs at this "
                "address",
                origin=gateway.origin,
                target=TARGET,
                status_code=response.status_code,
            )
        )
    return response.content
