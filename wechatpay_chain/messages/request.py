"""A request as plain data, and the errors for requests without a usable response.

A signature covers exactly the bytes of `Request.target` and `Request.content`; a transport sends
them unchanged.
"""

from __future__ import annotations

import copyreg
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, Protocol

from ..utils.display import printable
from ..utils.exceptions import WeChatPayError
from .headers import Headers

if TYPE_CHECKING:
    from ..catalogue.templates import Template
    from ..crypto.certificate import MerchantCertificate

__all__ = [
    "Digest",
    "MAX_RESPONSE_SIZE",
    "Options",
    "Request",
    "SIGN",
    "Sink",
    "UNSET",
    "Timeout",
    "TransportError",
    "TransportTimeout",
    "masked_target",
]

MAX_RESPONSE_SIZE = 32 * 1024 * 1024
"""Default maximum size of a response body in memory, in bytes."""


TOKEN = re.compile(r"([?&](?:token|sign|\w*openid)=)([^&#\s]*)")
"""Parameters hidden from logs: the token of a download URL gives access to the file, an APIv2
`sign` never expires, and an openid identifies a user."""
SIGN = re.compile(rb"""(<sign>|; name="sign"\r\n(?:[^\r\n]+\r\n)*\r\n)[0-9A-Za-z]+""")
"""The `sign` in an APIv2 body, with which the request can be sent again."""
OPENID = re.compile(
    "(/(?:users?|(?:sp-)?openid|user-authorizations|user-qualifications|individual-contracts"
    r"|relations)/)o[\w-]{27}(?![\w-])"
)
"""An openid in a path; it begins with `o` and has 28 characters."""

Timeout = tuple[float | None, float | None]
"""Seconds to connect, and between two reads; None waits indefinitely."""


UNSET: Any = object()
"""The value of an omitted option for which None has another meaning."""


def masked_target(text: str) -> str:
    """Mask the secrets and openids in a target, or in a text that contains a target.

    Args:
        text: path and query, or a line logged by a library.
    """
    return TOKEN.sub(r"\1***", OPENID.sub(r"\1***", text))


class Digest(Protocol):
    """A hash that receives a streamed body."""

    def update(self, data: bytes, /) -> None: ...


class Sink(Protocol):
    """The destination of a streamed body, such as `messages.download.Download`."""

    head: bytearray
    size: int

    def takes(self, status_code: int, /) -> bool: ...
    def open(self) -> None: ...
    def write(self, chunk: bytes, /) -> None: ...
    def commit(self) -> None: ...
    def discard(self) -> None: ...


class HasHandler(Protocol):
    """The part of a `Stack` that `Options` requires."""

    @property
    def handler(self) -> Callable[[Request], Any]: ...


class Options:
    """The checked, not yet encoded options of a call; see the guide "options".

    Args:
        given: options by name; all others have their defaults.
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
    fill: bool | None = None
    check: Literal["catalogue", "off"] | None = None
    retry: Any = UNSET
    deadline: Any = UNSET
    stack: HasHandler | None = None

    def __init__(self, **given: Any) -> None:
        self.__dict__ = given

    def __repr__(self) -> str:
        return f"<Options {' '.join(self.__dict__)}>"


NO_OPTIONS = Options()
NO_VARIABLES: Mapping[str, Any] = {}


class Request:
    """One request.

    Attributes:
        method: upper-case HTTP method.
        origin: scheme, host and port, without a trailing slash; transports connect to its parts.
        target: path and query as sent, in ASCII. The encoder adds the query.
        headers: header fields, in the order in which they are sent.
        content: the body in bytes; None until a layer of the stack encodes it.
        signed: the bytes that the signature covers instead of `content` (an upload signs its `meta`
            part).
        options: the options of the call.
        timeout: seconds to connect, and between two reads.
        certificate: the client certificate for mutual TLS, or None.
        sink: the destination of a successful response's body, or None.
        digest: creates the hash of a streamed body, from the response headers.
        prefix: the part of the target that comes from `base_uri`.
        variables: the values of the path variables, by name.
        deadline: when the call must end with all its attempts, by `time.monotonic`, or None.
        max_response_size: maximum bytes of a decoded response body in memory. A body written to a
            sink is limited only by the call's own setting.
    """

    __slots__ = (
        "certificate",
        "content",
        "deadline",
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
        certificate: MerchantCertificate | None = None,
        sink: Sink | None = None,
        digest: Callable[[Headers], Digest] | None = None,
        prefix: str = "",
        variables: Mapping[str, Any] = NO_VARIABLES,
        max_response_size: int = MAX_RESPONSE_SIZE,
        deadline: float | None = None,
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
        self.deadline = deadline

    def replace(self, **changes: Any) -> Request:
        """Return a copy with changed attributes."""
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
        copy.deadline = self.deadline
        for name, value in changes.items():
            setattr(copy, name, value)
        return copy

    def __copy__(self) -> Request:
        return self.replace()

    def __deepcopy__(self, memo: object) -> Request:
        return self.replace()

    def __reduce__(self) -> Any:
        # Another process cannot use a sink or a stack and must not receive credentials: neither the
        # Authorization (see `Headers`) nor a sign, nor the merchant's key, nor a download token.
        state = {name: getattr(self, name) for name in self.__slots__}
        state.update(options=NO_OPTIONS, certificate=None, sink=None, digest=None, variables={})
        state["target"] = self.shown_target
        if self.content and b"sign" in self.content:
            state["content"] = SIGN.sub(rb"\1***", self.content)
        return copyreg.__newobj__, (Request,), (None, state)  # type: ignore[attr-defined]

    @property
    def shown_target(self) -> str:
        """The target for logs, without download tokens, APIv2 signs and openids."""
        return masked_target(self.target)

    @property
    def shown_path(self) -> str:
        """The path for messages: printable, and without openids."""
        return printable(masked_target(self.path))

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def operation(self) -> str:
        """The path without the path of `base_uri`, which identifies the operation."""
        return self.path.removeprefix(self.prefix)

    @property
    def template(self) -> str | None:
        """The operation's path template: `v3/refund/domestic/refunds/{out_refund_no}`.

        It has the catalogue's spelling, however the call is written; APIv2 templates begin with
        `v2/`. None if the catalogue does not have the path, which may then contain an order number.
        """
        known = self._catalogued()
        return known.path if known is not None else None

    @property
    def operation_id(self) -> str | None:
        """The operation's id in the catalogue, or None; it is looked up on access."""
        known = self._catalogued()
        return known.operation_id if known is not None else None

    def _catalogued(self) -> Template | None:
        from ..catalogue.templates import template  # few programs need it

        return template(self.method, self.operation)

    @property
    def url(self) -> str:
        """Origin and target."""
        return self.origin + self.target

    def __str__(self) -> str:
        return f"{self.method} {self.shown_path}"

    def __repr__(self) -> str:
        return f"<Request {self}>"


class TransportError(WeChatPayError):
    """No usable response arrived; the server may or may not have processed the request.

    Attributes:
        request: the request without a response; None if it did not exist yet.
        sent: False if nothing was sent, so the request had no effect; None if unknown.
        permanent: True if a retry would fail the same way: the response exceeds the maximum size.
    """

    __module__ = "wechatpay_chain.errors"

    def __init__(
        self,
        message: str,
        request: Request | None = None,
        *,
        sent: bool | None = None,
        permanent: bool = False,
    ) -> None:
        super().__init__(message)
        self.request = request
        self.sent = sent
        self.permanent = permanent
        self.retryable = sent is False


class TransportTimeout(TransportError, TimeoutError):
    """Connecting, waiting for the next bytes, or the whole call exceeded its time limit."""

    __module__ = "wechatpay_chain.errors"
