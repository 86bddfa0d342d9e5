"""File uploads: a file and its `meta`, as multipart/form-data (RFC 7578).

Source: https://pay.weixin.qq.com/doc/v3/merchant/4012760432
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

from ..crypto import digest as digests
from ..utils.display import printable
from ..utils.exceptions import ConfigurationError
from ..utils.files import why_not
from ..utils.translation import _

__all__ = ["Media", "multipart"]


class Media:
    """A file to upload.

    Args:
        source: a path, a binary file (read from its beginning), an upload object of Django, Flask,
            FastAPI or aiohttp, or the bytes.
        name: the file name sent to WeChat Pay; by default the source's name.
        digest: `sha256`, `sm3`, `sha1` or `md5`.
        field: the file's form field; by default `file`, in APIv2 `media`.

    Raises:
        ConfigurationError: the file is unreadable or empty, has no name, or the digest is unknown.
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
            raise ConfigurationError(
                _("Media needs name=: the content has no file name of its own")
            )
        if not self.content:
            raise ConfigurationError(
                _("media: {name} is empty (0 bytes)", name=printable(self.name))
            )
        for text in (self.name, field or ""):
            _assert_text(text)
        self.digest_name = digest
        self.digest = digests.hexdigest(digest, self.content)
        self.field = field

    @property
    def meta(self) -> dict[str, str]:
        """The default `meta`: file name and digest."""
        return {"filename": self.name, self.digest_name: self.digest}

    def part(self, field: str = "file") -> tuple[str, str | None, str, bytes]:
        """Return name, file name, content type and content, in the form that `multipart` takes.

        Args:
            field: the form field, unless the constructor set another one.
        """
        import mimetypes  # it reads the system's type tables; only uploads need them

        kind = mimetypes.guess_type(self.name)[0] or "application/octet-stream"
        return self.field or field, self.name, kind, self.content

    def __repr__(self) -> str:
        return f"<Media {self.name!r} {len(self.content)} bytes>"


def multipart(parts: Iterable[tuple[str, str | None, str, bytes]]) -> tuple[str, bytes]:
    """Build a multipart/form-data body.

    Args:
        parts: name, file name or None, content type, and content of each part.

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
    """Convert the value of `media=` to a `Media`."""
    return given if isinstance(given, Media) else Media(given, **defaults)


def _quoted(value: str) -> str:
    # RFC 7578 does not define quoting; browsers escape these three characters (WHATWG HTML).
    return value.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _assert_text(value: Any) -> None:
    if not isinstance(value, str) or any("\ud800" <= sign <= "\udfff" for sign in value):
        raise ConfigurationError(
            _(
                "media: {value!r} is not a valid file name: expected a str without lone surrogates",
                value=printable(value),
            )
        )


def _read(source: Any) -> tuple[bytes, str]:
    if isinstance(source, bytes | bytearray | memoryview):
        return bytes(source), ""
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        try:
            return path.read_bytes(), path.name
        except (OSError, ValueError) as error:
            raise ConfigurationError(
                _(
                    "media: cannot read {path}: {why_not}",
                    path=printable(path),
                    why_not=why_not(error),
                )
            ) from None
    return _read_file(source), _file_name(source)


def _read_file(source: Any) -> bytes:
    """Read a whole file, regardless of its current position.

    An upload object with a coroutine as `read`, such as FastAPI's, has the file in its attribute
    `file`.
    """
    file = getattr(source, "file", source)
    try:
        if getattr(file, "seekable", bool)():
            file.seek(0)
        content: Any = file.read() if hasattr(file, "read") else None
    except Exception as error:
        raise ConfigurationError(
            _("media: cannot read the file: {error}", error=printable(error))
        ) from error
    if isinstance(content, bytes):
        return content
    if hasattr(content, "close"):
        content.close()  # a coroutine that is never awaited
    raise ConfigurationError(
        _(
            "media is of type {type}: expected a path, bytes, or a file opened in binary mode",
            type=type(source).__name__,
        )
    )


def _file_name(source: Any) -> str:
    """Return a file's name; upload objects have it in `filename`, and the form field in `name`."""
    for name in (getattr(source, "filename", None), getattr(source, "name", None)):
        if isinstance(name, str) and name:
            return re.split(r"[/\\]", name)[-1]
    return ""
