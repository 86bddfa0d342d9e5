"""Answers as bytes, good ones and others."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from tests.support import SECRET, Keys
from wechatpay_chain.crypto import digest
from wechatpay_chain.messages import canonical, xml

Fields = Mapping[str, str] | Iterable[tuple[str, str | bytes]]


def http(
    status: int = 200, body: bytes = b"", headers: Fields = (), *, length: int | None = None
) -> bytes:
    """An HTTP answer; `length` is what its Content-Length claims."""
    pairs = list(headers.items() if isinstance(headers, Mapping) else headers)
    if status != 204:
        pairs.append(("Content-Length", str(len(body) if length is None else length)))
    return head(status, pairs) + body


def head(status: int = 200, headers: Fields = ()) -> bytes:
    """An HTTP answer up to where its body begins."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    lines = [f"HTTP/1.1 {status} Said so".encode()]
    for name, value in pairs:
        lines.append(
            name.encode() + b": " + (value if isinstance(value, bytes) else value.encode())
        )
    return b"\r\n".join(lines) + b"\r\n\r\n"


def chunk(data: bytes) -> bytes:
    """A piece of a chunked body; empty, its end."""
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def dumps(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


class Signed:
    """Makes answers that WeChat Pay signed."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def headers(self, body: bytes = b"", skew: int = 0, **replace: str) -> dict[str, str]:
        return self._keys.signed_headers(body, skew, **replace)

    def __call__(
        self, body: bytes = b"{}", status: int = 200, headers: Fields = (), skew: int = 0
    ) -> bytes:
        return http(status, body, {**self.headers(body, skew), **dict(headers)})

    def json(self, value: Any, status: int = 200) -> bytes:
        return self(dumps(value), status, {"Content-Type": "application/json"})


def v2(fields: Mapping[str, str], kind: str | None = digest.MD5, secret: str = SECRET) -> bytes:
    """An APIv2 document, signed; not so where `kind` is None."""
    fields = dict(fields)
    if kind is not None:
        fields["sign"] = digest.sign(kind, canonical.fields(fields), secret)
    return xml.dumps(fields).encode()
