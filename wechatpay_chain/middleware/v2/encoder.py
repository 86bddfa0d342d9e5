"""APIv2: adds nonce and `sign`, and encodes the XML body or the query.

Source: https://pay.weixin.qq.com/doc/v2/merchant/4011985891
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from ...crypto import digest
from ...flow import Flow, Handler, Middleware
from ...messages import canonical, xml
from ...messages.media import as_media, multipart
from ...messages.percent_encoding import append_query, query_string
from ...messages.request import Request
from ...utils.exceptions import ConfigurationError
from ...utils.secret import Secret, hide
from ...utils.translation import _
from ..amounts import reject_fractions

__all__ = ["v2_encoder"]

MERCHANT_FIELDS = ("mch_id", "mchid", "combine_mch_id")


def v2_encoder(mchid: str, secret: str | Secret[str]) -> Middleware:
    """Sign the fields of a request and encode them as XML, or as a query for GET.

    Args:
        mchid: the client's merchant ID; the fields must contain the same one.
        secret: the APIv2 key.
    """
    secret = hide(secret)

    def encode(request: Request, handle: Handler) -> Flow:
        return (yield from handle(_encoded(request, mchid, secret)))

    return encode


def _encoded(request: Request, mchid: str, secret: str | Secret[str]) -> Request:
    given = request.options
    if given.json is not None:
        raise ConfigurationError(_("json= is only for APIv3 (v3/…); for APIv2 use xml="))
    if given.meta is not None:
        raise ConfigurationError(
            _("meta= is only for APIv3 uploads; for APIv2 pass the fields in xml=")
        )
    if given.body is not None:
        if given.xml is not None or given.media is not None:
            raise ConfigurationError(
                _("body= cannot be combined with xml= or media=: a request has one body")
            )
        query = query_string(given.query) if given.query is not None else ""
        return request.replace(content=given.body, target=append_query(request.target, query))
    if request.method == "GET":
        own = _query_fields(request)
        fields = _signed(own, given.nonceless, mchid, secret)
        reject_fractions(request, "query", own)
        return request.replace(
            content=b"",
            target=append_query(request.path, query_string(fields)),
        )
    query = query_string(given.query) if given.query is not None else ""
    target = append_query(request.target, query)
    if given.media is not None:
        return _upload(request.replace(target=target), mchid, secret)
    fields = _signed(given.xml or {}, given.nonceless, mchid, secret)
    reject_fractions(request, "xml", given.xml)
    return request.replace(content=xml.dumps(fields).encode(), target=target)


def _query_fields(request: Request) -> dict[str, Any]:
    given = request.options
    if given.xml is not None and given.query is not None:
        raise ConfigurationError(_("a GET has one set of fields: pass query= or xml=, not both"))
    fields = given.xml if given.xml is not None else given.query
    if isinstance(fields, str):
        fields = parse_qsl(fields, keep_blank_values=True)
    inline = parse_qsl(request.target.partition("?")[2], keep_blank_values=True)
    try:
        return {**dict(inline), **dict(fields or {})}
    except (TypeError, ValueError):
        raise ConfigurationError(
            _(
                "query is of type {type}; expected a mapping or pairs",
                type=type(fields).__name__,
            )
        ) from None


def _upload(request: Request, mchid: str, secret: str | Secret[str]) -> Request:
    """Encode an upload; `sign` covers the fields and the file's MD5, not the file."""
    media = as_media(request.options.media, digest="md5")
    given = {"media_hash": digest.hexdigest("md5", media.content), **(request.options.xml or {})}
    fields = _signed(given, True, mchid, secret)
    parts = [(name, None, "text/plain; charset=utf-8", v.encode()) for name, v in fields.items()]
    kind, content = multipart([media.part("media"), *parts])
    headers = request.headers.merged({"Content-Type": kind})
    return request.replace(content=content, headers=headers)


def _signed(
    given: Mapping[str, Any], nonceless: bool, mchid: str, secret: str | Secret[str]
) -> dict[str, str]:
    _assert_own(given, mchid)
    if not secret:
        raise ConfigurationError(_("secret is missing: APIv2 signs with the merchant's APIv2 key"))
    fields = {
        name: xml.clean(value)
        for name, thing in given.items()
        if name != "sign" and (value := canonical.text(thing, name)) is not None
    }
    if not nonceless:
        fields.setdefault("nonce_str", canonical.nonce())
    kind = fields.get("sign_type") or digest.MD5
    try:
        fields["sign"] = digest.sign(kind, canonical.fields(fields), secret)
    except UnicodeEncodeError:
        raise ConfigurationError(
            _("xml= contains a lone surrogate, which is not valid text")
        ) from None
    return fields


def _assert_own(given: Mapping[str, Any], mchid: str) -> None:
    if not isinstance(given, Mapping):
        raise ConfigurationError(
            _("xml= is of type {type}; expected a mapping", type=type(given).__name__)
        )
    named = {name: given[name] for name in MERCHANT_FIELDS if given.get(name) is not None}
    if not named:
        raise ConfigurationError(
            _(
                "the fields must contain one of {merchant_fields} with the value {mchid!r}",
                merchant_fields=", ".join(MERCHANT_FIELDS),
                mchid=mchid,
            )
        )
    for name, value in named.items():
        if canonical.text(value, name) != mchid:
            raise ConfigurationError(
                _(
                    "{name} is {value!r}, but this client signs for {mchid!r}: use the client of "
                    "that merchant",
                    name=name,
                    value=value,
                    mchid=mchid,
                )
            )
