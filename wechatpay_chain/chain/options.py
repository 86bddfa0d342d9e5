"""Builds a `Request` from the arguments of a verb; all of them are checked before it is sent."""

from __future__ import annotations

import enum
import time
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from ..keys.platform_key import key_id
from ..messages import canonical
from ..messages.download import Download
from ..messages.headers import Headers
from ..messages.request import MAX_RESPONSE_SIZE, UNSET, Options, Request, Timeout
from ..middleware.preparation import check_of, fill_of
from ..middleware.retry import retry_of
from ..utils.display import represented
from ..utils.exceptions import ConfigurationError
from ..utils.translation import _
from . import uri
from .suggestions import call_hints, reject_empty

if TYPE_CHECKING:
    from ..crypto.certificate import MerchantCertificate

__all__ = [
    "OPTIONS",
    "Defaults",
    "build",
    "deadline_of",
    "is_v2",
    "sensitive_of",
    "size_of",
    "timeout_of",
]

OPTIONS = frozenset(Options.__annotations__)
UNCHECKED = frozenset(
    {"query", "json", "timeout", "media", "meta", "sink", "base_uri", "stack", "deadline"}
)
"""Options with a form that is checked by the code that uses them."""
FLAGS = ("security", "nonceless", "unsigned")
MAPPINGS = ("headers", "xml")
LONGEST = 10**9
"""Maximum timeout in seconds, about 30 years; sockets and clocks do not support much larger
values."""
FRAMING = frozenset({"host", "content-length", "transfer-encoding", "connection", "expect"})


class Defaults:
    """A client's defaults for every request.

    Args:
        base_uri: the base of relative paths.
        timeout: seconds to connect, and between two reads.
        merchant: the client certificate for requests with `security=True`.
        user_agent: the `User-Agent` header.
        max_response_size: maximum bytes of a response body in memory, or None for the default.
        deadline: seconds for a whole call, or None for no limit.
        has_own_context: whether the transport's own TLS context holds the client certificate.
    """

    def __init__(
        self,
        base_uri: str,
        timeout: Timeout,
        merchant: MerchantCertificate | None,
        user_agent: str,
        max_response_size: int | None = None,
        deadline: float | None = None,
        has_own_context: bool = False,
    ) -> None:
        uri.base(base_uri)
        self.base_uri = base_uri
        self.timeout = timeout
        self.merchant = merchant
        self.max_response_size = max_response_size or MAX_RESPONSE_SIZE
        self.deadline = deadline
        self.has_own_context = has_own_context
        common = {"User-Agent": user_agent, "Accept-Encoding": "identity"}
        self.v3_headers = Headers(
            {
                "Accept": "application/json, text/plain, application/x-gzip, application/pdf, "
                "image/png, image/*;q=0.5",
                "Content-Type": "application/json; charset=utf-8",
                **common,
            }
        )
        self.v2_headers = Headers(
            {
                "Accept": "text/xml, text/plain, application/x-gzip",
                "Content-Type": "text/xml; charset=utf-8",
                **common,
            }
        )


def is_v2(path: str) -> bool:
    """Return whether a path belongs to APIv2."""
    return not path.startswith("v3/") and path.lstrip("/")[:3].lower() == "v2/"


def build(
    method: str, path: str, given: Mapping[str, Any], defaults: Defaults, *, v2: bool
) -> Request:
    """Build a request that is not encoded yet.

    Args:
        method: upper-case HTTP method.
        path: a chain's path, optionally with template variables.
        given: the options and variables passed to the verb.
        defaults: the client's defaults.
        v2: whether the request is for APIv2; its path then has the `v2` prefix.

    Raises:
        ConfigurationError: an option or variable is unknown, missing, or of the wrong type.
    """
    chosen: dict[str, Any] = {}
    values: dict[str, Any] = {}
    for name, value in given.items():
        (chosen if name in OPTIONS else values)[name] = value
    if "query" in chosen and isinstance(chosen["query"], Iterator):
        chosen["query"] = list(chosen["query"])  # an iterator works for one attempt only
    options = Options(**chosen) if chosen.keys() <= UNCHECKED else _options(chosen)
    try:
        expanded = uri.expand(path, values)
    except ConfigurationError as error:
        hints = call_hints(path, values, options, OPTIONS)
        raise ConfigurationError(f"{error}{hints}") from None
    reject_empty(path, values)
    if v2:
        if options.answer_with is not None:
            raise ConfigurationError(
                _("answer_with= is only for APIv3: APIv2 signs with the merchant's APIv2 key")
            )
        expanded = expanded.lstrip("/")[3:]
    if not expanded.strip("/"):
        raise ConfigurationError(
            _("the path is empty: begin the chain with .v3 or .v2, for example")
        )
    origin, target, prefix = uri.locate(
        expanded, options.base_uri or defaults.base_uri, defaults.base_uri
    )
    headers = defaults.v2_headers if v2 else defaults.v3_headers
    if options.headers:
        headers = headers.merged(_header_fields(options.headers))
    if options.security and defaults.merchant is None and not defaults.has_own_context:
        raise ConfigurationError(
            _(
                "merchant is missing: security=True uses the merchant's certificate for mutual "
                "TLS. Pass merchant={'cert': 'apiclient_cert.pem', 'key': 'apiclient_key.pem'}, "
                "or an ssl.SSLContext with the certificate as verify="
            )
        )
    return Request(
        method,
        origin,
        target,
        headers,
        options=options,
        timeout=defaults.timeout if options.timeout is None else timeout_of(options.timeout),
        certificate=defaults.merchant if options.security else None,
        sink=None if options.sink is None else Download(options.sink),
        prefix=prefix,
        variables=values,
        max_response_size=options.max_response_size or defaults.max_response_size,
        deadline=_deadline(options, defaults),
    )


def _deadline(options: Options, defaults: Defaults) -> float | None:
    """Return when the call must end; the client's default does not apply to a sink's body."""
    if options.deadline is not UNSET:
        seconds = deadline_of(options.deadline)
    else:
        seconds = defaults.deadline if options.sink is None else None
    return None if seconds is None else time.monotonic() + seconds


def _options(chosen: dict[str, Any]) -> Options:
    for name, value in chosen.items():
        if name in FLAGS:
            if not isinstance(value, bool):
                raise ConfigurationError(
                    _(
                        "{name}= must be True or False, not {represented}",
                        name=name,
                        represented=represented(value),
                    )
                )
        elif name == "body":
            chosen[name] = _body(value)
        elif name == "sensitive":
            sensitive_of(value)
        elif name == "answer_with" and value is not None:
            chosen[name] = key_id(value, "answer_with=")
        elif name == "max_response_size":
            size_of(value)
        elif name == "retry":
            retry_of(value)
        elif name == "fill":
            fill_of(value)
        elif name == "check":
            check_of(value)
        elif name in MAPPINGS and value is not None and not isinstance(value, Mapping):
            raise ConfigurationError(
                _(
                    "{name}= is of type {type}; expected a mapping",
                    name=name,
                    type=type(value).__name__,
                )
            )
    return Options(**chosen)


def _body(value: Any) -> bytes | None:
    if value is None or isinstance(value, bytes):
        return value
    if isinstance(value, str):
        try:
            return value.encode()
        except UnicodeEncodeError:
            raise ConfigurationError(
                _("body= contains a lone surrogate, which is not valid text")
            ) from None
    raise ConfigurationError(
        _(
            "body= is of type {type}: expected bytes or str, which are sent unchanged; pass a "
            "mapping as json= or, for APIv2, as xml=",
            type=type(value).__name__,
        )
    )


def _header_fields(given: Mapping[Any, Any]) -> dict[str, str]:
    return {_header_name(name): _header_value(name, value) for name, value in given.items()}


@lru_cache(maxsize=256)
def _header_name(name: Any) -> str:
    if not isinstance(name, str) or not _is_token(name):
        raise ConfigurationError(_("{name!r} is not a valid header name", name=name))
    if name.lower() in FRAMING:
        raise ConfigurationError(
            _("headers= contains {name}, which the client sets itself", name=name)
        )
    return name


def _is_token(name: str) -> bool:
    return bool(name) and all(
        sign.isascii() and (sign.isalnum() or sign in "!#$%&'*+-.^_`|~") for sign in name
    )


def _header_value(name: str, value: Any) -> str:
    if isinstance(value, enum.Enum):
        value = value.value
    text = None
    if isinstance(value, str | int) and not isinstance(value, bool):
        text = canonical.text(value, f"headers[{name!r}]")
    if text is None or not text.isascii() or not text.replace("\t", " ").isprintable():
        raise ConfigurationError(
            _(
                "headers[{name!r}]: expected printable ASCII text without line breaks (RFC 9110, "
                "section 5.5)",
                name=name,
            )
        )
    return text


def sensitive_of(given: Any) -> Literal["auto", "off"] | None:
    """Check the `sensitive` option.

    Args:
        given: `"auto"`, `"off"`, or None for the client's setting, which by default is off.

    Raises:
        ConfigurationError: any other value.
    """
    for mode in ("auto", "off", None):
        if given is mode or (isinstance(given, str) and given == mode):
            return mode
    raise ConfigurationError(  # the value may itself be a secret, so the error does not show it
        _(
            'sensitive= must be "auto" (encrypt and decrypt the fields that the catalogue lists '
            'as encrypted), "off" or None, not another {type}; to encrypt one text, use '
            'Sensitive("…")',
            type=type(given).__name__,
        )
    )


def size_of(given: Any) -> int | None:
    """Check a `max_response_size`: bytes, or None for the default.

    Args:
        given: an int above 0, or None.

    Raises:
        ConfigurationError: any other value.
    """
    if given is None or (isinstance(given, int) and not isinstance(given, bool) and given > 0):
        return given
    raise ConfigurationError(
        _(
            "max_response_size={represented}: expected a number of bytes above 0 as int, or None "
            "for the default of {max_response_size}",
            represented=represented(given),
            max_response_size=MAX_RESPONSE_SIZE,
        )
    )


def deadline_of(given: Any) -> float | None:
    """Check a `deadline`: seconds for a whole call with all its attempts, or None for no limit.

    Raises:
        ConfigurationError: any other value.
    """
    if _is_seconds(given):
        return given  # type: ignore[no-any-return]
    raise ConfigurationError(
        _(
            "deadline={represented}: expected seconds above 0 and at most {longest}, or None for "
            "no deadline",
            represented=represented(given),
            longest=LONGEST,
        )
    )


def timeout_of(given: Any) -> Timeout:
    """Return a timeout as two numbers of seconds: to connect, and between two reads.

    Args:
        given: one number for both, a pair, or None to wait indefinitely.

    Raises:
        ConfigurationError: any other value, or a number that is not above zero.
    """
    pair = tuple(given) if isinstance(given, tuple | list) else (given, given)
    if len(pair) == 2 and all(_is_seconds(number) for number in pair):
        return pair[0], pair[1]
    raise ConfigurationError(
        _(
            "timeout {represented}: expected seconds above 0, as one number or (connect, read)",
            represented=represented(given),
        )
    )


def _is_seconds(number: Any) -> bool:
    if isinstance(number, bool):
        return False
    return number is None or (isinstance(number, int | float) and 0 < number <= LONGEST)
