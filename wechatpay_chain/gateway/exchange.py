"""What the gateway's parts hand each other: a request as it came, a call, a refusal, an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .state import State

__all__ = ["Answer", "Arrival", "Call", "Refusal"]


@dataclass(slots=True)
class Arrival:
    """A request as it came over the wire.

    Attributes:
        target: path and query, untouched.
        body: the bytes that a signature covers (`meta` of an upload).
        client_certificate: whether TLS showed one of the merchant's.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    client_certificate: bool = False

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
        data: the JSON or XML members.
        state: what the gateway remembers.
    """

    params: dict[str, str]
    query: dict[str, str]
    data: dict[str, Any]
    state: State
    headers: Mapping[str, str] = field(default_factory=dict)

    def require(self, *names: str) -> None:
        """Refuse unless the members are there and not empty.

        Raises:
            Refusal: `PARAM_ERROR` with the first that is not.
        """
        for name in names:
            if self.data.get(name) in (None, ""):
                raise Refusal.parameter(name, self.data.get(name), "is required and empty")


class Refusal(Exception):
    """What the gateway says no with; the form of APIv2 or v3 is `answers`' matter."""

    def __init__(self, status: int, code: str, message: str, detail: Any = None) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.detail = detail

    @classmethod
    def parameter(cls, name: str, value: Any, issue: str, location: str = "body") -> Refusal:
        """400 `PARAM_ERROR`, naming the member as WeChat Pay does."""
        pointer = name if name.startswith("/") else f"/{name}"
        detail = {"field": pointer, "value": value, "issue": issue, "location": location}
        return cls(400, "PARAM_ERROR", f"{pointer} {issue}", detail)


@dataclass(slots=True)
class Answer:
    """Status, header fields and bytes to send."""

    status: int
    headers: dict[str, str]
    body: bytes
