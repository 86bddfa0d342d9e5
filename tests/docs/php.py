"""What a call of the PHP SDK sends, by the rules of its version 1.4.12.

Sources: https://github.com/wechatpay-apiv3/wechatpay-php, src/Builder.php (`normalize`,
`pathname`), src/ClientDecorator.php (`prepare`); https://docs.guzzlephp.org/en/stable/
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple
from urllib.parse import quote, urljoin

SEGMENT = re.compile(
    r"(?:->(?P<name>\w+)(?!\w*\()|->\{'(?P<quoted>[^']*)'\}|\['(?P<key>[^']*)'\]"
    r"|->chain\('(?P<text>[^']*)'\))"
)
VERB = re.compile(r"->(?P<verb>get|post|put|patch|delete)(?:Async)?\((?P<options>.*)\)", re.S)
TOKEN = re.compile(r"\s*(?:'((?:[^'\\]|\\.)*)'|(=>|[\[\],])|([\w.]+))")
VARIABLE = re.compile(r"\{(\+?)(\w+)\}")
BASE = "https://api.mch.weixin.qq.com/"


class Sent(NamedTuple):
    """A request: of the body, what it means."""

    method: str
    url: str
    body: Any
    headers: dict[str, str]


def sent(call: str) -> Sent:
    """The request of a call.

    Args:
        call: `$wxpay->v3->certificates->get(['query' => […]])`.
    """
    verb = VERB.search(call)
    assert verb is not None, call
    options = array(verb["options"]) if verb["options"].strip() else {}
    path = "/".join(segments(call[len("$wxpay") : verb.start()]))
    path = VARIABLE.sub(lambda found: expanded(found, options), path)
    if path.startswith("v2/"):  # then the XML client sends it, without the prefix
        path = path[3:]
    url = urljoin(options.get("base_uri", BASE), path)
    if "query" in options:
        pairs = (f"{quote(str(k))}={quote(str(v))}" for k, v in options["query"].items())
        url += f"?{'&'.join(pairs)}"
    body = options.get("json", options.get("xml", options.get("body")))
    return Sent(verb["verb"].upper(), url, body, options.get("headers", {}))


def segments(chain: str) -> list[str]:
    """The segments of a chain, each normalized as `offsetGet` does."""
    found, end = [], 0
    for match in SEGMENT.finditer(chain):
        assert match.start() == end, chain
        end = match.end()
        found.append(normalized(next(filter(None, match.groups()))))
    assert end == len(chain), chain
    return found


def normalized(text: str) -> str:
    text = re.sub("^[A-Z]", lambda match: match[0].lower(), text)
    text = re.sub("[A-Z]", lambda match: f"-{match[0].lower()}", text)
    return re.sub("^_(.*)_$", r"{\1}", text)


def expanded(variable: re.Match[str], options: dict[str, Any]) -> str:
    value = str(options.get(variable[2], ""))
    return quote(value, safe="/:" if variable[1] else "")


def array(text: str) -> Any:
    """The value of an array's literal."""
    tokens = [match.groups() for match in TOKEN.finditer(text)]
    value, rest = _value(tokens)
    assert not rest, text
    return value


def _value(tokens: list[tuple[str | None, ...]]) -> tuple[Any, list[tuple[str | None, ...]]]:
    (string, sign, word), rest = tokens[0], tokens[1:]
    if string is not None:
        return string.replace("\\'", "'").replace("\\\\", "\\"), rest
    if word is not None:
        return json.loads(word), rest
    assert sign == "[", tokens
    items: list[Any] = []
    pairs: dict[str, Any] = {}
    while rest[0][1] != "]":
        item, rest = _value(rest)
        if rest[0][1] == "=>":
            pairs[item], rest = _value(rest[1:])
        else:
            items.append(item)
        if rest[0][1] == ",":
            rest = rest[1:]
    return (items or pairs), rest[1:]
