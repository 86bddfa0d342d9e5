"""Messages inside the gateway: the incoming request, a rejection, a response, a file."""

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
"""Characters of a value that a rejection shows; a container shows a sixteenth as many members."""


class Secret(str):
    """The plaintext of an encrypted value; no message shows it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"

    def __format__(self, spec: str) -> str:
        return "***"


@dataclass(slots=True)
class File:
    """A file of an upload.

    Attributes:
        name: as the client gave it.
        content: its bytes.
    """

    name: str
    content: bytes


@dataclass(slots=True)
class Step:
    """One step of a request's inspection.

    Attributes:
        name: what was looked at: `signature`, say.
        passed: whether it was as it must be.
        note: what was found, or what was hashed.
    """

    name: str
    passed: bool
    note: str = ""


@dataclass(slots=True)
class IncomingRequest:
    """A request as the gateway receives it.

    Attributes:
        target: path and query, untouched.
        body: the bytes that a signature covers (`meta` of an upload).
        client_certificate: whether TLS showed one of the merchant's.
        secure: whether it came over TLS.
        file: of an upload.
        form: the other fields of an upload.
        steps: what inspection found, step by step.
        certificate_serial: of the certificate that TLS showed, in hex; empty where there is none.
        clock_skew: seconds by which the clock is ahead that checks the request.
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
        # Bytes that are not UTF-8 become surrogates, which cannot be hashed or stored.
        self.target = self.target.encode("utf-8", "replace").decode()

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]


class Rejection(Exception):
    """An error response of WeChat Pay; `responses` writes it in the form of APIv2 or v3.

    Args:
        status: HTTP status; APIv2 has 200 for nearly all.
        code: WeChat Pay's.
        message: what was wrong.
        detail: APIv3's.
        keep: whether changes are committed, as after a failed payment.
        headers: header fields that go with it.
        number: WeChat Pay's error number, for the `Request-ID`; by default that of the code.
        page: the body that is sent in place of code and message, unsigned: an empty one, or HTML.
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
        """400 `PARAM_ERROR`, naming the member as WeChat Pay does."""
        pointer = name if name.startswith("/") else f"/{name}"
        shown = _shown(value)
        detail = {"field": pointer, "value": shown, "issue": issue, "location": location}
        return cls(400, "PARAM_ERROR", f"{pointer} {issue}", detail, number=number)


def _shown(value: Any, depth: int = 4) -> Any:
    """A value as a rejection may show it: no plaintext of an encrypted one, and cut to a limit."""
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
    """A file on disk that is sent as it is read, and never is in memory as a whole.

    Attributes:
        path: of the plain file.
        packed: whether it travels as GZIP.
        tail: bytes that follow it.
    """

    path: Path
    packed: bool = False
    tail: bytes = b""


@dataclass(slots=True)
class Response:
    """Status, header fields and bytes to send.

    Attributes:
        file: what is sent in place of `body`.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    file: LargeFile | None = None


@dataclass(slots=True)
class Content:
    """The result of an operation that returns no members: a file, or a redirection.

    Attributes:
        body: the bytes.
        media_type: of the bytes.
        headers: header fields of its own.
        status: 200, or 302 with a `Location`.
        signed: whether an APIv3 signature goes with it.
        file: what is sent in place of `body`, never signed.
    """

    body: bytes = b""
    media_type: str = "application/octet-stream"
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200
    signed: bool = True
    file: LargeFile | None = None
