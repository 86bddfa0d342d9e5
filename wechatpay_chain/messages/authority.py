"""Scheme, host and port of a URL, by one strict grammar.

Two parsers that disagree about a URL's host send a signed request to a stranger. So every URL that
a request or a proxy is reached by is parsed here, once. What the grammar accepts, urllib3, yarl and
`urllib.parse` read alike (RFC 3986, section 3.2, without its user part and its legacy forms), and
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
"""A last label that resolvers read as a number: the whole host is an IPv4 address to them."""
LONGEST_NAME = 253
SHOWN = 80
WECHAT_PAY_DOMAINS = ("weixin.qq.com", "wechatpay.cn", "tenpay.com")


class Origin(str):
    """Scheme, host and port, and the text of all three: `https://api.mch.weixin.qq.com`.

    Args:
        text: `http://` or `https://`, a host, and a port where it is not the scheme's own; an
            origin is returned as it is.

    Attributes:
        scheme: `http` or `https`.
        host: ASCII, in lower case; an IPv6 address is in brackets.
        port: 1 to 65535.

    Raises:
        ConfigurationError: the text is anything else.
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
                    "the origin has a path, a query or a fragment; only scheme, host and port are "
                    "expected"
                )
            )
        return origin

    def __reduce__(self) -> tuple[type[Origin], tuple[str]]:
        return Origin, (str(self),)


class Parts(NamedTuple):
    """Host and port as they were written, or what is wrong with them."""

    host: str = ""
    port: int | None = None
    problem: str = ""


def begins_with_scheme(text: str) -> bool:
    """Whether a text is an absolute URL or means to be one: a colon stands in its first segment.

    A relative path cannot begin like that (RFC 3986, section 4.2).
    """
    return ":" in FIRST_SEGMENT.match(text)[0]  # type: ignore[index]  # it matches any text


def is_wechat_pay(origin: Origin) -> bool:
    """Whether an origin is one of WeChat Pay's own, over https."""
    domains = tuple(f".{domain}" for domain in WECHAT_PAY_DOMAINS)
    return origin.scheme == "https" and origin.host.endswith(domains)


def split(url: str, name: str) -> tuple[Origin, str]:
    """The origin of an absolute URL, and what follows it, as it stands.

    Args:
        url: `http` or `https`, `//`, a host, perhaps a port, then anything.
        name: what the URL is, for the error.

    Raises:
        ConfigurationError: it is not such a URL, or libraries could read its host differently.
    """
    match = URL.match(url)
    if match is None:
        shown = printable(FIRST_SEGMENT.match(url)[0], SHOWN)  # type: ignore[index]
        _reject(name, url, shown, _("'https://', a host and a path are expected"))
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
    """An origin of parts that have been checked; the scheme's own port is not written."""
    number = port or PORTS[scheme]
    suffix = "" if number == PORTS[scheme] else f":{number}"
    made = str.__new__(Origin, f"{scheme}://{host}{suffix}")
    made.scheme, made.host, made.port = scheme, host, number
    return made


def parts(authority: str) -> Parts:
    """A host and port without user, taken apart; never raises."""
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
    """An IPv6 address in brackets, in the form of RFC 5952; empty where it is in another."""
    try:
        address = IPv6Address(host[1:-1])
    except AddressValueError:
        return ""
    is_plain = address.ipv4_mapped is None and address.scope_id is None
    text = f"[{address.compressed}]"
    return text if is_plain and host.endswith("]") and host.lower() == text else ""


def _name(host: str) -> str:
    """A name or an IPv4 address in ASCII; empty where it is neither."""
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
    """A name in another script as IDNA has it; empty where two versions of IDNA differ about it.

    A sign that IDNA maps to another one (a full-width backslash, a Kelvin sign) is not accepted:
    whoever maps it later would get another host.
    """
    import unicodedata  # a host is in ASCII nearly always

    import idna  # yarl requires it

    if unicodedata.normalize("NFKC", host) != host:
        return ""
    if not all(sign in "-." or sign.isalnum() or unicodedata.combining(sign) for sign in host):
        return ""
    try:
        encoded = idna.encode(host.lower(), strict=True, std3_rules=True).decode()
        return encoded if host.encode("idna").decode().lower() == encoded else ""
    except UnicodeError:  # `idna.IDNAError` is one
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
    what = name if "@" in url else f"{name} {shown!r}"  # it may hold a password
    raise ConfigurationError(
        _("{what} is not a URL that can be called: {problem}", what=what, problem=problem)
    )
