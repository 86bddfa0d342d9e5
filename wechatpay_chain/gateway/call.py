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
        params: values of the path variables.
        query: query parameters of an APIv3 request.
        data: JSON or XML fields, with encrypted fields decrypted.
        state: state of the merchant.
        headers: request headers.
        operation: operation in the catalogue.
        file: uploaded file.
    """

    params: dict[str, str]
    query: dict[str, str]
    data: dict[str, Any]
    state: State
    headers: Mapping[str, str] = field(default_factory=dict)
    operation: Operation | None = None
    file: File | None = None

    def require(self, *names: str) -> None:
        """Reject the request if a required field is missing or empty.

        Raises:
            Rejection: `PARAM_ERROR` for the first missing or empty field.
        """
        for name in names:
            if self.data.get(name) in (None, ""):
                raise Rejection.parameter(name, self.data.get(name), "is required and empty")

    def text(self, name: str, most: int = 255, *, required: bool = True) -> str:
        """Return a text field, or an empty string if an optional field is missing.

        Raises:
            Rejection: `PARAM_ERROR` if the field is not a string, or too long.
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
        """Return the `limit` and `offset` of the query.

        Args:
            default: limit if the query has none, or 0.
            most: maximum limit.

        Raises:
            Rejection: `PARAM_ERROR` if they are not numbers, or the limit is too high.
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
