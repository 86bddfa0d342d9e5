"""Failover between two hosts of one service: if nothing could be sent to one, the other is tried.

A signature covers method, path and body but not the host, and WeChat Pay serves the same merchants
and orders on both hosts. An unreachable host is avoided for a minute.
Source: https://pay.weixin.qq.com/doc/v3/merchant/4012365370 (the operations' pages name both).
"""

from __future__ import annotations

import time
from collections.abc import MutableMapping

from ..messages.authority import WECHAT_PAY_DOMAINS, Origin, is_wechat_pay, split
from ..messages.request import Request
from ..utils.display import printable
from ..utils.exceptions import ConfigurationError
from ..utils.translation import _

__all__ = ["BACKUP_BASE_URI", "MAIN_ORIGIN", "Failover", "failover_of"]

MAIN_ORIGIN = "https://api.mch.weixin.qq.com"
BACKUP_BASE_URI = "https://api2.mch.weixin.qq.com/"
AVOIDED = 60.0
"""Seconds for which an unreachable host is avoided."""


def failover_of(backup_base_uri: object, base_uri: str, transport: object) -> Failover:
    """Return the failover of a client.

    Args:
        backup_base_uri: the base URI of the backup host, or None for no failover. The default
            applies only if `base_uri` is WeChat Pay's main host, without a path.
        base_uri: the client's base URI.
        transport: stores unreachable hosts in `unreachable`, for all clients that share it.

    Raises:
        ConfigurationError: `backup_base_uri` is not a URL, its path differs from `base_uri`'s, or
            its host is neither WeChat Pay's nor the client's own.
    """
    main, path = split(base_uri, "base_uri")
    noted = getattr(transport, "unreachable", None)
    unreachable: dict[str, float] = noted if isinstance(noted, dict) else {}
    is_main = main == MAIN_ORIGIN and not path.strip("/")
    if backup_base_uri is None or (backup_base_uri == BACKUP_BASE_URI and not is_main):
        return Failover(main, None, unreachable)
    if not isinstance(backup_base_uri, str):
        raise ConfigurationError(
            _(
                "backup_base_uri is of type {type}; expected a str or None",
                type=type(backup_base_uri).__name__,
            )
        )
    backup, backup_path = split(backup_base_uri, "backup_base_uri")
    if backup_path.strip("/") != path.strip("/"):
        raise ConfigurationError(
            _(
                "backup_base_uri has the path {backup_path!r} and base_uri {path!r}: a signature "
                "covers the path, so both must have the same path",
                backup_path=printable(backup_path, 80),
                path=printable(path, 80),
            )
        )
    if not is_wechat_pay(backup) and (backup.scheme, backup.host) != (main.scheme, main.host):
        raise ConfigurationError(
            _(
                "backup_base_uri points to {backup}: signed requests go only to base_uri's own "
                "host or, over https, to {wechat_pay_domains}",
                backup=backup,
                wechat_pay_domains=", ".join(f"*.{domain}" for domain in WECHAT_PAY_DOMAINS),
            )
        )
    return Failover(main, backup, unreachable)


class Failover:
    """Selects one of two hosts for an attempt.

    Args:
        main: the origin of the client's `base_uri`.
        backup: the origin of the backup host, or None.
        unreachable: when each origin may be tried again, by `time.monotonic`; shared by the clients
            of one transport.
    """

    __slots__ = ("_other", "_unreachable", "is_on")

    def __init__(
        self, main: Origin, backup: Origin | None, unreachable: MutableMapping[str, float]
    ) -> None:
        self._other: dict[str, Origin] = {}
        if backup is not None and backup != main:
            self._other = {main: backup, backup: main}
        self._unreachable = unreachable
        self.is_on = bool(self._other)

    def directed(self, request: Request) -> Request:
        """Return the request with the host for its next attempt."""
        if not self._unreachable:
            return request
        other = self._other.get(request.origin)
        if other is None or not self._is_avoided(request.origin) or self._is_avoided(other):
            return request
        agent = f"{request.headers.get('User-Agent', '')} (backup {other.host})"
        return request.replace(
            origin=other, headers=request.headers.merged({"User-Agent": agent.strip()})
        )

    def failed(self, request: Request) -> bool:
        """Record that nothing could be sent; return whether to try the other host immediately."""
        other = self._other.get(request.origin)
        if other is None:
            return False
        self._unreachable[request.origin] = time.monotonic() + AVOIDED
        return not self._is_avoided(other)

    def _is_avoided(self, origin: str) -> bool:
        until = self._unreachable.get(origin)
        if until is None:
            return False
        if until > time.monotonic():
            return True
        self._unreachable.pop(origin, None)
        return False
