"""Requests and responses as plain data: no I/O, no protocol rule.

`Request.target` and `Request.content` are the very bytes that a signature covers; a transport
sends them untouched.
"""

from __future__ import annotations

import copyreg
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, Protocol

from . import xml
from .display import printable
from .errors import ResponseError
from .headers import Headers

if TYPE_CHECKING:
    from .crypto.certificate import Merchant
    from .download import Download
    from .stack import Stack

__all__ = [
    "MAX_RESPONSE_SIZE",
    "Digest",
    "Headers",
    "Held",
    "Options",
    "Request",
    "Response",
    "Timeout",
    "UNPROVED",
]

MAX_RESPONSE_SIZE = 32 * 1024 * 1024
"""Bytes that a response's body may have in memory, unless a client or a call says otherwise."""

UNPROVED = 1024 * 1024
"""Bytes of unverified JSON that are parsed at most; parsed, they take 25 times that memory."""

TOKEN = re.compile(r"([?&]token=)([^&#\s]*)")
"""Whoever has the token of a download URL has the file."""

Timeout = tuple[float | None, float | None]
"""Seconds to wait for a connection, and between two reads; None waits for ever."""


class Digest(Protocol):
    """What a transport feeds a streamed body to."""

    def update(self, data: bytes, /) -> None: ...


class Options:
    """What a verb was given, checked for its form and not yet encoded; see the guide "options".

    Args:
        given: by name; the others keep their defaults.
    """

    query: Any = None
    json: Any = None
    xml: Mapping[str, Any] | None = None
    body: bytes | None = None
    headers: Mapping[str, str] | None = None
    base_uri: str | None = None
    security: bool = False
    nonceless: bool = False
    sink: Any = None
    media: Any = None
    meta: Any = None
    timeout: Any = None
    max_response_size: int | None = None
    unsigned: bool = False
    sensitive: Literal["auto", "off"] | None = None
    answer_with: str | None = None
    stack: Stack | None = None

    def __init__(self, **given: Any) -> None:
        self.__dict__.update(given)

    def __repr__(self) -> str:
        return f"<Options {' '.join(self.__dict__)}>"


NO_OPTIONS = Options()
NO_VARIABLES: Mapping[str, Any] = {}


class Request:
    """One request on its way to the wire.

    Attributes:
        method: upper-case HTTP method.
        origin: scheme, host and port, without a slash at the end; transports connect to its parts.
        target: path and query as they go over the wire, ASCII. The encoder adds the query.
        headers: header fields, in the order they are sent.
        content: the body in bytes; None until an encoder of the stack has made it.
        signed: what the signature covers in place of `content` (an upload signs its `meta` part).
        options: what the verb was given.
        timeout: seconds to connect, and between reads.
        certificate: client certificate for mutual TLS, or None.
        sink: where a successful answer's body is streamed to, or None.
        digest: makes the hash that a streamed body is fed to, from the answer's header.
        prefix: the part of the target that is `base_uri`'s path.
        variables: the values of the path's variables, by name.
        max_response_size: bytes that the response's body may have in memory, after decoding. A body
            that goes to a sink has a limit only where the call itself sets one.
    """

    __slots__ = (
        "certificate",
        "content",
        "digest",
        "headers",
        "max_response_size",
        "method",
        "options",
        "origin",
        "prefix",
        "signed",
        "sink",
        "target",
        "timeout",
        "variables",
    )

    def __init__(
        self,
        method: str,
        origin: str,
        target: str,
        headers: Headers,
        content: bytes | None = None,
        signed: bytes | None = None,
        options: Options = NO_OPTIONS,
        timeout: Timeout = (5, 30),
        certificate: Merchant | None = None,
        sink: Download | None = None,
        digest: Callable[[Headers], Digest] | None = None,
        prefix: str = "",
        variables: Mapping[str, Any] = NO_VARIABLES,
        max_response_size: int = MAX_RESPONSE_SIZE,
    ) -> None:
        self.method = method
        self.origin = origin
        self.target = target
        self.headers = headers
        self.content = content
        self.signed = signed
        self.options = options
        self.timeout = timeout
        self.certificate = certificate
        self.sink = sink
        self.digest = digest
        self.prefix = prefix
        self.variables = variables
        self.max_response_size = max_response_size

    def replace(self, **changes: Any) -> Request:
        """A copy with some attributes changed."""
        copy = object.__new__(Request)
        copy.method = self.method
        copy.origin = self.origin
        copy.target = self.target
        copy.headers = self.headers
        copy.content = self.content
        copy.signed = self.signed
        copy.options = self.options
        copy.timeout = self.timeout
        copy.certificate = self.certificate
        copy.sink = self.sink
        copy.digest = self.digest
        copy.prefix = self.prefix
        copy.variables = self.variables
        copy.max_response_size = self.max_response_size
        for name, value in changes.items():
            setattr(copy, name, value)
        return copy

    def __copy__(self) -> Request:
        return self.replace()

    def __deepcopy__(self, memo: object) -> Request:
        return self.replace()

    def __reduce__(self) -> Any:
        # Another process has no use for a sink or a stack, and must get no credential: neither the
        # Authorization (see `Headers`), nor the merchant's key, nor the token of a download.
        state = {name: getattr(self, name) for name in self.__slots__}
        state.update(options=NO_OPTIONS, certificate=None, sink=None, digest=None, variables={})
        state["target"] = self.shown_target
        return copyreg.__newobj__, (Request,), (None, state)  # type: ignore[attr-defined]

    @property
    def shown_target(self) -> str:
        """The target for a log: without the token of a download."""
        return TOKEN.sub(r"\1***", self.target)

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def operation(self) -> str:
        """The path without `base_uri`'s: what an operation is known by."""
        return self.path.removeprefix(self.prefix)

    @property
    def url(self) -> str:
        """Origin and target."""
        return self.origin + self.target

    def __str__(self) -> str:
        return f"{self.method} {printable(self.path)}"

    def __repr__(self) -> str:
        return f"<Request {self}>"


class Held(Protocol):
    """A connection that a response came on, and that no other request uses yet."""

    def settle(self, keep: bool, /) -> None:
        """Give it back, to be kept or to be closed."""


class Response:
    """One answer.

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
    """

    __slots__ = (
        "_held",
        "_parsed",
        "_peeked",
        "content",
        "digest",
        "headers",
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
        held: Held | None = None,
    ) -> None:
        self.status_code = status_code
        self.headers = headers if isinstance(headers, Headers) else Headers(headers)
        self.content = content
        self.request = request
        self.streamed = streamed
        self.digest = digest
        self.verified = False
        self.unsigned = False
        self._parsed: tuple[bytes, dict[str, Any]] | None = None
        self._peeked: tuple[bytes, Any] | None = None
        self._held = held

    def settle(self, *, keep: bool) -> None:
        """Give up the connection that the response came on; nothing happens the second time.

        A signature does not say which request it answers, so whatever else is on a connection must
        not answer the next request. `run` and `run_async` call this.

        Args:
            keep: whether other requests may use the connection; else it is closed.
        """
        held, self._held = self._held, None
        if held is not None:
            held.settle(keep)

    @property
    def ok(self) -> bool:
        """True below status 400."""
        return self.status_code < 400

    @property
    def request_id(self) -> str:
        """The `Request-ID` to quote to WeChat Pay's support; empty where none came."""
        return printable(self.headers.get("Request-ID", ""))

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
                f"the answer (HTTP {self.status_code}) has no body, so there is no JSON in it; "
                "look at status_code instead",
                self,
            )
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError) as error:
            kind = self.headers.get("Content-Type", "no Content-Type")
            raise ResponseError(
                f"the answer (HTTP {self.status_code}, {kind}) is not JSON; "
                "use .text or .content, or .xml() for APIv2",
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
                    f"the answer (HTTP {self.status_code}) is not usable as XML: {error}", self
                ) from error
        fields: dict[str, Any] = xml.copied(self._parsed[1])
        return fields

    def _assert_whole(self) -> None:
        sink = self.request.sink if self.request is not None else None
        if self.streamed and sink is not None and sink.size != len(self.content):
            raise ValueError(
                f"its {sink.size} bytes went to the sink, and only their beginning is here"
            )

    def __copy__(self) -> Response:
        return self

    def __deepcopy__(self, memo: object) -> Response:
        return self

    def __reduce__(self) -> Any:
        answer = (self.status_code, self.headers, self.content)
        state = {
            name: getattr(self, name) for name in ("request", "streamed", "unsigned", "verified")
        }
        return Response, answer, (None, state)

    def __repr__(self) -> str:
        return f"<Response {self.status_code} {len(self.content)} bytes>"
