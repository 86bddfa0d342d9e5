"""A proxy's address and login, parsed once when a transport is created."""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from ..messages.authority import Origin, origin, parts
from ..messages.headers import SentFields
from ..utils.exceptions import ConfigurationError
from ..utils.secret import Secret, hide, reveal
from ..utils.translation import N_, _

__all__ = ["Proxy", "parse"]

FORM = "'http://user:password@10.0.0.1:3128'"
SCHEME = re.compile("(https?)://", re.IGNORECASE | re.ASCII)
ENCODE = N_("percent-encode '/', '?', '#', '\\' and spaces in its user and password")


class Proxy:
    """A proxy.

    Attributes:
        origin: its scheme, host and port.
        authorization: the value of the `Proxy-Authorization` header, or None.
    """

    __slots__ = ("authorization", "origin")

    def __init__(self, where: Origin, authorization: Secret[str] | None = None) -> None:
        self.origin = where
        self.authorization = authorization

    def headers(self) -> SentFields:
        """Return the header fields that are sent only to the proxy."""
        if self.authorization is None:
            return SentFields()
        return SentFields({"Proxy-Authorization": self.authorization.reveal()})

    def __repr__(self) -> str:
        return f"<Proxy {self.origin}>"


def parse(given: Any) -> Proxy | None:
    """Parse a proxy URL.

    Args:
        given: `http://[user:password@]host[:port]`, or None. Reserved characters in the login must
            be percent-encoded as UTF-8.

    Raises:
        ConfigurationError: any other value; the message contains no part of it.
    """
    given = hide(given)
    if given is None:
        return None
    if isinstance(given, Mapping):
        raise ConfigurationError(
            _("proxy is a mapping; pass one URL for both http and https: proxy={form}", form=FORM)
        )
    if not isinstance(reveal(given), str):
        raise ConfigurationError(
            _(
                "proxy is of type {type}; expected a str, such as {form}",
                type=type(reveal(given)).__name__,
                form=FORM,
            )
        )
    found = _parsed(given.reveal())
    if isinstance(found, str):
        raise ConfigurationError(_("proxy {found}. Expected {form}", found=found, form=FORM))
    return found


def _parsed(url: str) -> Proxy | str:
    """Return the proxy, or the error in its URL: an exception raised here would show a password."""
    match = SCHEME.match(url)
    if match is None:
        return _("must be an http:// URL, such as http://10.0.0.1:3128")
    login, at, place = url[match.end() :].rpartition("@")
    place = place.removesuffix("/")
    if re.search("[/?#]", place):
        return _(
            "has a path, a query or a fragment; if they are part of the user or password, {encode}",
            encode=_(ENCODE),
        )
    host, port, problem = parts(place)
    if problem:
        return _("cannot be used: {problem}", problem=problem)
    where = origin(match[1].lower(), host, port)
    if not at:
        return Proxy(where)
    if _is_ambiguous(login):
        return _("could be read as the URL of another host: {encode}", encode=_(ENCODE))
    authorization = _basic(login)
    return authorization if isinstance(authorization, str) else Proxy(where, authorization)


def _is_ambiguous(login: str) -> bool:
    """Return whether other parsers may find a host and port in the login.

    They end the host at the first '/', '?' or '#', and reject it if its port is not a number.
    """
    if "\\" in login or any(sign.isspace() for sign in login):
        return True
    before = re.split("[/?#]", login, maxsplit=1)[0]
    port = before.rpartition(":")[2] if ":" in before else ""
    return before != login and ("@" in before or port == "" or port.isdigit())


def _basic(login: str) -> Secret[str] | str:
    """Return a login in the form of RFC 7617, or the error in it."""
    user, _colon, password = login.partition(":")
    try:
        user, password = (unquote(part, errors="strict") for part in (user, password))
        credentials = f"{user}:{password}".encode()
    except UnicodeError:
        return _("has a user or password that is not UTF-8: percent-encode its UTF-8 bytes")
    if credentials == b":":
        return _("has an empty user and password: leave out the '@', or fill in both")
    if ":" in user:
        return _("has a colon in its user, which Basic authentication does not allow (RFC 7617)")
    if any(unicodedata.category(sign) == "Cc" for sign in user + password):
        return _("has a control character in its user or password (RFC 7617, section 2)")
    return Secret(f"Basic {base64.b64encode(credentials).decode()}")
