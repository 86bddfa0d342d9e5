"""A request that passed inspection, on its way to one operation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..catalogue import Operation
from .messages.exchange import File, Rejection
from .state import State

__all__ = ["Call"]


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
        """Reject unless the members are there and not empty.

        Raises:
            Rejection: `PARAM_ERROR` with the first that is not.
        """
        for name in names:
            if self.data.get(name) in (None, ""):
                raise Rejection.parameter(name, self.data.get(name), "is required and empty")

    def text(self, name: str, most: int = 255, *, required: bool = True) -> str:
        """A member that is a string; empty where it may be missing and is.

        Raises:
            Rejection: `PARAM_ERROR`, if it is none, or longer than it may be.
        """
        if required:
            self.require(name)
        value = self.data.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise Rejection.parameter(name, value, "must be a string")
        if len(value) > most:
            raise Rejection.parameter(name, value, f"must have at most {most} characters")
        return value

    def page(self, default: int, most: int) -> tuple[int, int]:
        """What part of a list the query asks for: its `limit` and `offset`.

        Args:
            default: the limit where there is none, or 0.
            most: the highest limit.

        Raises:
            Rejection: `PARAM_ERROR`, if they are no numbers, or the limit is too high.
        """
        limit, offset = (self._number(name) for name in ("limit", "offset"))
        if limit > most:
            issue = f"must be at most {most}"
            raise Rejection.parameter("limit", self.query["limit"], issue, "query")
        return limit or default, offset

    def _number(self, name: str) -> int:
        value = self.query.get(name) or "0"
        if not (value.isascii() and value.isdecimal() and len(value) < 10):
            raise Rejection.parameter(name, value, "must be a whole number", "query")
        return int(value)
