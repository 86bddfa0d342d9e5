"""The addresses of a gateway, for this machine and for other machines.

Source: RFC 3986, section 3.2 (authority)
"""

from __future__ import annotations

from ..messages.authority import split
from ..utils.display import represented
from ..utils.exceptions import ConfigurationError
from ..utils.translation import _

__all__ = ["Addresses"]

EVERYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - mapped only
"""Maps hosts that mean all addresses to the address for clients on this machine."""


class Addresses:
    """The base URIs of a gateway.

    Args:
        host: address that the gateway listens on.
        public_url: address for clients on other machines; empty if there are none.

    Attributes:
        host: host for clients on this machine.
        public_host: host of `public_url`; empty without one.
        base_uri: HTTP address for clients on this machine; empty until the gateway listens.
        tls_base_uri: HTTPS address for clients on this machine.
        public_base_uri: HTTP address for all clients.
        public_tls_base_uri: HTTPS address for all clients.

    Raises:
        ValueError: `public_url` is not an HTTP or HTTPS URL, or has a path or a query.
    """

    def __init__(self, host: str, public_url: str = "") -> None:
        host = EVERYWHERE.get(host, host)
        self.host = f"[{host}]" if ":" in host else host
        self.public_host, self._public = "", ""
        if public_url:
            self._public, self.public_host = _origin(public_url)
        self.base_uri = self.tls_base_uri = ""
        self.public_base_uri = self.public_tls_base_uri = ""

    def opened(self, port: int, tls_port: int) -> None:
        """Set the ports that the gateway listens on.

        A public HTTPS URL is used for both addresses, because the proxy that terminates TLS has
        only one port. Otherwise, the TLS port must be published under its own number.
        """
        self.base_uri = f"http://{self.host}:{port}/"
        self.tls_base_uri = f"https://{self.host}:{tls_port}/"
        self.public_base_uri, self.public_tls_base_uri = self.base_uri, self.tls_base_uri
        if self._public:
            secure = self._public.startswith("https:")
            self.public_base_uri = f"{self._public}/"
            self.public_tls_base_uri = (
                self.public_base_uri if secure else f"https://{self.public_host}:{tls_port}/"
            )


def _origin(public_url: str) -> tuple[str, str]:
    """Return the origin of a URL, and its host in URL notation."""
    expected = _("expected an address without a path, such as http://gateway:8790/")
    try:
        origin, target = split(public_url, "public_url")
    except ConfigurationError as error:
        raise ValueError(
            _(
                "public_url {url}: {error}; {expected}",
                url=represented(public_url),
                error=error,
                expected=expected,
            )
        ) from None
    if target.strip("/"):
        raise ValueError(
            _("public_url {url}: {expected}", url=represented(public_url), expected=expected)
        )
    return str(origin), origin.host
