"""Mapping of a request to one of WeChat Pay's base URIs, all of which the gateway serves.

The gateway serves `https://api.mch.weixin.qq.com/` at its root, and each other base URI below a
path prefix: a client with a `base_uri` that ends in `/apihk/` reaches
`https://apihk.mch.weixin.qq.com/`. A `Host` header of WeChat Pay takes precedence.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

__all__ = ["PREFIXES", "Place", "host_of", "place"]

PREFIXES = {
    "https://api.mch.weixin.qq.com/hk/": "hk/",
    "https://apihk.mch.weixin.qq.com/": "apihk/",
    "https://fraud.mch.weixin.qq.com/": "fraud/",
    "https://payapp.weixin.qq.com/": "payapp/",
}
"""Maps each base URI to its path prefix on the gateway."""

_HOSTS = ("apihk.mch.weixin.qq.com", "fraud.mch.weixin.qq.com", "payapp.weixin.qq.com")


class Place(NamedTuple):
    """The base URI and the path of a request.

    Attributes:
        base_uri: one of `PREFIXES`; None for the default.
        path: in the form of a chain: `v3/certificates`, `v2/pay/micropay`.
    """

    base_uri: str | None
    path: str


@lru_cache(maxsize=1024)  # several parts of the gateway call this for one request
def place(path: str, host: str = "") -> Place:
    """Return the base URI and the path of a request.

    Args:
        path: the path in the request line, without its query.
        host: the value of the `Host` header; can contain a port.
    """
    base_uri, rest = _base(path, host.partition(":")[0].lower())
    return Place(base_uri, rest.lstrip("/") if rest.startswith("/v3/") else f"v2{rest}")


def _base(path: str, host: str) -> tuple[str | None, str]:
    if host in _HOSTS:
        return f"https://{host}/", path
    for base_uri, prefix in PREFIXES.items():
        if path.startswith(f"/{prefix}"):
            return base_uri, path[len(prefix) :]
    return None, path


def host_of(path: str, host: str = "") -> str:
    """Return the host of a request: WeChat Pay's if the path or `Host` selects one.

    Args:
        path: the path in the request line, without its query.
        host: the value of the `Host` header; can contain a port.
    """
    base_uri = place(path, host).base_uri
    return urlsplit(base_uri).hostname or "" if base_uri else _without_port(host)


def _without_port(host: str) -> str:
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    return name.strip("[]").lower()
