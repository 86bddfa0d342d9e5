"""Explains a body that differs from the signed one: truncated, changed, or serialized again."""

from __future__ import annotations

import json

from ...utils.translation import _
from ..findings import Finding, finding
from ..transcripts import Message
from .digests import Signed
from .variants import changed_byte

__all__ = ["unlike"]


def unlike(message: Message, signed: Signed, head: bytes) -> Finding:
    """Return the likely error in a body.

    Args:
        message: the message with the body.
        signed: the content of the signature.
        head: the signed text before the body.
    """
    body, told = message.body, message.number("Content-Length")
    whole = _is_json(body)
    if told is not None and len(body) < told and not whole:
        return finding(
            "truncated_body", _("{count} of {told} bytes are present", count=len(body), told=told)
        )
    if not body:
        return finding("changed_message", _("the request line, the timestamp or the nonce"))
    where = changed_byte(signed, head, body)
    if where:
        return finding("changed_byte", where)
    if not whole and body[:1] in (b"{", b"["):
        return finding("truncated_body", _("its JSON ends in the middle"))
    if whole and (
        (told is not None and told != len(body)) or not message.exact or _is_spaced(body)
    ):
        sizes = (
            _("; it has {count} bytes, Content-Length {told}", count=len(body), told=told)
            if told is not None
            else ""
        )
        return finding("reserialised_json", _("the JSON was serialized again{sizes}", sizes=sizes))
    return finding("changed_byte", _("more than one byte differs"))


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True


def _is_spaced(body: bytes) -> bool:
    """Return whether a body is JSON in a form other than the usual compact one."""
    try:
        value = json.loads(body)
        compact = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except RecursionError:
        return False  # nested deeper than any real message
    return compact.encode(errors="replace") != body
