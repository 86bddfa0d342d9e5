"""Hypothesis strategies for bodies, responses and notifications, from the catalogue's schemas.

    @given(bodies("POST", "v3/refund/domestic/refunds"))
    def test_refunds_are_recorded(body): ...

The generated values pass `check="catalogue"`: required members are always present, others
sometimes. Amounts are fen, times are RFC 3339, and sensitive members are `Sensitive`.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from hypothesis import strategies as st

from .. import catalogue
from ..catalogue import Member, Operation
from ..messages.sensitive import Sensitive
from ..utils.display import represented
from ..utils.exceptions import ConfigurationError
from ..utils.translation import _

__all__ = ["answers", "bodies", "notifications", "queries"]

Drawn = st.SearchStrategy[dict[str, Any]]

LETTERS = st.characters(min_codepoint=0x20, max_codepoint=0x7E) | st.sampled_from(
    "微信支付订单商品é"
)
LONGEST, MOST = 64, 3
"""Maximum characters of a text, and items of an array, without a documented limit."""
LARGEST = 10**9
CHINA = datetime.timezone(datetime.timedelta(hours=8))
TIMES = st.datetimes(
    datetime.datetime(2020, 1, 1),
    datetime.datetime(2035, 1, 1),
    timezones=st.just(CHINA),
).map(lambda moment: moment.isoformat(timespec="seconds"))
URLS = st.sampled_from(["https://shop.example.com/a", "https://shop.example.com/wechatpay"])


def bodies(method: str, path: str) -> Drawn:
    """Generate request bodies of an operation, for `json=`, or for `xml=` in APIv2.

    Args:
        method: the HTTP method.
        path: the path of the operation, as written in a chain.

    Raises:
        ConfigurationError: the catalogue does not have the operation, or it takes no such body.
    """
    operation = _operation(method, path)
    if operation.body_option not in ("json", "xml"):
        taken = operation.body_option or "no body"
        raise ConfigurationError(
            _(
                "{method} {path} accepts {taken}",
                method=operation.method,
                path=operation.path,
                taken=taken,
            )
        )
    drawn = _object(operation.body, operation.body_schema or {}, encrypts=True)
    return drawn.map(_as_texts) if operation.protocol == "v2" else drawn


def queries(method: str, path: str) -> Drawn:
    """Generate queries of an operation.

    Args:
        method: the HTTP method.
        path: the path of the operation, as written in a chain.

    Raises:
        ConfigurationError: the catalogue does not have the operation.
    """
    return _object(_operation(method, path).query, {}, encrypts=False)


def answers(method: str, path: str) -> Drawn:
    """Generate successful responses, in the form of `response.json()` or `response.xml()`.

    Args:
        method: the HTTP method.
        path: the path of the operation, as written in a chain.

    Raises:
        ConfigurationError: the catalogue does not have the operation.
    """
    operation = _operation(method, path)
    drawn = _object(operation.answer, operation.response_schema or {}, encrypts=False)
    return drawn.map(_as_texts) if operation.protocol == "v2" else drawn


def notifications(event: str, *, variant: str = "") -> Drawn:
    """Generate resources of an APIv3 notification, for `signed_notification(event, resource)`.

    Args:
        event: the event type, such as `TRANSACTION.SUCCESS`.
        variant: the form of an event type that several products share; by default the first.

    Raises:
        ConfigurationError: the event type or form does not exist.
    """
    from .notices.content import form_of

    webhook = catalogue.webhook(event)
    if webhook is None:
        raise ConfigurationError(
            _("APIv3 has no notification {represented}", represented=represented(event))
        )
    try:
        form = form_of(webhook, variant)
    except LookupError as error:
        raise ConfigurationError(str(error)) from None
    return _object(webhook.resource if form is None else form.resource, {}, encrypts=False)


def _operation(method: str, path: str) -> Operation:
    found = catalogue.find(method, path)
    if found is None:
        near = ", ".join(f"{each.method} {each.path}" for each in catalogue.suggest(method, path))
        hint = _("; did you mean {near}?", near=near) if near else ""
        raise ConfigurationError(
            _(
                "the catalogue has no operation {method} {path}{hint}",
                method=method,
                path=path,
                hint=hint,
            )
        )
    return found


def _object(members: Iterable[Member], schema: Mapping[str, Any], *, encrypts: bool) -> Drawn:
    """Generate an object with its required members and some optional ones."""
    known = {each.name: each for each in members if "$" not in each.name}
    drawn = {name: _member(each, encrypts=encrypts) for name, each in known.items()}
    always = {name for name, each in known.items() if each.required}
    groups = [set(each["required"]) for each in schema.get("anyOf", ()) if "required" in each]
    forms = [always | (group & known.keys()) for group in groups or [set[str]()]]

    def form(needed: set[str]) -> Drawn:
        rest = {name: each for name, each in drawn.items() if name not in needed}
        return st.fixed_dictionaries({name: drawn[name] for name in needed}, optional=rest)

    return st.one_of([form(needed) for needed in forms])


def _member(member: Member, *, encrypts: bool) -> st.SearchStrategy[Any]:
    one = _one(member, encrypts=encrypts)
    if not member.type.endswith("[]"):
        return one
    least = member.schema.get("minItems", 0)
    return st.lists(one, min_size=max(1, least), max_size=max(least, _most(member)))


def _most(member: Member) -> int:
    return min(MOST, int(member.schema.get("maxItems", MOST)))


def _one(member: Member, *, encrypts: bool) -> st.SearchStrategy[Any]:
    kind, limits = member.type.removesuffix("[]"), member.item
    if member.enum:
        return st.sampled_from(list(member.enum))
    if kind == "boolean":
        return st.booleans()
    if kind in ("integer", "number"):
        least = limits.get("minimum", min(0, limits.get("maximum", 0)))
        return st.integers(least, limits.get("maximum", max(LARGEST, least)))
    if kind == "object":
        return _object(member.members, limits, encrypts=encrypts)
    if member.encoded == "application/json" and member.members:
        held = _object(member.members, {}, encrypts=False)
        return held.map(lambda value: json.dumps(value, ensure_ascii=False))
    text = _text(member)
    return text.map(Sensitive) if encrypts and member.encrypted == "RSAES-OAEP" else text


def _text(member: Member) -> st.SearchStrategy[str]:
    limits = member.item
    least, most = limits.get("minLength", 1), limits.get("maxLength", LONGEST)
    pattern = re.compile(limits.get("pattern", ".*"), re.ASCII | re.DOTALL)
    known = {"date-time": TIMES, "uri": URLS}.get(limits.get("format", ""))
    if known is not None:
        return known.filter(lambda text: len(text) <= most and pattern.fullmatch(text) is not None)
    if "pattern" in limits:
        pattern = re.compile(limits["pattern"], re.ASCII)
        drawn = st.from_regex(pattern, fullmatch=True)
        return drawn.filter(lambda text: least <= len(text) <= most)
    return st.text(LETTERS, min_size=max(1, least), max_size=max(1, least, min(most, LONGEST)))


def _as_texts(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Convert values to APIv2's form: text, with nested values as JSON."""
    return {
        name: json.dumps(value, ensure_ascii=False)
        if isinstance(value, dict | list)
        else str(value)
        for name, value in fields.items()
    }
