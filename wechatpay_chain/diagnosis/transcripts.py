"""Reads requests and responses from common formats: HTTP messages, `curl -v`, JSON of a log.

The body is exact if the format preserves every byte. Otherwise, as in JSON with an object as body,
it is read as compact JSON, and `Message.exact` is False.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ..messages.headers import Headers
from ..utils.exceptions import ConfigurationError
from ..utils.translation import N_, _

__all__ = ["Message", "Transcript", "number", "read"]

REQUEST_LINE = re.compile(
    rb"(GET|POST|PUT|PATCH|DELETE|HEAD) (\S+)(?: HTTP/[\d.]+)?", re.IGNORECASE
)
STATUS_LINE = re.compile(rb"HTTP/[\d.]+ (\d{3})\b.*")
BLANK_LINE = re.compile(rb"\r?\n\r?\n")
CURL = re.compile(rb"^> (?:GET|POST|PUT|PATCH|DELETE|HEAD) ", re.MULTILINE)
CURL_ANSWER = re.compile(rb"^< HTTP/", re.MULTILINE)
NOISE = (b"* ", b"{ [", b"} [", b"*\n")
METER = re.compile(rb"--:--:--|% Total +% Received|Dload +Upload")
"""curl's progress meter, which `2>&1` adds to the output."""
URL = re.compile(r"(https?://[^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)
LARGEST = 8 * 1024 * 1024
STATUSES = range(100, 1000)
LONGEST_NUMBER = 18
"""Maximum digits of a number; times and lengths have fewer."""
FORMS = N_(
    "expected an HTTP message (POST /v3/… HTTP/1.1, headers, an empty line, the body), the "
    "output of curl -v, or a JSON object with method, url, headers and body"
)


class Message(NamedTuple):
    """A request or a response.

    Attributes:
        method: the method of a request; empty for a response.
        target: path and query of a request.
        origin: scheme and host of a request, as far as they are known.
        status: the status of a response; 0 for a request.
        headers: header fields.
        body: in bytes.
        exact: whether every byte of the body is known.
    """

    method: str
    target: str
    origin: str
    status: int
    headers: Headers
    body: bytes
    exact: bool = True

    def number(self, name: str) -> int | None:
        """Return the integer in a header field, or None."""
        return number(self.field(name))

    def field(self, name: str) -> str:
        """Return the value of a header field without surrounding blanks; empty if there is none."""
        return str(self.headers.get(name, "")).strip()

    @property
    def lacks_body(self) -> bool:
        """Whether the body is missing, such as a request's body in the output of `curl -v`."""
        return not self.body and self.field("Content-Length").strip("0").isdecimal()


class Transcript(NamedTuple):
    """A request, a response, or both."""

    request: Message | None
    response: Message | None


def number(text: str) -> int | None:
    """Return the decimal integer in a text, or None if it is not one or is too long."""
    is_one = text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER
    return int(text) if is_one else None


def read(content: bytes) -> Transcript:
    """Parse a text.

    Args:
        content: the content, for example of a file.

    Raises:
        ConfigurationError: the text has none of the known formats.
    """
    if len(content) > LARGEST:
        raise ConfigurationError(_("it has more than {largest} bytes", largest=LARGEST))
    text = content.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith(b"{"):
        return _from_json(text)
    if CURL.search(text) or CURL_ANSWER.search(text):
        return _from_curl(text)
    message = _from_http(text)
    return Transcript(None, message) if message.status else Transcript(message, None)


def _from_http(text: bytes) -> Message:
    head, _ignored, body = _cut(text)
    first, *lines = head.splitlines() or [b""]
    fields = _fields(lines)
    body = _framed(body, fields)
    if line := REQUEST_LINE.fullmatch(first.strip()):
        return _request(line[1].decode(), line[2].decode("utf-8", "replace"), fields, body)
    if status := STATUS_LINE.fullmatch(first.strip()):
        return Message("", "", "", int(status[1]), fields, body)
    raise ConfigurationError(
        _("its first line is neither a request nor a status line: {forms}", forms=_(FORMS))
    )


def _cut(text: bytes) -> tuple[bytes, bytes, bytes]:
    found = BLANK_LINE.search(text)
    return (
        (text, b"", b"")
        if found is None
        else (text[: found.start()], found[0], text[found.end() :])
    )


def _framed(body: bytes, fields: Headers) -> bytes:
    """Remove the line end that an editor appended to a body, unless the length is known."""
    length = fields.get("Content-Length", "").strip()
    for end in (b"\r\n", b"\n"):
        if body.endswith(end) and length in ("", str(len(body) - len(end))):
            return body[: -len(end)]
    return body


def _fields(lines: Iterable[bytes]) -> Headers:
    pairs = (line.decode("utf-8", "replace").partition(":") for line in lines if b":" in line)
    return Headers(tuple((name.strip(), value.strip()) for name, _ignored, value in pairs))


def _request(method: str, url: str, fields: Headers, body: bytes, exact: bool = True) -> Message:
    whole = URL.fullmatch(url)
    origin, target = (whole[1], whole[2] or "/") if whole else ("", url)
    host = fields.get("Host", "").strip()
    return Message(
        method.upper() if method.isupper() else method,
        target,
        origin or (f"https://{host}" if host else ""),
        0,
        fields,
        body,
        exact,
    )


def _from_curl(text: bytes) -> Transcript:
    """Parse curl's output: `> ` and `< ` begin the heads; lines without a mark are the body."""
    heads: dict[bytes, list[bytes]] = {b"> ": [], b"< ": []}
    bodies: dict[bytes, list[bytes]] = {b"> ": [], b"< ": []}
    side = b"> "
    for line in text.splitlines(keepends=True):
        if line[:1] in (b">", b"<") and line[1:2] in (b" ", b"\r", b"\n", b""):
            side = line[:1] + b" "
            heads[side].append(line[2:].strip())
        elif line != b"\r" and not line.startswith(NOISE) and not METER.search(line):
            bodies[side].append(line)
    sides = []
    for mark in (b"> ", b"< "):
        head = b"\r\n".join(each for each in heads[mark] if each)
        body = b"".join(bodies[mark])
        sides.append(_from_http(head + b"\r\n\r\n" + body) if head else None)
    return Transcript(*sides)


def _from_json(text: bytes) -> Transcript:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise ConfigurationError(
            _("it begins with {{ but is not JSON: {forms}", forms=_(FORMS))
        ) from None
    if isinstance(found.get("request"), dict) or isinstance(found.get("response"), dict):
        request, response = found.get("request"), found.get("response")
    else:
        request = found if found.get("method") else None
        response = {
            "status": found.get("status"),
            "headers": found.get("answer_headers", None if request else found.get("headers")),
            "body": found.get("answer_body", None if request else found.get("body")),
        }
    return Transcript(
        _json_request(request) if isinstance(request, Mapping) else None,
        _json_response(response) if isinstance(response, Mapping) else None,
    )


def _json_request(found: Mapping[str, Any]) -> Message:
    target = next((found[key] for key in ("url", "target", "path") if found.get(key)), None)
    if not isinstance(target, str) or not isinstance(found.get("method"), str):
        raise ConfigurationError(_("the JSON has no method or no url: {forms}", forms=_(FORMS)))
    body, exact = _json_body(found.get("body"))
    fields = _json_fields(found.get("headers"))
    return _request(_text(found["method"]), _text(target), fields, body, exact)


def _json_response(found: Mapping[str, Any]) -> Message | None:
    status = found.get("status", found.get("status_code"))
    if not isinstance(found.get("headers"), Mapping | list):
        return None
    body, exact = _json_body(found.get("body"))
    number = status if isinstance(status, int) and status in STATUSES else 0
    return Message("", "", "", number or 200, _json_fields(found["headers"]), body, exact)


def _json_body(body: Any) -> tuple[bytes, bool]:
    if body is None:
        return b"", True
    if isinstance(body, str):
        return body.encode("utf-8", "replace"), True
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace"), False


def _text(value: object) -> str:
    """Return a value as text; a lone surrogate, which only JSON can contain, becomes `?`."""
    return str(value).encode("utf-8", "replace").decode()


def _json_fields(headers: Any) -> Headers:
    if isinstance(headers, Mapping):
        pairs = list(headers.items())
    else:
        pairs = [
            (each[0], each[1])
            for each in (headers if isinstance(headers, list) else ())
            if isinstance(each, list) and len(each) == 2
        ]
    return Headers(
        tuple(
            (_text(name), _text(value[0] if isinstance(value, list) and value else value))
            for name, value in pairs
        )
    )
