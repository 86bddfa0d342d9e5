"""APIv3: encodes `json=` and `media=`, and encrypts `Sensitive` values.

Every request names a key in `Wechatpay-Serial`: the key that encrypts its fields, and that WeChat
Pay uses to sign the response. Without it, WeChat Pay signs with the platform certificate.
Source: https://pay.weixin.qq.com/doc/v3/merchant/4012154180 (which key signs the response).
"""

from __future__ import annotations

import enum
import json
from collections.abc import Callable, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from ...flow import Flow, Handler, Middleware
from ...keys.credential import Platform
from ...keys.platform_key import same_key
from ...keys.platform_keys import PlatformKeys
from ...messages import canonical
from ...messages.headers import Headers
from ...messages.media import as_media, multipart
from ...messages.percent_encoding import append_query, query_string
from ...messages.request import Options, Request
from ...messages.sensitive import Sensitive
from ...utils.exceptions import ConfigurationError
from ...utils.translation import _
from ..amounts import reject_fractions

__all__ = ["encoder"]

SERIAL = "Wechatpay-Serial"
JSON_TYPES = (dict, list, tuple, Mapping)


def encoder(platform: PlatformKeys, answer_with: str | None = None) -> Middleware:
    """Build a request's target, content and `Wechatpay-Serial` from the arguments of the call.

    Args:
        platform: WeChat Pay's keys.
        answer_with: the id of the key that requests name; by default WeChat Pay's public key, else
            the certificate with the latest expiry. A call's own `answer_with=` takes precedence,
            and a `Wechatpay-Serial` in its `headers=` is sent unchanged.
    """

    def encode(request: Request, handle: Handler) -> Flow:
        if platform.is_due and _has_secrets(request.options):
            yield from platform.prepare()  # an outer layer without need for a key has not done it
        return (yield from handle(_encoded(request, platform, answer_with)))

    return encode


def _has_secrets(options: Options) -> bool:
    """Return whether a value must be encrypted."""
    rest = [options.json, options.query, options.meta]
    while rest:
        value = rest.pop()
        if isinstance(value, Sensitive):
            return True
        if isinstance(value, Mapping):
            rest += value.values()
        elif isinstance(value, list | tuple):
            rest += value
    return False


def _encoded(request: Request, platform: Platform, answer_with: str | None) -> Request:
    given = request.options
    if given.xml is not None:
        raise ConfigurationError(_("xml= is only for APIv2 (v2/…); for APIv3 use json="))
    if (given.json is not None) + (given.media is not None) + (given.body is not None) > 1:
        _reject_two_bodies(json=given.json, media=given.media, body=given.body)
    secrets = _Encryption(platform, request, answer_with)
    encoded = request.replace()
    encoded.content = given.body or b""
    if given.query is not None:
        query = _reveal(given.query, secrets)
        encoded.target = append_query(request.target, query_string(query))
        reject_fractions(request, "query", given.query)
    if given.json is not None:
        if not isinstance(given.json, JSON_TYPES):
            raise ConfigurationError(
                _(
                    "json= is of type {kind}: expected a mapping or a list; pass text that is "
                    "already JSON as body=",
                    kind=canonical.kind(given.json),
                )
            )
        encoded.content = _dumps(given.json, "json", secrets)
        reject_fractions(request, "json", given.json)
    if given.media is not None:
        media = as_media(given.media)
        meta = _meta(given.meta if given.meta is not None else media.meta, secrets)
        kind, content = multipart([("meta", None, "application/json", meta), media.part()])
        encoded.content, encoded.signed = content, meta
        encoded.headers = request.headers.merged({"Content-Type": kind})
    elif given.meta is not None:
        raise ConfigurationError(_("meta= requires media=, which is missing"))
    encoded.headers = secrets.named(encoded.headers)
    return encoded


class _Encryption:
    """The key of a request: it encrypts `Sensitive` values, and must sign the response."""

    __slots__ = ("_header", "_key", "_platform")

    def __init__(self, platform: Platform, request: Request, answer_with: str | None) -> None:
        self._platform = platform
        self._header = request.headers.get(SERIAL)
        self._key: tuple[str, RSAPublicKey] | None = None
        wanted = request.options.answer_with
        if self._header is None:
            self._key = _chosen(platform, wanted, answer_with)
        elif wanted is not None and not same_key(wanted, self._header):
            raise ConfigurationError(
                _(
                    "answer_with= is {wanted!r} but headers= has {serial} {header!r}: a request "
                    "can name only one key, so leave one of them out",
                    wanted=wanted,
                    serial=SERIAL,
                    header=self._header,
                )
            )

    def __call__(self, value: Sensitive) -> str:
        if self._key is None:
            self._key = self._platform.encryption_key(self._header)
        return value.encrypt(self._key[1])

    def named(self, headers: Headers) -> Headers:
        """Return the header fields with the key's id, if there is a key."""
        if self._key is None:
            return headers
        if self._header is None:
            return headers.added(SERIAL, self._key[0])
        return headers.merged({SERIAL: self._key[0]})


def _chosen(
    platform: Platform, wanted: str | None, answer_with: str | None
) -> tuple[str, RSAPublicKey] | None:
    """Return the call's key, else the client's unless it has expired, else the preferred one."""
    if wanted is not None:
        return platform.encryption_key(wanted)
    key = platform.preferred(answer_with)
    return None if key is None else (key.name, key.key)


def _reveal(query: Any, encrypt: Callable[[Sensitive], str]) -> Any:
    if isinstance(query, Mapping):
        return {
            name: encrypt(value) if isinstance(value, Sensitive) else value
            for name, value in query.items()
        }
    return query


def _meta(meta: Any, encrypt: Callable[[Sensitive], str]) -> bytes:
    if isinstance(meta, str):
        return _utf8(meta, "meta")
    if not isinstance(meta, Mapping):
        raise ConfigurationError(
            _(
                "meta= is of type {type}: expected a mapping, or JSON as text",
                type=type(meta).__name__,
            )
        )
    return _dumps(meta, "meta", encrypt)


def _dumps(value: Any, name: str, encrypt: Callable[[Sensitive], str]) -> bytes:
    def default(thing: object) -> Any:
        if isinstance(thing, Sensitive):
            return encrypt(thing)
        if isinstance(thing, Mapping):
            return dict(thing)
        if isinstance(thing, enum.Enum):
            return thing.value
        written = canonical.moment(thing, _("a value in {name}=", name=name))
        if written is not None:
            return written
        raise ConfigurationError(
            _(
                "{name}= contains a value of type {kind}, which JSON does not support: use int "
                "(fen) for amounts, and aware datetimes or text for times",
                name=name,
                kind=canonical.kind(thing),
            )
        )

    try:
        try:
            written = PLAIN(value)
        except _NotPlainError:
            written = json.JSONEncoder(**FORM, default=default).encode(value)
        return _utf8(written, name)
    except (ValueError, TypeError, RecursionError) as error:
        if isinstance(error, ConfigurationError):
            raise
        raise ConfigurationError(
            _("{name}= cannot be written as JSON: {error}", name=name, error=error)
        ) from None


def _utf8(text: str, name: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise ConfigurationError(
            _("{name}= contains a lone surrogate, which is not valid text", name=name)
        ) from None


class _NotPlainError(Exception):
    """A value contains types other than JSON's own."""


def _not_plain(thing: object) -> Any:
    raise _NotPlainError


FORM: Any = {"ensure_ascii": False, "allow_nan": False, "separators": (",", ":")}


def _plain_encoder() -> Callable[[Any], str]:
    """Return a JSON encoder for values of JSON's own types, as in most requests.

    `JSONEncoder.encode` creates a new C encoder per call; this one is created once. It does not
    check for cycles, so a cycle raises a RecursionError.
    """
    make: Any = getattr(json.encoder, "c_make_encoder", None)
    escape = json.encoder.encode_basestring
    if make is None:  # an interpreter without the C module
        return json.JSONEncoder(**FORM, default=_not_plain).encode
    encode = make(None, _not_plain, escape, None, ":", ",", False, False, False)
    return lambda value: "".join(encode(value, 0))


PLAIN = _plain_encoder()


def _reject_two_bodies(**bodies: Any) -> None:
    given = [f"{name}=" for name, value in bodies.items() if value is not None]
    raise ConfigurationError(
        _("{given} cannot be combined: a request has one body", given=" and ".join(given))
    )
