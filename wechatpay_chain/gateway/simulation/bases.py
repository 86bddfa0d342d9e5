"""Which base URI of WeChat Pay a request came to; the gateway is all of them.

The gateway serves `https://api.mch.weixin.qq.com/` at its root. The other base URIs have a
path prefix each there: a client whose `base_uri` ends in `/apihk/` talks to the gateway as to
`https://apihk.mch.weixin.qq.com/`. A request whose `Host` is one of WeChat Pay's is of that host.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["PREFIXES", "Place", "place"]

PREFIXES = {
    "https://api.mch.weixin.qq.com/hk/": "hk/",
    "https://apihk.mch.weixin.qq.com/": "apihk/",
    "https://fraud.mch.weixin.qq.com/": "fraud/",
    "https://payapp.weixin.qq.com/": "payapp/",
}
"""Base URI to its path prefix on the gateway."""

_HOSTS = ("apihk.mch.weixin.qq.com", "fraud.mch.weixin.qq.com", "payapp.weixin.qq.com")


class Place(NamedTuple):
    """Where a request was sent.

    Attributes:
        base_uri: one of `PREFIXES`; None for the default.
        path: as the chain takes it: `v3/certificates`, `v2/pay/micropay`.
    """

    base_uri: str | None
    path: str


def place(path: str, host: str = "") -> Place:
    """Where a request was sent.

    Args:
        path: on the wire, without its query.
        host: of the request's `Host`, which may have a port.
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
