"""Encrypts and decrypts sensitive fields automatically, according to the catalogue.

`sensitive="auto"`, of a client or a call, wraps the flow of an APIv3 call. In the request, text in
the sensitive members becomes `Sensitive`, and the encoder encrypts it. In the response, ciphertexts
in these members are replaced by their plaintexts after the signature was verified. Members that the
catalogue does not list stay unchanged, and so does JSON inside a string.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple, TypeAlias

from ... import catalogue
from ...flow import Effect, Flow, Handler
from ...keys.credential import Credential
from ...messages.request import Options, Request
from ...messages.response import Response
from ...messages.sensitive import Sensitive
from ...utils.exceptions import ConfigurationError, DecryptionError
from ...utils.secret import Secret, reveal
from ...utils.translation import _

__all__ = ["decrypted", "encrypt_fields", "marks_of", "rewritten", "unreadable"]

ENCRYPTED = "RSAES-OAEP"

Marks: TypeAlias = "dict[str, Marks | None]"
"""The members of an object that are encrypted (None), or contain encrypted members."""
Change: TypeAlias = Callable[[str, str], Any]
"""Returns the replacement of a text, from the text and its place, such as `data[0].name`."""


def encrypt_fields(handle: Handler, credential: Credential | None) -> Handler:
    """Return a handler that encrypts and decrypts according to the catalogue.

    Args:
        handle: the stack's handler.
        credential: decrypts responses; None leaves them unchanged.
    """

    def handler(request: Request) -> Flow:
        operation = _find(request.method, request.operation)
        if operation is None:
            return (yield from handle(request))
        marked = _fields_of(operation)
        response = yield from handle(_wrapped(request, marked))
        if not marked.answer or credential is None:
            return response
        what = _("the response to {method} {path}", method=operation.method, path=operation.path)
        return (yield from _opened(response, marked.answer, credential, what))

    return handler


class EncryptedFields(NamedTuple):
    """The encrypted members of an operation."""

    json: Marks
    query: Marks
    meta: Marks
    answer: Marks


@lru_cache(maxsize=256)
def _find(method: str, path: str) -> catalogue.Operation | None:
    try:
        return catalogue.find(method, path)
    except OSError as error:
        raise unreadable(error) from error


def unreadable(error: OSError) -> ConfigurationError:
    """Return the error for a catalogue that cannot be read."""
    return ConfigurationError(
        _('sensitive="auto" needs the catalogue, which cannot be read: {error}', error=error)
    )


@cache
def _fields_of(operation: catalogue.Operation) -> EncryptedFields:
    body = marks_of(operation.body)
    is_json = operation.body_option == "json"
    return EncryptedFields(
        json=body if is_json else {},
        query=marks_of(operation.query),
        meta={} if is_json else body.get("meta") or {},
        answer=marks_of(operation.response),
    )


def marks_of(members: Iterable[catalogue.Member]) -> Marks:
    """Return the marks of an object's members from the catalogue."""
    found: Marks = {}
    for member in members:
        if member.encrypted == ENCRYPTED:
            found[member.name] = None
        elif not member.encoded and (inner := marks_of(member.members)):
            found[member.name] = inner
    return found


def _wrapped(request: Request, marked: EncryptedFields) -> Request:
    """Return a copy of the request with `Sensitive` values where the catalogue requires them."""
    given, changes = request.options, {}
    for name in ("json", "query", "meta"):
        marks, value = getattr(marked, name), getattr(given, name)
        if not marks or value is None:
            continue
        source = _fields(value, marks) if name == "query" else value
        if (
            changed := rewritten(source, marks, lambda text, _ignored: Sensitive(text))
        ) is not value:
            changes[name] = changed
    return request.replace(options=Options(**{**vars(given), **changes})) if changes else request


def _fields(query: Any, marks: Marks) -> Any:
    """Return a query's pairs as a mapping, in which the encoder finds `Sensitive` values."""
    if isinstance(query, str | Mapping):
        return query
    try:
        pairs = list(query)
        if not any(name in marks for name, _ignored in pairs):
            return pairs
        fields: dict[str, list[Any]] = {}
        for name, value in pairs:
            fields.setdefault(str(name), []).extend(
                value if isinstance(value, list | tuple) else [value]
            )
    except (TypeError, ValueError):
        return query  # not pairs: the encoder raises an error
    return {name: values[0] if len(values) == 1 else values for name, values in fields.items()}


def _opened(response: Response, marks: Marks, credential: Credential, what: str) -> Flow:
    """Return the response with plaintexts, if it is verified and contains JSON."""
    if not response.verified or not response.ok or response.streamed or not response.content:
        return response
    try:
        members = json.loads(response.content)
    except (ValueError, RecursionError):
        return response
    advice = _('WeChat Pay processed the call; sensitive="off" returns the response as received')
    changed = yield from decrypted(members, marks, credential, what, advice)
    if changed is members:
        return response
    # JSON may contain a lone surrogate, which is not valid text; `json()` reads it from here.
    content = json.dumps(changed, ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "surrogatepass"
    )
    answer = Response(response.status_code, response.headers, content, request=response.request)
    answer.digest = response.digest
    answer.verified = True
    return answer


def decrypted(
    value: Any, marks: Marks, credential: Credential, what: str, advice: str
) -> Generator[Effect, Any, Any]:
    """Return a value with its marked ciphertexts decrypted; the same object if there are none.

    Args:
        value: parsed JSON.
        marks: the members that may contain ciphertexts.
        credential: decrypts them.
        what: the message that contains them, for the error.
        advice: the remedy, for the error.

    Raises:
        DecryptionError: a ciphertext cannot be decrypted.
    """
    found: dict[str, str] = {}

    def note(text: str, place: str) -> str:
        if _is_ciphertext(text, credential.sizes):
            found.setdefault(text, place)
        return text

    rewritten(value, marks, note)
    opened: dict[str, Secret[str]] = {}
    for text, place in found.items():
        try:
            opened[text] = Secret((yield from credential.decrypting(text)))
        except DecryptionError as error:
            raise DecryptionError(
                _(
                    "{place} in {what} cannot be decrypted with this merchant's key: it was "
                    "encrypted for another certificate, or is damaged. {advice}",
                    place=place,
                    what=what,
                    advice=advice,
                )
            ) from error.__cause__
    return rewritten(value, marks, lambda text, _ignored: reveal(opened.get(text, text)))


def _is_ciphertext(text: str, sizes: Sequence[int]) -> bool:
    """Return whether a text is base64 with the length in bytes of a key's ciphertext."""
    if all(len(text) != (size + 2) // 3 * 4 for size in sizes):
        return False
    try:
        return len(base64.b64decode(text, validate=True)) in sizes
    except (binascii.Error, ValueError):
        return False


def rewritten(value: Any, marks: Marks | None, change: Change, place: str = "") -> Any:
    """Return a value with its marked texts changed; the same object if nothing changes."""
    if not isinstance(value, list | tuple):
        return _one(value, marks, change, place)
    items = [_one(item, marks, change, f"{place}[{at}]") for at, item in enumerate(value)]
    same = all(new is old for new, old in zip(items, value, strict=True))
    return value if same else items


def _one(value: Any, marks: Marks | None, change: Change, place: str) -> Any:
    if marks is None:
        return change(value, place) if isinstance(value, str) and value else value
    if not isinstance(value, Mapping):
        return value
    changes = {}
    for name, inner in marks.items():
        if name in value:
            within = f"{place}.{name}" if place else name
            changed = rewritten(value[name], inner, change, within)
            if changed is not value[name]:
                changes[name] = changed
    return {**value, **changes} if changes else value
