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
        import resource  # not available on Windows, which has no such limit
    except ImportError:
        return MOST_CONNECTIONS
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = soft in (resource.RLIM_INFINITY, -1)
    return MOST_CONNECTIONS if unlimited else max(4, min(MOST_CONNECTIONS, soft // 3))


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a gateway.

    Attributes:
        fields: maximum number of request headers, each of at most 8 KiB with its name.
        body: maximum bytes of any request body, as transmitted.
        json: maximum bytes of an APIv3 request body that is not an upload.
        xml: maximum bytes of an APIv2 request body that is not an upload.
        control: maximum bytes of a request body of the control API.
        held: maximum total bytes of all request bodies in memory.
        streams: maximum number of pages that receive events.
        head_seconds: seconds for a request header to arrive, and for a connection to be idle.
        body_seconds: seconds for a request body to arrive.
        response_seconds: seconds for a client to receive a response.
        connections: maximum number of connections; None derives it from the descriptor limit.
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
