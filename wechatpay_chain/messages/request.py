"""A request as plain data, and what is raised where it gets no response.

`Request.target` and `Request.content` are the very bytes that a signature covers; a transport
sends them untouched.
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
"""Bytes that a response's body may have in memory, unless a client or a call says otherwise."""


TOKEN = re.compile(r"([?&](?:token|sign|\w*openid)=)([^&#\s]*)")
"""Parameters that no log shows: whoever has the token of a download URL has the file, an APIv2
`sign` never expires, and an openid identifies a user."""
SIGN = re.compile(rb"""(<sign>|; name="sign"\r\n(?:[^\r\n]+\r\n)*\r\n)[0-9A-Za-z]+""")
"""The `sign` in a body of APIv2's: whoever has it can send the request again."""
OPENID = re.compile(
    "(/(?:users?|(?:sp-)?openid|user-authorizations|user-qualifications|individual-contracts"
    r"|relations)/)o[\w-]{27}(?![\w-])"
)
"""An openid in a path; it begins with `o` and has 28 characters."""

Timeout = tuple[float | None, float | None]
"""Seconds to wait for a connection, and between two reads; None waits for ever."""


UNSET: Any = object()
"""An option that was not given, where None means something else."""


def masked_target(text: str) -> str:
    """A target, or a text with a target in it, without what no log shows.

    Args:
        text: path and query, or a line that a library logs.
    """
    return TOKEN.sub(r"\1***", OPENID.sub(r"\1***", text))


class Digest(Protocol):
    """What a transport feeds a streamed body to."""

    def update(self, data: bytes, /) -> None: ...


class Sink(Protocol):
    """Where a body is streamed to; `messages.download.Download` is one."""

    head: bytearray
    size: int

    def takes(self, status_code: int, /) -> bool: ...
    def open(self) -> None: ...
    def write(self, chunk: bytes, /) -> None: ...
    def commit(self) -> None: ...
    def discard(self) -> None: ...


class HasHandler(Protocol):
    """What Options need to know of a `Stack`."""

    @property
    def handler(self) -> Callable[[Request], Any]: ...


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
        deadline: when the call must have ended with all its attempts, by `time.monotonic`, or None.
        max_response_size: bytes that the response's body may have in memory, after decoding. A body
            that goes to a sink has a limit only where the call itself sets one.
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
        copy.deadline = self.deadline
        for name, value in changes.items():
            setattr(copy, name, value)
        return copy

    def __copy__(self) -> Request:
        return self.replace()

    def __deepcopy__(self, memo: object) -> Request:
        return self.replace()

    def __reduce__(self) -> Any:
        # Another process has no use for a sink or a stack, and must get no credential: neither the
        # Authorization (see `Headers`) nor a sign, nor the merchant's key, nor a download's token.
        state = {name: getattr(self, name) for name in self.__slots__}
        state.update(options=NO_OPTIONS, certificate=None, sink=None, digest=None, variables={})
        state["target"] = self.shown_target
        if self.content and b"sign" in self.content:
            state["content"] = SIGN.sub(rb"\1***", self.content)
        return copyreg.__newobj__, (Request,), (None, state)  # type: ignore[attr-defined]

    @property
    def shown_target(self) -> str:
        """The target for a log: without a download's token, an APIv2 sign, and openids."""
        return masked_target(self.target)

    @property
    def shown_path(self) -> str:
        """The path for a message: printable, and without openids."""
        return printable(masked_target(self.path))

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def operation(self) -> str:
        """The path without `base_uri`'s: what an operation is known by."""
        return self.path.removeprefix(self.prefix)

    @property
    def template(self) -> str | None:
        """The operation's path without values: `v3/refund/domestic/refunds/{out_refund_no}`.

        It is as the catalogue has it, however the call was written; APIv2's begin with `v2/`. None
        where the catalogue does not know the path, which may have an order's number in it.
        """
        known = self._catalogued()
        return known.path if known is not None else None

    @property
    def operation_id(self) -> str | None:
        """The operation's id in the catalogue, or None; it is looked up when it is read."""
        known = self._catalogued()
        return known.operation_id if known is not None else None

    def _catalogued(self) -> Template | None:
        from ..catalogue.templates import template  # few need it

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
    """No usable response came back; the server may or may not have acted on the request.

    Attributes:
        request: the request that got no response; None where there was none yet.
        sent: False where nothing of the request was sent, so that nothing can have happened; None
            where that is unknown.
        permanent: True where a repetition would fail alike: the response is larger than it may be.
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
    """Connecting, waiting for the next bytes, or the whole call took longer than it may."""

    __module__ = "wechatpay_chain.errors"
