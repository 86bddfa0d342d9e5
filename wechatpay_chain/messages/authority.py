"""Parses scheme, host and port of a URL with one strict grammar.

If two parsers disagree about a URL's host, a signed request goes to a stranger. Every URL of a
request or a proxy is therefore parsed here, once. urllib3, yarl and `urllib.parse` agree on every
URL that the grammar accepts (RFC 3986, section 3.2, without user information and legacy forms), and
the transports connect to the parsed host and port.
"""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import NamedTuple, NoReturn

from ..utils.display import printable
from ..utils.exceptions import ConfigurationError
from ..utils.translation import _

__all__ = [
    "WECHAT_PAY_DOMAINS",
    "Origin",
    "Parts",
    "begins_with_scheme",
    "is_wechat_pay",
    "origin",
    "parts",
    "split",
]

PORTS = {"http": 80, "https": 443}
URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)")
FIRST_SEGMENT = re.compile("[^/?#]*")
PORT = re.compile(":[1-9][0-9]{0,4}")
LABEL = re.compile("[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
NUMBER = re.compile("[0-9]+|0x[0-9a-f]*")
"""A last label that resolvers read as a number; they treat the whole host as an IPv4 address."""
LONGEST_NAME = 253
SHOWN = 80
WECHAT_PAY_DOMAINS = ("weixin.qq.com", "wechatpay.cn", "tenpay.com")


class Origin(str):
    """Scheme, host and port, and the text of all three: `https://api.mch.weixin.qq.com`.

    Args:
        text: `http://` or `https://`, a host, and the port if it is not the scheme's default; an
            `Origin` is returned unchanged.

    Attributes:
        scheme: `http` or `https`.
        host: ASCII, in lower case; an IPv6 address is in brackets.
        port: 1 to 65535.

    Raises:
        ConfigurationError: the text has another form.
    """

    __slots__ = ("host", "port", "scheme")

    scheme: str
    host: str
    port: int

    def __new__(cls, text: str) -> Origin:
        if isinstance(text, Origin):
            return text
        origin, rest = split(text, _("the origin"))
        if rest:
            raise ConfigurationError(
                _(
                    "the origin has a path, a query or a fragment; expected only scheme, host "
                    "and port"
                )
            )
        return origin

    def __reduce__(self) -> tuple[type[Origin], tuple[str]]:
        return Origin, (str(self),)


class Parts(NamedTuple):
    """The host and port as written, or the error in them."""

    host: str = ""
    port: int | None = None
    problem: str = ""


def begins_with_scheme(text: str) -> bool:
    """Return whether a text begins like an absolute URL: its first segment contains a colon.

    A relative path cannot begin like that (RFC 3986, section 4.2).
    """
    return ":" in FIRST_SEGMENT.match(text)[0]  # type: ignore[index]  # it matches any text


def is_wechat_pay(origin: Origin) -> bool:
    """Return whether an origin is one of WeChat Pay's hosts, over https."""
    domains = tuple(f".{domain}" for domain in WECHAT_PAY_DOMAINS)
    return origin.scheme == "https" and origin.host.endswith(domains)


def split(url: str, name: str) -> tuple[Origin, str]:
    """Split an absolute URL into its origin and the unchanged rest.

    Args:
        url: `http` or `https`, `//`, a host, an optional port, and any rest.
        name: what the URL is for, used in the error message.

    Raises:
        ConfigurationError: the URL has another form, or libraries could read its host differently.
    """
    match = URL.match(url)
    if match is None:
        shown = printable(FIRST_SEGMENT.match(url)[0], SHOWN)  # type: ignore[index]
        _reject(name, url, shown, _("expected 'https://', a host and a path"))
    scheme, authority = match[1].lower(), match[2]
    shown = printable(f"{match[1]}://{authority}", SHOWN)
    if scheme not in PORTS:
        _reject(name, url, shown, _("its scheme is neither http nor https"))
    if "@" in authority:
        _reject(name, url, shown, _("it has a user or a password"))
    host, port, problem = parts(authority)
    if problem:
        _reject(name, url, shown, problem)
    return origin(scheme, host, port), url[match.end() :]


def origin(scheme: str, host: str, port: int | None) -> Origin:
    """Return the origin for checked parts; the scheme's default port is omitted."""
    number = port or PORTS[scheme]
    suffix = "" if number == PORTS[scheme] else f":{number}"
    made = str.__new__(Origin, f"{scheme}://{host}{suffix}")
    made.scheme, made.host, made.port = scheme, host, number
    return made


def parts(authority: str) -> Parts:
    """Split a host and port without user information; never raises an error."""
    if authority.startswith("["):
        host, bracket, tail = authority.partition("]")
        host += bracket
    else:
        host, colon, tail = authority.partition(":")
        tail = colon + tail
    if tail and not (PORT.fullmatch(tail) and int(tail[1:]) <= 65535):
        return Parts(problem=_("its port is not a number from 1 to 65535"))
    found = _ip_literal(host) if host.startswith("[") else _name(host)
    if not found:
        return Parts(problem=_what_is_wrong(host))
    return Parts(found, int(tail[1:]) if tail else None)


def _ip_literal(host: str) -> str:
    """Return an IPv6 address in brackets if it is in the form of RFC 5952, else an empty string."""
    try:
        address = IPv6Address(host[1:-1])
    except AddressValueError:
        return ""
    is_plain = address.ipv4_mapped is None and address.scope_id is None
    text = f"[{address.compressed}]"
    return text if is_plain and host.endswith("]") and host.lower() == text else ""


def _name(host: str) -> str:
    """Return a name or an IPv4 address in ASCII; empty if it is neither."""
    name = host.lower() if host.isascii() else _idna(host)
    labels = name.split(".")
    if len(name) > LONGEST_NAME or not all(map(LABEL.fullmatch, labels)):
        return ""
    if NUMBER.fullmatch(labels[-1]):
        try:
            return name if str(IPv4Address(name)) == name else ""
        except AddressValueError:
            return ""
    return name


def _idna(host: str) -> str:
    """Return the IDNA form of a non-ASCII name; empty if versions of IDNA differ about it.

    A character that IDNA maps to another one (a full-width backslash, the Kelvin sign) is rejected:
    a library that maps it later would get a different host.
    """
    import unicodedata  # hosts are almost always ASCII

    import idna  # a dependency of yarl

    if unicodedata.normalize("NFKC", host) != host:
        return ""
    if not all(sign in "-." or sign.isalnum() or unicodedata.combining(sign) for sign in host):
        return ""
    try:
        encoded = idna.encode(host.lower(), strict=True, std3_rules=True).decode()
        return encoded if host.encode("idna").decode().lower() == encoded else ""
    except UnicodeError:  # the base class of `idna.IDNAError`
        return ""


def _what_is_wrong(host: str) -> str:
    if not host:
        return _("it has no host")
    if host.startswith("[") and "%" in host:
        return _("its IPv6 address has a zone")
    if host.startswith("["):
        return _("its IPv6 address is not in the form of RFC 5952, such as [2001:db8::1]")
    if host.endswith(".") or ".." in host or host.startswith("."):
        return _("its host has an empty label")
    if NUMBER.fullmatch(host.lower().rpartition(".")[2]):
        return _("its IPv4 address is not four decimal numbers, such as 192.0.2.1")
    return _(
        "its host is not a name of letters, digits and inner hyphens, in labels of 1 to 63 "
        "characters that dots separate"
    )


def _reject(name: str, url: str, shown: str, problem: str) -> NoReturn:
    what = name if "@" in url else f"{name} {shown!r}"  # the URL may contain a password
    raise ConfigurationError(_("{what} is not a valid URL: {problem}", what=what, problem=problem))
