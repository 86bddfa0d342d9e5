"""Builds the URL of a request: template, path, query, origin (RFC 3986 and RFC 6570).

The result is ASCII and already in the normal form of both HTTP libraries, so neither of them
changes the signed text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from ..crypto.pem import tidy
from ..messages.authority import (
    WECHAT_PAY_DOMAINS,
    Origin,
    begins_with_scheme,
    is_wechat_pay,
    split,
)
from ..messages.canonical import text
from ..utils.display import printable
from ..utils.exceptions import ConfigurationError

if TYPE_CHECKING:
    from uritemplate import URITemplate

from ..messages.percent_encoding import RESERVED, append_query, normalize
from ..utils.translation import _, joined

__all__ = ["Base", "base", "expand", "locate"]

DEFAULT_BASE_URI = "https://api.mch.weixin.qq.com/"

PLAIN = re.compile("/?[A-Za-z0-9_~!$&'()*+,;=@-][A-Za-z0-9_~!$&'()*+,;=@/-]*")
"""A path that needs no encoding and contains no `.` or `..` segment; matches almost all paths."""
SEPARATOR = re.compile(r"/|\\|%2f|%5c", re.IGNORECASE)
DOT_SEGMENT = re.compile(r"(?:\.|%2e){1,2}(?:(?:;|%3b).*)?", re.IGNORECASE | re.DOTALL)
"""`.` and `..`, also percent-encoded or with a parameter: servers decode a path, and some drop
the text after a semicolon, before they resolve dot segments."""
NETWORK_PATH = re.compile(r"//+[^/]*[.:@\[]")
"""A network-path reference `//host/path` (RFC 3986, section 4.2); `//v3/x` is a path with an
extra slash."""
EMPTY = "empty"
"""The name of a variable that may be omitted; a path with a trailing slash ends in it."""


class Base(NamedTuple):
    """The parts of a base URI."""

    origin: Origin
    path: str


def base(uri: str) -> Base:
    """Split a base URI into its parts.

    Args:
        uri: `http` or `https`, a host, and optionally a port and a path.

    Raises:
        ConfigurationError: the URI has another form.
    """
    if not isinstance(uri, str):
        raise ConfigurationError(
            _("base_uri is of type {type}; expected a str", type=type(uri).__name__)
        )
    return _base(uri)


@lru_cache(maxsize=256)
def _base(uri: str) -> Base:
    origin, path = split(uri, "base_uri")
    if tidy(uri) != uri:
        raise ConfigurationError(
            _(
                "base_uri {uri!r} contains a space, a line break or an invisible character; "
                "expected a URL such as {default_base_uri!r}",
                uri=printable(uri, 80),
                default_base_uri=DEFAULT_BASE_URI,
            )
        )
    if "?" in path or "#" in path:
        raise ConfigurationError(
            _(
                "base_uri must not have a query or a fragment; expected a URL such as "
                "{default_base_uri!r}",
                default_base_uri=DEFAULT_BASE_URI,
            )
        )
    path = _encoded_path(path.strip("/"), "base_uri")
    return Base(origin, f"/{path}" if path else "")


def _encoded_path(path: str, name: str) -> str:
    """Percent-encode a path.

    Raises:
        ConfigurationError: the path has a dot segment, or a lone surrogate.
    """
    if has_dot_segment(path):
        raise ConfigurationError(
            _(
                "{name} {path!r} contains a dot segment ('.' or '..'), which would change the path",
                name=name,
                path=printable(path),
            )
        )
    try:
        return normalize(path)
    except UnicodeEncodeError:
        raise ConfigurationError(
            _("{name} contains a lone surrogate, which UTF-8 cannot encode", name=name)
        ) from None


def has_dot_segment(path: str) -> bool:
    """Return whether a path has a `.` or `..` segment, in any encoding."""
    if "." not in path and "%" not in path:
        return False
    return any(map(DOT_SEGMENT.fullmatch, SEPARATOR.split(path)))


@lru_cache(maxsize=1024)
def _template(path: str) -> tuple[URITemplate, tuple[str, ...]]:
    import uritemplate  # needed only if a path has a variable

    remainder = re.sub("{[^{}]+}", "", path)
    if "{" in remainder or "}" in remainder:
        raise ConfigurationError(_("{path!r} has an unbalanced brace; see RFC 6570", path=path))
    try:
        template = uritemplate.URITemplate(path)
    except (ValueError, TypeError):
        raise ConfigurationError(
            _("{path!r} is not a URI template; see RFC 6570", path=path)
        ) from None
    return template, tuple(template.variable_names)


def expand(path: str, values: Mapping[str, Any]) -> str:
    """Expand a path's URI template (RFC 6570); values are percent-encoded, including `/`.

    Args:
        path: the template, such as `v3/refunds/id/{refund_id}`.
        values: a value for each variable, and nothing else.

    Raises:
        ConfigurationError: a variable is missing, or a value has no variable or is not valid in a
            path.
    """
    if "{" not in path and "}" not in path:
        if values:
            _reject(path, (), values, ())
        return path
    template, names = _template(path)
    missing = [name for name in names if values.get(name) is None and name != EMPTY]
    if missing or not values.keys() <= set(names):
        _reject(path, names, values, missing)
    return template.expand({name: _segment(name, value) for name, value in values.items()})


def _segment(name: str, value: Any) -> str:
    segment = text(value, _("path variable {name!r}", name=name)) or ""
    if has_dot_segment(segment):
        raise ConfigurationError(
            _(
                "path variable {name!r} is {segment!r}, which would request another resource",
                name=name,
                segment=printable(segment),
            )
        )
    try:
        segment.encode()
    except UnicodeEncodeError:
        raise ConfigurationError(
            _(
                "path variable {name!r} contains a lone surrogate, which UTF-8 cannot encode",
                name=name,
            )
        ) from None
    return segment


def _reject(
    path: str, names: Iterable[str], values: Mapping[str, Any], missing: Iterable[str]
) -> None:
    unknown = sorted(set(map(str, values)) - set(names))
    problems = [_("{name!r} is missing", name=name) for name in missing]
    problems += [
        _("{name!r} is neither an option nor a variable of this path", name=name)
        for name in unknown
    ]
    known = ", ".join(map(repr, names)) or _("none")
    raise ConfigurationError(
        _(
            "{path}: {problems}. Its variables: {known}",
            path=printable(path),
            problems=joined(_("; "), problems),
            known=known,
        )
    )


def locate(path: str, base_uri: str, own: str) -> tuple[Origin, str, str]:
    """Return the origin and target of an expanded path, and the part of the target from `base_uri`.

    Args:
        path: a path relative to `base_uri`, or an absolute URL returned by WeChat Pay.
        base_uri: the base of relative paths.
        own: the client's own base URI; an absolute URL may have its host.

    Raises:
        ConfigurationError: an absolute URL is malformed or has an untrusted host, a relative path
            can be read as a URL, or the path has a dot segment.
    """
    origin, prefix = base(base_uri)
    if PLAIN.fullmatch(path):
        return origin, f"{prefix}/{path.removeprefix('/')}", prefix
    if begins_with_scheme(path):
        where, path = _trusted(path, (origin, base(own).origin))
        prefix = prefix if where == origin and path.startswith(f"{prefix}/") else ""
        origin, path = where, path[len(prefix) :]
    path, _mark, query = path.partition("#")[0].partition("?")
    if "://" in path or NETWORK_PATH.match(path):
        raise ConfigurationError(
            _(
                "will not sign a request to {path!r}: it could be read as the URL of another "
                "host. An absolute URL begins with 'https://'",
                path=printable(path),
            )
        )
    target = f"{prefix}/{_encoded_path(path.removeprefix('/'), 'the path')}"
    try:
        return origin, append_query(target, normalize(query, RESERVED + "?")), prefix
    except UnicodeEncodeError:
        raise ConfigurationError(
            _("the path's query contains a lone surrogate, which UTF-8 cannot encode")
        ) from None


def _trusted(url: str, own: Iterable[Origin]) -> tuple[Origin, str]:
    """Return the origin of a trusted absolute URL, and the rest of the URL."""
    try:
        origin, rest = split(url, "the URL")
    except ConfigurationError as error:
        raise ConfigurationError(_("will not sign the request: {error}", error=error)) from None
    ours = any((origin.scheme, origin.host) == (each.scheme, each.host) for each in own)
    if not (ours or is_wechat_pay(origin)):
        raise ConfigurationError(
            _(
                "will not sign a request to {origin}: an absolute URL must use the client's own "
                "host or, over https, {wechat_pay_domains}",
                origin=origin,
                wechat_pay_domains=", ".join(f"*.{domain}" for domain in WECHAT_PAY_DOMAINS),
            )
        )
    return origin, rest
