"""The gateway's messages: incoming request, rejection, response, file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...utils.display import printable
from .request_id import WRONG_VALUE, number_of

__all__ = [
    "Content",
    "File",
    "IncomingRequest",
    "LargeFile",
    "Rejection",
    "Response",
    "Secret",
    "Step",
]

SHOWN = 512
"""Maximum characters of a value in a rejection; the maximum number of members is a sixteenth."""


class Secret(str):
    """The plaintext of an encrypted value, which messages do not show."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"

    def __format__(self, spec: str) -> str:
        return "***"


@dataclass(slots=True)
class File:
    """An uploaded file.

    Attributes:
        name: file name from the client.
        content: content of the file.
    """

    name: str
    content: bytes


@dataclass(slots=True)
class Step:
    """A step in the inspection of a request.

    Attributes:
        name: name of the step, such as `signature`.
        passed: True if the request has passed the step.
        note: details of the result, or the hashed string.
    """

    name: str
    passed: bool
    note: str = ""


@dataclass(slots=True)
class IncomingRequest:
    """A request that the gateway has received.

    Attributes:
        target: path and query, unchanged.
        body: signed bytes; `meta` of an upload.
        client_certificate: True if the client presented a merchant certificate.
        secure: True for a connection over TLS.
        file: file of an upload.
        form: other fields of an upload.
        steps: steps of the inspection.
        certificate_serial: serial number of the client certificate in hex, or empty.
        clock_skew: seconds by which the verifying clock is ahead.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    client_certificate: bool = False
    secure: bool = False
    file: File | None = None
    form: dict[str, str] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    certificate_serial: str = ""
    clock_skew: float = 0

    def __post_init__(self) -> None:
        # Bytes that are not UTF-8 are decoded as surrogates, which cannot be hashed or stored.
        self.target = self.target.encode("utf-8", "replace").decode()

    @property
    def path(self) -> str:
        """The path without the query."""
        return self.target.partition("?")[0]


class Rejection(Exception):
    """An error response of WeChat Pay, which `responses` formats for APIv2 or APIv3.

    Args:
        status: HTTP status; APIv2 uses 200 for most errors.
        code: error code of WeChat Pay.
        message: description of the error.
        detail: `detail` of APIv3.
        keep: True commits changes, as after a failed payment.
        headers: additional headers.
        number: WeChat Pay's error number, for the `Request-ID`; by default that of the code.
        page: unsigned body instead of code and message: empty, or HTML.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        detail: Any = None,
        *,
        keep: bool = False,
        headers: Mapping[str, str] | None = None,
        number: int | None = None,
        page: bytes | None = None,
    ) -> None:
        super().__init__(printable(f"{code}: {message}", 1000))
        self.keep = keep
        self.number = number_of(code) if number is None else number
        self.page = page
        self.headers = dict(headers or {})
        self.status = status
        self.code = code
        self.message = message
        self.detail = detail

    @classmethod
    def parameter(
        cls,
        name: str,
        value: Any,
        issue: str,
        location: str = "body",
        number: int = WRONG_VALUE,
    ) -> Rejection:
        """Return 400 `PARAM_ERROR` with the field in WeChat Pay's format."""
        pointer = name if name.startswith("/") else f"/{name}"
        shown = _shown(value)
        detail = {"field": pointer, "value": shown, "issue": issue, "location": location}
        return cls(400, "PARAM_ERROR", f"{pointer} {issue}", detail, number=number)


def _shown(value: Any, depth: int = 4) -> Any:
    """Return a value for a rejection: truncated, and without plaintext of encrypted fields."""
    if isinstance(value, Secret):
        return "***"
    if isinstance(value, str):
        return value if len(value) <= SHOWN else f"{value[:SHOWN]}…"
    if isinstance(value, dict | list) and depth == 0:
        return "…"
    if isinstance(value, dict):
        some = list(value.items())[: SHOWN // 16]
        return {name[:SHOWN]: _shown(each, depth - 1) for name, each in some}
    if isinstance(value, list):
        return [_shown(each, depth - 1) for each in value[: SHOWN // 16]]
    return value


@dataclass(frozen=True, slots=True)
class LargeFile:
    """A file on disk that is streamed to the client.

    Attributes:
        path: path of the uncompressed file.
        packed: True sends it as GZIP.
        tail: bytes after the file.
    """

    path: Path
    packed: bool = False
    tail: bytes = b""


@dataclass(slots=True)
class Response:
    """The status, headers and body of a response.

    Attributes:
        file: file that is sent instead of `body`.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    file: LargeFile | None = None


@dataclass(slots=True)
class Content:
    """The result of an operation without fields: a file or a redirect.

    Attributes:
        body: response body.
        media_type: media type of the body.
        headers: additional headers.
        status: 200, or 302 with a `Location`.
        signed: True adds an APIv3 signature.
        file: unsigned file that is sent instead of `body`.
    """

    body: bytes = b""
    media_type: str = "application/octet-stream"
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200
    signed: bool = True
    file: LargeFile | None = None
