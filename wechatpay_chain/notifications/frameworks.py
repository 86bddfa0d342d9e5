"""Reads header fields and bodies from web frameworks and API gateways (Lambda events)."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..messages.headers import Headers
from ..utils.exceptions import ConfigurationError
from ..utils.translation import _

__all__ = ["any_body", "any_headers", "message"]


def message(headers: Any, body: Any = None) -> tuple[Headers, bytes]:
    """Return the header fields and body of a request.

    Args:
        headers: any mapping, or pairs; or the event of an API gateway, without `body`.
        body: bytes, text, or such an event.
    """
    if _is_event(headers):
        own = headers.get("body")
        is_own = body is None or (isinstance(body, str) and body == own)
        return any_headers(_event_headers(headers)), any_body(headers if is_own else body)
    return any_headers(headers), any_body(body)


def any_headers(given: Any) -> Headers:
    """Convert header fields of any framework: mapping or pairs, text or bytes, WSGI or HTTP names.

    A value may be a list, as in the events of API gateways.

    Raises:
        ConfigurationError: the value is neither a mapping nor pairs.
    """
    if isinstance(given, Headers):
        return given
    try:
        pairs: Iterable[Any] = given.items() if hasattr(given, "items") else given
        return Headers([(_name(name), _text(each)) for name, each in _single(pairs)])
    except (TypeError, ValueError):
        raise ConfigurationError(
            _(
                "headers is of type {type}: expected a mapping, or pairs of name and value",
                type=type(given).__name__,
            )
        ) from None


def _single(pairs: Iterable[Any]) -> Iterator[tuple[str | bytes, str | bytes]]:
    """Yield each value separately; values that are not text, such as `wsgi.input`, are omitted."""
    for name, value in pairs:
        for each in value if isinstance(value, list | tuple) else (value,):
            if isinstance(name, str | bytes) and isinstance(each, str | bytes):
                yield name, each


def _name(given: str | bytes) -> str:
    name = _text(given)
    return name[5:].replace("_", "-") if name.startswith("HTTP_") else name


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def any_body(body: Any) -> bytes:
    """Return the raw bytes of a body.

    Raises:
        ConfigurationError: the value is neither bytes nor text, nor the event of an API gateway.
    """
    if _is_event(body):
        return _event_body(body)
    if isinstance(body, str):
        return _encoded(body)
    if isinstance(body, bytes | bytearray | memoryview):
        return bytes(body)
    raise ConfigurationError(
        _(
            "body is of type {type}: expected the raw bytes of the request (not the parsed JSON "
            "or XML: the signature covers the bytes)",
            type=type(body).__name__,
        )
    )


def _encoded(body: str) -> bytes:
    """Encode a decoded body again; text that never was bytes gives bytes that do not match."""
    try:
        return body.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return body.encode("utf-8", "surrogatepass")


def _is_event(given: Any) -> bool:
    """Return whether a value is a request event of AWS Lambda, Tencent SCF or a similar service."""
    return isinstance(given, Mapping) and isinstance(_event_headers(given), Mapping)


def _event_headers(event: Mapping[str, Any]) -> Any:
    return event.get("multiValueHeaders") or event.get("headers")


def _event_body(event: Mapping[str, Any]) -> bytes:
    body = event.get("body") or b""
    if not event.get("isBase64Encoded"):
        return any_body(body)
    try:
        return base64.b64decode(any_body(body), validate=True)
    except ValueError:
        raise ConfigurationError(
            _(
                "the event has isBase64Encoded, but its body is not base64: pass the body as the "
                "API gateway sent it"
            )
        ) from None
