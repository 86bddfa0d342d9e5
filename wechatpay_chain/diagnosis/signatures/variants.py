"""Variants of a request that may have been signed instead: bodies, targets, forms of the text."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, quote_plus, unquote, unquote_plus, urlencode

from ...utils.translation import _
from ..findings import Diagnosis, Finding
from .digests import Signed
from .serializations import other_serializations

__all__ = [
    "Form",
    "Head",
    "Variant",
    "bodies",
    "changed_byte",
    "five_lines",
    "matching",
    "targets",
    "three_lines",
]

BOM = b"\xef\xbb\xbf"
ALPHABET = bytes(range(32, 127)) + bytes([9, 10, 13]) + bytes(range(128, 256)) + bytes(range(9))
EMPTY = ("{}", "[]", "null", '""', "undefined", "None", "nil", "false", " ")
"""The texts that languages and libraries make of no body."""
SHORT = 1500
"""Maximum bytes of a body that is searched for a changed byte."""
MAIN_HOST = "https://api.mch.weixin.qq.com"
PREFIXES = ("/hk", "/v3", "/api", "/wechatpay", "/pay")
META = re.compile(
    rb'name="meta"[^\r\n]*(?:\r?\n[^\r\n]+)*\r?\n\r?\n(.*?)\r?\n--', re.DOTALL | re.IGNORECASE
)


class Variant(NamedTuple):
    """A value that may have been signed instead.

    Attributes:
        value: the value.
        cause: a name in `CAUSES`; empty for the correct value.
        detail: the difference.
    """

    value: Any
    cause: str = ""
    detail: str = ""


Form = Callable[[bytes], Variant]


def bodies(body: bytes) -> Iterator[Variant]:
    """Yield a body, and its variants that may have been signed."""
    meta = META.search(body) if body.startswith(b"--") else None
    if meta is not None:
        yield Variant(meta[1])
        yield Variant(body, "missing_body", _("the whole upload was signed instead of its meta"))
    else:
        yield Variant(body)
    if body:
        yield Variant(b"", "missing_body", _("an empty body was signed"))
    else:
        for text in EMPTY:
            yield Variant(text.encode(), "surplus_body", _("{text} was signed", text=text))
    yield from _ends(body)
    yield from _charsets(body)
    for written, detail in other_serializations(body):
        yield Variant(written, "reserialised_json", detail)


def _ends(body: bytes) -> Iterator[Variant]:
    trimmed = body.strip()
    if trimmed != body:
        yield Variant(
            trimmed, "trailing_newline", _("the body was signed without its final line ending")
        )
    if body:
        for end in (b"\n", b"\r\n", b" "):
            yield Variant(
                body + end,
                "trailing_newline",
                _("the body was signed with {end!r} appended", end=end),
            )
    if b"\r\n" in body:
        yield Variant(body.replace(b"\r\n", b"\n"), "trailing_newline", _("CRLF was signed as LF"))
    elif b"\n" in body:
        yield Variant(body.replace(b"\n", b"\r\n"), "trailing_newline", _("LF was signed as CRLF"))


def _charsets(body: bytes) -> Iterator[Variant]:
    if body.startswith(BOM):
        yield Variant(body[len(BOM) :], "charset", _("a byte order mark precedes the body"))
    elif body:
        yield Variant(BOM + body, "charset", _("a byte order mark was signed"))
    if body.isascii():
        return
    for sent, signed in (
        ("utf-8", "gb18030"),
        ("utf-8", "utf-16-le"),
        ("gb18030", "utf-8"),
        ("latin-1", "utf-8"),
    ):
        try:
            text = body.decode(sent)
            if sent != "latin-1" or not _is(body, "gb18030"):
                yield Variant(
                    text.encode(signed),
                    "charset",
                    _("{signed} was signed, {sent} was sent", signed=signed, sent=sent),
                )
                continue
            yield Variant(text.encode(signed), "charset", _("UTF-8 was encoded twice"))
        except UnicodeError:
            continue
    try:
        yield Variant(body.decode().encode("latin-1", "replace"), "charset", _("signed as latin-1"))
        yield Variant(body.decode().encode("ascii", "replace"), "charset", _("signed as ASCII"))
    except UnicodeError:
        return


def _is(body: bytes, encoding: str) -> bool:
    try:
        body.decode(encoding)
    except UnicodeError:
        return False
    return True


def targets(target: str, origin: str) -> Iterator[Variant]:
    """Yield a target, and its variants that may have been signed."""
    yield Variant(target)
    path, mark, query = target.partition("?")
    if mark:
        yield Variant(path, "query_missing", _("the query was {query!r}", query=query))
        yield from _queries(path, query)
    else:
        yield Variant(f"{path}?", "path", _("a ? was signed after the path"))
    for prefix in range(1, path.count("/")):
        shorter = "/" + path.lstrip("/").split("/", prefix)[-1]
        cut = path[: len(path) - len(shorter)]
        yield Variant(f"{shorter}{mark}{query}", "path", _("signed without {cut}", cut=cut))
    for prefix_text in PREFIXES:
        yield Variant(
            f"{prefix_text}{target}",
            "path",
            _("signed with {prefix_text} prepended", prefix_text=prefix_text),
        )
    for known in dict.fromkeys((origin, MAIN_HOST)) if origin else (MAIN_HOST,):
        host = known.partition("://")[2]
        for scheme in ("https://", "http://"):
            detail = _("the scheme and the host were signed")
            yield Variant(f"{scheme}{host}{target}", "path", detail)
        yield Variant(f"{host}{target}", "path", _("the host was signed"))
    yield Variant(target.removeprefix("/"), "path", _("signed without the leading /"))
    yield Variant(f"/{target}", "path", _("signed with two leading /"))
    for changed, how in (
        (target.lower(), _("in lower case")),
        (target.upper(), _("in upper case")),
    ):
        if changed != target:
            yield Variant(changed, "path", _("the path was signed {how}", how=how))
    other = path[:-1] if path.endswith("/") else f"{path}/"
    yield Variant(f"{other}{mark}{query}", "path", _("the trailing / differs"))
    for changed, how in ((unquote(path), _("decoded")), (quote(unquote(path)), _("encoded"))):
        if changed != path:
            yield Variant(
                f"{changed}{mark}{query}", "path", _("the path was signed {how}", how=how)
            )


def _queries(path: str, query: str) -> Iterator[Variant]:
    cause = "query_encoding"
    spellings = {
        _("a space was sent as + and signed as %20"): query.replace("+", "%20"),
        _("a space was sent as %20 and signed as +"): query.replace("%20", "+"),
        _("the query was signed decoded"): unquote(query),
        _("the query was signed decoded, with + as a space"): unquote_plus(query),
        _("the query was signed with lower-case hex digits"): _hex(query, str.lower),
        _("the query was signed with upper-case hex digits"): _hex(query, str.upper),
    }
    plus_is_space = parse_qsl(query, keep_blank_values=True)
    plus_is_plus = parse_qsl(query.replace("+", "%2B"), keep_blank_values=True)
    for pairs, quoting, safe in itertools.product(
        (plus_is_space, plus_is_plus), (quote, quote_plus), ("", "/", ":/", "~")
    ):
        spelled = urlencode(pairs, quote_via=quoting, safe=safe)
        spellings.setdefault(_("signed as {spelled}", spelled=spelled[:150]), spelled)
    for how, spelled in spellings.items():
        if spelled != query:
            yield Variant(f"{path}?{spelled}", cause, how)
    pieces = query.split("&")
    orders = {_("sorted"): sorted(pieces), _("reversed"): pieces[::-1]}
    if 2 <= len(pieces) <= 5:
        orders |= {_("as {each}", each=each): list(each) for each in itertools.permutations(pieces)}
    for how, ordered in orders.items():
        if ordered != pieces:
            yield Variant(
                f"{path}?{'&'.join(ordered)}", "query_order", _("signed {how}", how=how)[:200]
            )
    for index in range(len(pieces) if len(pieces) > 1 else 0):
        fewer = "&".join(pieces[:index] + pieces[index + 1 :])
        yield Variant(
            f"{path}?{fewer}",
            "query_missing",
            _("signed without {pieces}", pieces=pieces[index])[:200],
        )


def _hex(query: str, change: Callable[[str], str]) -> str:
    return re.sub("%[0-9A-Fa-f]{2}", lambda found: change(found[0]), query)


def five_lines(method: str, target: str, stamp: str, nonce: str) -> Iterator[Form]:
    """Yield the forms of a request's signed text, the correct one first."""
    head = f"{method}\n{target}\n{stamp}\n{nonce}\n".encode()
    yield lambda body: Variant(head + body + b"\n")
    yield from _forms([method, target, stamp, nonce])
    swapped = f"{method}\n{target}\n{nonce}\n{stamp}\n".encode()
    yield _form(swapped, b"\n", _("the nonce was signed before the timestamp"))
    yield _form(
        f"{stamp}\n{nonce}\n".encode(), b"\n", _("the method and the target were not signed")
    )
    yield _form(
        f"{target}\n{method}\n{stamp}\n{nonce}\n".encode(), b"\n", _("target before method")
    )


def three_lines(stamp: str, nonce: str) -> Iterator[Form]:
    """Yield the forms of a response's signed text, the correct one first."""
    head = f"{stamp}\n{nonce}\n".encode()
    yield lambda body: Variant(head + body + b"\n")
    yield from _forms([stamp, nonce])
    yield _form(f"{nonce}\n{stamp}\n".encode(), b"\n", _("the nonce before the timestamp"))


def _forms(parts: list[str]) -> Iterator[Form]:
    head = "".join(f"{part}\n" for part in parts).encode()
    yield _form(head, b"", _("the last line feed is missing"))
    yield _form(head, b"\n\n", _("there is an extra line feed, at the end or after the body"))
    yield _form(head[:-1], b"", _("the body line is missing"))
    yield lambda _body: Variant(head, "canonical_string", _("the body and its line are missing"))
    yield _form("".join(f"{part}\r\n" for part in parts).encode(), b"\r\n", _("lines end in CRLF"))
    literal = "".join(f"{part}\\n" for part in parts).encode()
    yield _form(literal, b"\\n", _("a backslash and an n were signed instead of a line feed"))
    yield _form("".join(parts).encode(), b"", _("there are no line feeds"))
    yield _form("&".join(parts).encode() + b"&", b"", _("the parts are separated by &"))
    yield _form(head + b"\n", b"\n", _("there is an empty line before the body"))


def _form(head: bytes, end: bytes, detail: str) -> Form:
    return lambda body: Variant(head + body + end, "canonical_string", detail)


class Head(NamedTuple):
    """The signed text before the body.

    Attributes:
        forms: the forms of the signed text with this head, the correct one first; each takes a
            body.
        finding: how this head differs from the sent one, or None.
    """

    forms: tuple[Form, ...]
    finding: Finding | None = None


def matching(signed: Signed, heads: list[Head], several: list[Variant]) -> Diagnosis | None:
    """Return how the signed text differs from the sent one, or None if no known variant matches.

    The result has the fewest differences, at most two.

    Args:
        signed: the content of the signature.
        heads: the heads, the correct one first.
        several: the bodies, the correct one first.
    """
    best: Diagnosis | None = None
    for head in heads:
        for place, form in enumerate(head.forms):
            for index, body in enumerate(several):
                steps = (head.finding is not None) + (place > 0) + (index > 0)
                if steps > 2 or (best is not None and steps >= len(best.findings)):
                    continue
                made = form(body.value)
                if not signed.covers(made.value):
                    continue
                found = [head.finding] if head.finding is not None else []
                found += [Finding(each.cause, each.detail) for each in (made, body) if each.cause]
                best = Diagnosis(found, made.value)
    return best


def changed_byte(signed: Signed, head: bytes, body: bytes) -> str:
    """Return where a body differs in one byte from the signed one; empty if there is no such place.

    Args:
        signed: the content of the signature.
        head: the signed text before the body.
        body: the available body; a line feed follows it.
    """
    if signed.algorithm != "SHA-256" or len(body) > SHORT:
        return ""
    for index in range(len(body) + 1):
        state = hashlib.sha256(head + body[:index])
        dropped = state.copy()
        dropped.update(body[index + 1 :] + b"\n")
        if dropped.digest() == signed.digest:
            return _(
                "byte {index} ({body!r}) was not signed", index=index, body=body[index : index + 1]
            )
        for rest, verb in ((body[index + 1 :], "was"), (body[index:], _("is missing:"))):
            rest += b"\n"
            for value in ALPHABET:
                tried = state.copy()
                tried.update(bytes([value]) + rest)
                if tried.digest() == signed.digest:
                    return _(
                        "byte {index} {verb} {bytes!r} when it was signed",
                        index=index,
                        verb=verb,
                        bytes=bytes([value]),
                    )
    return ""
