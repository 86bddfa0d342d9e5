"""A response as plain data: no I/O, no protocol rule."""

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
"""Bytes of unverified JSON that are parsed at most; parsed, they take 25 times that memory."""


class Releasable(Protocol):
    """A connection that a response came on, and that no other request uses yet."""

    def release(self, keep: bool, /) -> None:
        """Give it back, to be kept or to be closed."""


class ResponseError(WeChatPayError):
    """An answer came, and it is not usable.

    Attributes:
        request: the request that was answered; None for a notification.
        response: the answer; None for a notification.
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
    """One answer. In a notebook, in IPython and in rich it shows itself; nothing is decrypted.

    Attributes:
        status_code: HTTP status.
        headers: header fields.
        content: the body in bytes; where it was streamed to a `sink`, its beginning.
        request: the request it answers.
        verified: True once its signature has been checked.
        unsigned: True where it is complete and needs no signature: its operation is one that
            WeChat Pay answers unsigned, or the call said `unsigned=True`.
        streamed: True where the body went to a `sink`.
        digest: the hash that a streamed body was fed to, if its request asked for one.
        http_version: `1.1`, say; empty where the transport does not tell.
        connection: what `release` gives back; None once it did.
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
        """Give up the connection that the response came on; nothing happens the second time.

        A signature does not say which request it answers, so whatever else is on a connection must
        not answer the next request. `run` and `run_async` call this.

        Args:
            keep: whether other requests may use the connection; else it is closed.
        """
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.release(keep)

    @property
    def ok(self) -> bool:
        """True below status 400."""
        return self.status_code < 400

    @property
    def request_id(self) -> str:
        """The `Request-ID` to quote to WeChat Pay's support; empty where none came."""
        return printable(self.headers.get("Request-ID", ""))

    @property
    def error_number(self) -> int | None:
        """WeChat Pay's own number of the error, which ends the Request-ID; None where it has none.

        A Request-ID that ends in `-0` is a success's.
        """
        digits = self.request_id.rpartition("-")[2]
        is_number = 0 < len(digits) < 20 and digits.isascii() and digits.isdecimal()
        return int(digits) or None if is_number else None

    @property
    def text(self) -> str:
        """The body as UTF-8 text; bytes that are not UTF-8 show as U+FFFD."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON; each call returns an object of its own.

        Raises:
            ResponseError: the body is empty, or not JSON.
        """
        peeked, self._peeked = self._peeked, None
        if peeked is not None and peeked[0] is self.content:
            return peeked[1]
        if not self.content:
            raise ResponseError(
                _(
                    "the answer (HTTP {status_code}) has no body, so there is no JSON in it; look "
                    "at status_code instead",
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
                    "the answer (HTTP {status_code}, {kind}) is not JSON; use .text or .content, "
                    "or .xml() for APIv2",
                    status_code=self.status_code,
                    kind=kind,
                ),
                self,
            ) from error

    def peek_json(self) -> Any:
        """The body as JSON, for a layer that only reads it: the next `json()` returns this object.

        Raises:
            ResponseError: the body is empty, or not JSON.
        """
        members = self.json()
        self._peeked = (self.content, members)
        return members

    def xml(self) -> dict[str, Any]:
        """The body as the fields of an APIv2 answer.

        A body is parsed once; each call returns a copy of that one result, so that whatever a
        caller does to it, the layers of the stack and the next caller read what was verified.

        Raises:
            ResponseError: the body is not XML, or carries a DTD, an attribute or nothing.
        """
        content = bytes(self.content)  # the very same object, unless it is one that can change
        if self._parsed is None or self._parsed[0] is not content:
            try:
                self._assert_whole()
                self._parsed = (content, xml.loads(content))
            except ValueError as error:
                raise ResponseError(
                    _(
                        "the answer (HTTP {status_code}) is not usable as XML: {error}",
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
                    "its {size} bytes went to the sink, and only their beginning is here",
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
        from ..display.answers import response_view  # for those who look

        return response_view(self)

    def __repr__(self) -> str:
        return f"<Response {self.status_code} {len(self.content)} bytes>"
