"""The gateway's address from the client's point of view, for links in responses."""

from __future__ import annotations

from urllib.parse import urlsplit

from ..call import Call

__all__ = ["reached_at"]


def reached_at(call: Call) -> str:
    """Return the address to which a request was sent, with a slash at the end.

    A client signs requests only to its own host, so a link must have the same host.
    """
    host, plain = call.headers.get("Host", ""), urlsplit(call.state.address)
    try:
        asked = urlsplit(f"https://{host}/")
        scheme = "http" if asked.port == plain.port else "https"
    except ValueError:
        return call.state.address
    return f"{scheme}://{host}/" if asked.netloc == host != "" else call.state.address
