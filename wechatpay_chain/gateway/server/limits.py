"""Limits for unauthenticated clients: bytes, connections, and time."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Limits", "connections"]

KIB, MIB = 1024, 1024 * 1024
MOST_CONNECTIONS = 512


def connections() -> int:
    """Return the maximum number of simultaneous connections.

    It is a third of the file descriptors of the process. A test has both ends of each connection,
    and the database, notifications and other code of the process need the rest.
    """
    try:
        import resource  # is not there on Windows, which has no such limit
    except ImportError:
        return MOST_CONNECTIONS
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = soft in (resource.RLIM_INFINITY, -1)
    return MOST_CONNECTIONS if unlimited else max(4, min(MOST_CONNECTIONS, soft // 3))


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a gateway.

    Attributes:
        fields: header fields of a request, each of at most 8 KiB with its name.
        body: bytes of a body of any kind, as it travels.
        json: bytes of a body of an APIv3 request that is not an upload.
        xml: bytes of a body of an APIv2 request that is not an upload.
        control: bytes of a body that the control API takes.
        held: bytes of all bodies at once.
        streams: pages that receive events at the same time.
        head_seconds: until a request's header has arrived, and for which a connection may be idle.
        body_seconds: until a request's body has arrived.
        response_seconds: until a client has received a response.
        connections: at once; None follows the limit of descriptors.
    """

    fields: int = 64
    body: int = 16 * MIB
    json: int = 4 * MIB
    xml: int = 64 * KIB
    control: int = MIB
    held: int = 64 * MIB
    streams: int = 64
    head_seconds: float = 10
    body_seconds: float = 30
    response_seconds: float = 30
    connections: int | None = None
