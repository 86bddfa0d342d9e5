"""What the gateway's parts hand each other: a request as it came, a call, a refusal, an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..display import printable
from .request_id import WRONG_VALUE, number_of

if TYPE_CHECKING:
    from ..catalogue import Operation
    from .state import State

__all__ = ["Answer", "Arrival", "Call", "Content", "File", "Refusal", "Secret", "Step"]

SHOWN = 512
"""Characters of a value that a refusal shows; of a container, a sixteenth as many members."""


class Secret(str):
    """What came encrypted, in the clear: a text like any other, but no message shows it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"

    def __format__(self, spec: str) -> str:
        return "***"


@dataclass(slots=True)
class File:
    """A file that came in an upload.

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
class Arrival:
    """A request as it came over the wire.

    Attributes:
        target: path and query, untouched.
        body: the bytes that a signature covers (`meta` of an upload).
        client_certificate: whether TLS showed one of the merchant's.
        secure: whether it came over TLS.
        file: what an upload brought.
        form: the other fields of an upload.
        steps: what inspection found, step by step.
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

    def __post_init__(self) -> None:
        # Bytes that are no UTF-8 come as half characters, which cannot be hashed or kept.
        self.target = self.target.encode("utf-8", "replace").decode()

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]


@dataclass(slots=True)
class Call:
    """A request that passed inspection, on its way to one operation.

    Attributes:
        params: values of the path's template variables.
        query: of an APIv3 call.
        data: the JSON or XML members; what came encrypted is plaintext here.
        state: what the gateway remembers.
        headers: as they came.
        operation: what the catalogue knows of it.
        file: what an upload brought.
    """

    params: dict[str, str]
    query: dict[str, str]
    data: dict[str, Any]
    state: State
    headers: Mapping[str, str] = field(default_factory=dict)
    operation: Operation | None = None
    file: File | None = None

    def require(self, *names: str) -> None:
        """Refuse unless the members are there and not empty.

        Raises:
            Refusal: `PARAM_ERROR` with the first that is not.
        """
        for name in names:
            if self.data.get(name) in (None, ""):
                raise Refusal.parameter(name, self.data.get(name), "is required and empty")

    def text(self, name: str, most: int = 255, *, required: bool = True) -> str:
        """A member that is a string; empty where it may be missing and is.

        Raises:
            Refusal: `PARAM_ERROR`, if it is none, or longer than it may be.
        """
        if required:
            self.require(name)
        value = self.data.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise Refusal.parameter(name, value, "must be a string")
        if len(value) > most:
            raise Refusal.parameter(name, value, f"must have at most {most} characters")
        return value

    def page(self, default: int, most: int) -> tuple[int, int]:
        """What part of a list the query asks for: its `limit` and `offset`.

        Args:
            default: the limit where there is none, or 0.
            most: the highest limit.

        Raises:
            Refusal: `PARAM_ERROR`, if they are no numbers, or the limit is too high.
        """
        limit, offset = (self._number(name) for name in ("limit", "offset"))
        if limit > most:
            issue = f"must be at most {most}"
            raise Refusal.parameter("limit", self.query["limit"], issue, "query")
        return limit or default, offset

    def _number(self, name: str) -> int:
        value = self.query.get(name) or "0"
        if not (value.isascii() and value.isdecimal() and len(value) < 10):
            raise Refusal.parameter(name, value, "must be a whole number", "query")
        return int(value)


class Refusal(Exception):
    """What the gateway says no with; the form of APIv2 or v3 is `answers`' matter.

    Args:
        status: HTTP status; APIv2 has 200 for nearly all.
        code: WeChat Pay's.
        message: what was wrong.
        detail: APIv3's.
        keep: whether what was done before stays done, as after a payment that failed.
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
    ) -> Refusal:
        """400 `PARAM_ERROR`, naming the member as WeChat Pay does."""
        pointer = name if name.startswith("/") else f"/{name}"
        shown = _shown(value)
        detail = {"field": pointer, "value": shown, "issue": issue, "location": location}
        return cls(400, "PARAM_ERROR", f"{pointer} {issue}", detail, number=number)


def _shown(value: Any, depth: int = 4) -> Any:
    """A value as a refusal may show it: nothing that came encrypted, and not without end."""
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


@dataclass(slots=True)
class Answer:
    """Status, header fields and bytes to send."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Content:
    """What an operation answers with instead of members: a file, or a page to go to.

    Attributes:
        body: the bytes.
        media_type: of the bytes.
        headers: header fields of its own.
        status: 200, or 302 with a `Location`.
        signed: whether an APIv3 signature goes with it.
    """

    body: bytes = b""
    media_type: str = "application/octet-stream"
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200
    signed: bool = True
