"""A response as plain data, without I/O and protocol rules."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from ..display.showing import showing
from ..utils.display import printable
from ..utils.exceptions import WeChatPayError
from ..utils.translation import _
from . import xml
from .headers import Headers
from .request import Digest, Request

if TYPE_CHECKING:
    from ..display.view import View

__all__ = ["MAX_UNVERIFIED_JSON", "Releasable", "Response", "ResponseError"]

MAX_UNVERIFIED_JSON = 1024 * 1024
"""Maximum bytes of unverified JSON to parse; parsed JSON needs about 25 times the memory."""


class Releasable(Protocol):
    """A response's connection, which no other request uses yet."""

    def release(self, keep: bool, /) -> None:
        """Give the connection back, to be kept or closed."""


class ResponseError(WeChatPayError):
    """A response arrived, but it is not usable.

    Attributes:
        request: the request; None for a notification.
        response: the response; None for a notification.
    """

    __module__ = "wechatpay_chain.errors"

    request: Request | None
    response: Response | None

    def __init__(self, message: str, response: Response | None = None) -> None:
        super().__init__(message)
        self.response = response
        self.request = response.request if response is not None else None


@showing
class Response:
    """A response. Notebooks, IPython and rich display it without decrypting anything.

    Attributes:
        status_code: HTTP status.
        headers: header fields.
        content: the body in bytes; only its beginning if it was streamed to a `sink`.
        request: the request that it answers.
        verified: True after its signature has been verified.
        unsigned: True if the response is complete and requires no signature: WeChat Pay does not
            sign the responses of this operation, or the call set `unsigned=True`.
        streamed: True if the body was streamed to a `sink`.
        digest: the hash of a streamed body, if the request requires one.
        http_version: the HTTP version, such as `1.1`; empty if the transport does not report it.
        connection: the connection that `release` gives back, and None after that.
    """

    __slots__ = (
        "_parsed",
        "_peeked",
        "connection",
        "content",
        "digest",
        "headers",
        "http_version",
        "request",
        "status_code",
        "streamed",
        "unsigned",
        "verified",
    )

    def __init__(
        self,
        status_code: int,
        headers: Headers | Mapping[str, str] | Iterable[tuple[str, str]] = (),
        content: bytes = b"",
        *,
        request: Request | None = None,
        streamed: bool = False,
        digest: Digest | None = None,
        http_version: str = "",
        connection: Releasable | None = None,
    ) -> None:
        self.status_code = status_code
        self.headers = headers if isinstance(headers, Headers) else Headers(headers)
        self.content = content
        self.request = request
        self.streamed = streamed
        self.digest = digest
        self.http_version = http_version
        self.verified = False
        self.unsigned = False
        self._parsed: tuple[bytes, dict[str, Any]] | None = None
        self._peeked: tuple[bytes, Any] | None = None
        self.connection = connection

    def release(self, *, keep: bool) -> None:
        """Release the response's connection; further calls do nothing.

        A signature does not identify the request that it answers. Other data on the connection must
        therefore not become the response to the next request. `run` and `run_async` call this
        method.

        Args:
            keep: True lets other requests use the connection; False closes it.
        """
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.release(keep)

    @property
    def ok(self) -> bool:
        """True if the status is below 400."""
        return self.status_code < 400

    @property
    def request_id(self) -> str:
        """The `Request-ID` to quote to WeChat Pay's support; empty if the response has none."""
        return printable(self.headers.get("Request-ID", ""))

    @property
    def error_number(self) -> int | None:
        """WeChat Pay's internal error number, which ends the Request-ID; None if there is none.

        The Request-ID of a successful response ends in `-0`.
        """
        digits = self.request_id.rpartition("-")[2]
        is_number = 0 < len(digits) < 20 and digits.isascii() and digits.isdecimal()
        return int(digits) or None if is_number else None

    @property
    def text(self) -> str:
        """The body as UTF-8 text; invalid bytes become U+FFFD."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """Parse the body as JSON; each call returns a new object.

        Raises:
            ResponseError: the body is empty, or is not JSON.
        """
        peeked, self._peeked = self._peeked, None
        if peeked is not None and peeked[0] is self.content:
            return peeked[1]
        if not self.content:
            raise ResponseError(
                _(
                    "the response (HTTP {status_code}) has no body and so no JSON; use "
                    ".status_code",
                    status_code=self.status_code,
                ),
                self,
            )
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError) as error:
            kind = self.headers.get("Content-Type", "no Content-Type")
            raise ResponseError(
                _(
                    "the response (HTTP {status_code}, {kind}) is not JSON; use .text or "
                    ".content, or .xml() for APIv2",
                    status_code=self.status_code,
                    kind=kind,
                ),
                self,
            ) from error

    def peek_json(self) -> Any:
        """Parse the body as JSON, read-only: the next `json()` returns the same object.

        Raises:
            ResponseError: the body is empty, or is not JSON.
        """
        members = self.json()
        self._peeked = (self.content, members)
        return members

    def xml(self) -> dict[str, Any]:
        """Return the fields of an APIv2 response.

        The body is parsed once, and each call returns a copy. Changes by a caller therefore do not
        affect the verified result that the stack and later callers read.

        Raises:
            ResponseError: the body is not XML, has a DTD or an attribute, or is empty.
        """
        content = bytes(self.content)  # the same object, unless it is mutable
        if self._parsed is None or self._parsed[0] is not content:
            try:
                self._assert_whole()
                self._parsed = (content, xml.loads(content))
            except ValueError as error:
                raise ResponseError(
                    _(
                        "the response (HTTP {status_code}) is not usable as XML: {error}",
                        status_code=self.status_code,
                        error=error,
                    ),
                    self,
                ) from error
        fields: dict[str, Any] = xml.copied(self._parsed[1])
        return fields

    def _assert_whole(self) -> None:
        sink = self.request.sink if self.request is not None else None
        if self.streamed and sink is not None and sink.size != len(self.content):
            raise ValueError(
                _(
                    "its {size} bytes were written to the sink; only the beginning is here",
                    size=sink.size,
                )
            )

    def __copy__(self) -> Response:
        return self

    def __deepcopy__(self, memo: object) -> Response:
        return self

    def __reduce__(self) -> Any:
        answer = (self.status_code, self.headers, self.content)
        names = ("request", "streamed", "http_version", "unsigned", "verified")
        state = {name: getattr(self, name) for name in names}
        return Response, answer, (None, state)

    def _view_(self) -> View:
        from ..display.answers import response_view  # needed only for display

        return response_view(self)

    def __repr__(self) -> str:
        return f"<Response {self.status_code} {len(self.content)} bytes>"
