"""The gateway's address as a client has it, for the links in responses."""

from __future__ import annotations

from urllib.parse import urlsplit

from ..call import Call

__all__ = ["reached_at"]


def reached_at(call: Call) -> str:
    """Return the address that a call was sent to, with a slash at the end.

    A client signs requests to its own host only, so a link must lead to the same host.
    """
    host, plain = call.headers.get("Host", ""), urlsplit(call.state.address)
    try:
        asked = urlsplit(f"https://{host}/")
        scheme = "http" if asked.port == plain.port else "https"
    except ValueError:
        return call.state.address
    return f"{scheme}://{host}/" if asked.netloc == host != "" else call.state.address
