"""Uploads: a file and its `meta`, as multipart/form-data (RFC 7578).

Source: https://pay.weixin.qq.com/doc/v3/merchant/4012760432
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

from .crypto import digest as digests
from .display import printable
from .errors import ConfigurationError
from .files import why_not

__all__ = ["Media", "multipart"]


class Media:
    """A file to upload.

    Args:
        source: a path, a binary file, or the bytes.
        name: the file name that WeChat Pay sees; by default the path's.
        digest: `sha256`, `sm3`, `sha1` or `md5`.
        field: the form's name for the file; by default `file`, in APIv2 `media`.

    Raises:
        ConfigurationError: unreadable, nameless, or an unknown digest.
    """

    __slots__ = ("content", "digest", "digest_name", "field", "name")

    def __init__(
        self,
        source: str | os.PathLike[str] | bytes | BinaryIO,
        name: str | None = None,
        digest: str = "sha256",
        *,
        field: str | None = None,
    ) -> None:
        self.content, own_name = _read(source)
        self.name = name or own_name
        if not self.name:
            raise ConfigurationError("Media needs a name=: what it was given has none of its own")
        self.digest_name = digest
        self.digest = digests.hexdigest(digest, self.content)
        self.field = field

    @property
    def meta(self) -> dict[str, str]:
        """The default `meta`: file name and digest."""
        return {"filename": self.name, self.digest_name: self.digest}

    def part(self, field: str = "file") -> tuple[str, str | None, str, bytes]:
        """Name, file name, content type and content, as `multipart` takes them.

        Args:
            field: the name, unless this file was given another.
        """
        import mimetypes  # reads the system's tables; only uploads need them

        kind = mimetypes.guess_type(self.name)[0] or "application/octet-stream"
        return self.field or field, self.name, kind, self.content

    def __repr__(self) -> str:
        return f"<Media {self.name!r} {len(self.content)} bytes>"


def multipart(parts: Iterable[tuple[str, str | None, str, bytes]]) -> tuple[str, bytes]:
    """A multipart/form-data body.

    Args:
        parts: name, file name or None, content type, and content of each.

    Returns:
        The content type with its boundary, and the body.
    """
    boundary = os.urandom(16).hex()
    body = bytearray()
    for name, filename, kind, content in parts:
        disposition = f'form-data; name="{_quoted(name)}"'
        if filename is not None:
            disposition += f'; filename="{_quoted(filename)}"'
        head = f"--{boundary}\r\nContent-Disposition: {disposition}\r\nContent-Type: {kind}\r\n\r\n"
        body += head.encode() + content + b"\r\n"
    body += f"--{boundary}--\r\n".encode()
    return f"multipart/form-data; boundary={boundary}", bytes(body)


def as_media(given: Any, **defaults: Any) -> Media:
    """What `media=` was given, as a `Media`."""
    return given if isinstance(given, Media) else Media(given, **defaults)


def _quoted(value: str) -> str:
    # RFC 7578 leaves quoting open; these three are what browsers agreed on (WHATWG HTML).
    return value.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _read(source: Any) -> tuple[bytes, str]:
    if isinstance(source, bytes | bytearray | memoryview):
        return bytes(source), ""
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        try:
            return path.read_bytes(), path.name
        except (OSError, ValueError) as error:
            raise ConfigurationError(
                f"media: cannot read {printable(path)}: {why_not(error)}"
            ) from None
    content = source.read() if hasattr(source, "read") else None
    if not isinstance(content, bytes):
        raise ConfigurationError(
            f"media is of type {type(source).__name__}: a path, bytes, or a file opened in binary "
            "mode is expected"
        )
    name = getattr(source, "name", "")
    return content, Path(name).name if isinstance(name, str) else ""
