"""Requests and responses as plain data: no I/O, no protocol rule.

`Request.target` and `Request.content` are the very bytes that a signature covers; a transport
sends them untouched.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol

from . import xml
from .errors import ResponseError

if TYPE_CHECKING:
    from .crypto.certificate import Merchant
    from .download import Download
    from .stack import Stack

__all__ = ["Digest", "Headers", "Options", "Request", "Response", "Timeout"]

Timeout = tuple[float | None, float | None]
"""Seconds to wait for a connection, and between two reads; None waits for ever."""

SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})


class Digest(Protocol):
    """What a transport feeds a streamed body to."""

    def update(self, data: bytes, /) -> None: ...


class Headers(Mapping[str, str]):
    """Header fields: case-insensitive, in order, duplicates kept.

    Args:
        fields: a mapping, or pairs of name and value.
    """

    __slots__ = ("_fields", "_index", "_lookup")

    def __init__(self, fields: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> None:
        self._fields = tuple(fields.items() if isinstance(fields, Mapping) else fields)
        self._index: dict[str, list[str]] | None = None
        self._lookup: Callable[[str], Sequence[str]] | None = None

    @classmethod
    def over(
        cls, pairs: Iterable[tuple[str, str]], lookup: Callable[[str], Sequence[str]]
    ) -> Headers:
        """Fields that stay in an HTTP library's own header until all of them are asked for.

        Args:
            pairs: all fields, to be gone through when needed.
            lookup: from a name in any case to the field's values.
        """
        headers = object.__new__(cls)
        headers._fields = pairs  # type: ignore[assignment]
        headers._index = None
        headers._lookup = lookup
        return headers

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """All fields as pairs, as they were given."""
        if self._lookup is not None:
            self._fields, self._lookup = tuple(self._fields), None
        return self._fields

    def get_all(self, name: str) -> Sequence[str]:
        """Every value of a field, in order; empty where there is none."""
        if self._lookup is not None:
            return self._lookup(name)
        return self._by_name().get(name.lower(), ())

    def _by_name(self) -> dict[str, list[str]]:
        if self._index is None:
            self._index = {}
            for name, value in self.pairs():
                self._index.setdefault(name.lower(), []).append(value)
        return self._index

    def __getitem__(self, name: str) -> str:
        """The first value of a field."""
        values = self.get_all(name)
        if not values:
            raise KeyError(name)
        return values[0]

    def __iter__(self) -> Iterator[str]:
        return iter({name.lower(): name for name, _ in reversed(self.pairs())}.values())

    def __len__(self) -> int:
        return len(self._by_name())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and bool(self.get_all(name))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and self._by_name() == other._by_name()

    __hash__ = None  # type: ignore[assignment]

    def added(self, name: str, value: str) -> Headers:
        """A copy with one more field at its end."""
        headers = object.__new__(Headers)
        headers._fields = (*self.pairs(), (name, value))
        headers._index = None
        headers._lookup = None
        return headers

    def merged(self, fields: Mapping[str, str]) -> Headers:
        """A copy in which `fields` replace the fields of the same names."""
        replaced = {name.lower() for name in fields}
        kept = [(name, value) for name, value in self.pairs() if name.lower() not in replaced]
        return Headers([*kept, *fields.items()])

    def __reduce__(self) -> tuple[type[Headers], tuple[tuple[tuple[str, str], ...]]]:
        return Headers, (self.pairs(),)

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{name}: {'***' if name.lower() in SECRET_HEADERS else value}"
            for name, value in self.pairs()
        )
        return f"<Headers {shown}>"


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
    unsigned: bool = False
    sensitive: Literal["auto", "off"] | None = None
    stack: Stack | None = None

    def __init__(self, **given: Any) -> None:
        self.__dict__.update(given)

    def __repr__(self) -> str:
        return f"<Options {' '.join(self.__dict__)}>"


NO_OPTIONS = Options()


class Request:
    """One request on its way to the wire.

    Attributes:
        method: upper-case HTTP method.
        origin: scheme, host and port, without a slash at the end.
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
    """

    __slots__ = (
        "certificate",
        "content",
        "digest",
        "headers",
        "method",
        "options",
        "origin",
        "prefix",
        "signed",
        "sink",
        "target",
        "timeout",
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
        for name, value in changes.items():
            setattr(copy, name, value)
        return copy

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
        return f"{self.method} {self.path}"

    def __repr__(self) -> str:
        return f"<Request {self}>"


class Response:
    """One answer.

    Attributes:
        status_code: HTTP status.
        headers: header fields.
        content: the body in bytes; where it was streamed to a `sink`, its beginning.
        request: the request it answers.
        verified: True once its signature has been checked.
        streamed: True where the body went to a `sink`.
        digest: the hash that a streamed body was fed to, if its request asked for one.
    """

    __slots__ = ("content", "digest", "headers", "request", "status_code", "streamed", "verified")

    def __init__(
        self,
        status_code: int,
        headers: Headers | Mapping[str, str] | Iterable[tuple[str, str]] = (),
        content: bytes = b"",
        *,
        request: Request | None = None,
        streamed: bool = False,
        digest: Digest | None = None,
    ) -> None:
        self.status_code = status_code
        self.headers = headers if isinstance(headers, Headers) else Headers(headers)
        self.content = content
        self.request = request
        self.streamed = streamed
        self.digest = digest
        self.verified = False

    @property
    def ok(self) -> bool:
        """True below status 400."""
        return self.status_code < 400

    @property
    def request_id(self) -> str:
        """The `Request-ID` to quote to WeChat Pay's support; empty where none came."""
        return self.headers.get("Request-ID", "")

    @property
    def text(self) -> str:
        """The body as UTF-8 text; bytes that are not UTF-8 show as U+FFFD."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            ResponseError: the body is empty, or not JSON.
        """
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

    def xml(self) -> dict[str, Any]:
        """The body as the fields of an APIv2 answer.

        Raises:
            ResponseError: the body is not XML, or carries a DTD or an entity.
        """
        try:
            return xml.loads(self.content)
        except ValueError as error:
            raise ResponseError(
                f"the answer (HTTP {self.status_code}) is not usable as XML: {error}", self
            ) from error

    def __repr__(self) -> str:
        return f"<Response {self.status_code} {len(self.content)} bytes>"
