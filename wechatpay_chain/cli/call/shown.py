"""A response as a page and as JSON, without encrypted members unless an option reveals them."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...display.body import tree
from ...display.layout import Block, Branch, Facts, Heading, text
from ...errors import APIError
from ...utils.exceptions import WeChatPayError
from ...utils.translation import _
from ..failure import Failure
from ..output import page, write_json

if TYPE_CHECKING:
    from ...catalogue import Member, Operation
    from ...messages.response import Response

__all__ = ["result"]

HIDDEN = "***"
LONGEST = 2000
"""The shown characters of a body that is not an object."""


def result(
    outcome: Response | APIError,
    operation: Operation | None,
    sink: Path | None,
    reveal: bool,
    output: str,
) -> None:
    """Show the result of a call.

    Args:
        outcome: the answer, or WeChat Pay's rejection.
        operation: the operation in the catalogue, or None.
        sink: the file with the body.
        reveal: whether encrypted members are shown.
        output: `text` or `json`.

    Raises:
        Failure: WeChat Pay rejected the call.
    """
    if isinstance(outcome, APIError):
        if output == "json":
            write_json(_rejection(outcome))
        key = outcome.request_id or outcome.code
        # The command is copied into a shell, and the server determines the key.
        hints = (
            [_("What it means: wechatpay-chain doctor error {key}", key=shlex.quote(key))]
            if key
            else []
        )
        raise Failure(str(outcome), hints)
    body, members = _body(outcome), operation.response if operation is not None else ()
    if output == "json" and not reveal:
        body = _masked(body, members)
    described = {
        "status": outcome.status_code,
        "verified": outcome.verified,
        "request_id": outcome.request_id or None,
        "body": body,
        "saved": None if sink is None else str(sink),
    }
    if output == "json":
        write_json(described)
    else:
        page(list(_page(described, outcome, members, reveal)))


def _rejection(error: APIError) -> dict[str, Any]:
    return {
        "status": error.status_code,
        "verified": error.verified,
        "request_id": error.request_id or None,
        "code": error.code,
        "message": error.message,
        "detail": error.detail,
        "number": error.number,
    }


def _body(response: Response) -> Any:
    """Return the body of the response: its members, its text, or its size."""
    if response.streamed or not response.content:
        return None
    for parsed in (response.json, response.xml):
        try:
            return parsed()
        except WeChatPayError:
            continue
    try:
        return response.content.decode("utf-8")
    except UnicodeDecodeError:
        return _("({count} bytes; --sink FILE saves them)", count=len(response.content))


def _masked(value: Any, members: Iterable[Member]) -> Any:
    """Return a value without the members that its schema marks as encrypted."""
    if isinstance(value, list):
        return [_masked(each, members) for each in value]
    if not isinstance(value, dict):
        return value
    known = {member.name: member for member in members}
    return {
        name: _hidden(inner, known[name]) if name in known else inner
        for name, inner in value.items()
    }


def _hidden(value: Any, member: Member) -> Any:
    if member.encrypted and isinstance(value, str) and value:
        return HIDDEN
    return _masked(value, member.members)


def _page(
    described: dict[str, Any], response: Response, members: Sequence[Member], reveal: bool
) -> Iterator[list[Block]]:
    verified = (
        _("yes") if response.verified else _("no: responses of this operation are not signed")
    )
    rows = [(_("status"), text(str(response.status_code))), (_("verified"), text(verified))]
    if described["request_id"]:
        rows.append(("Request-ID", text(described["request_id"])))
    if described["saved"]:
        rows.append((_("saved to"), text(described["saved"], "path")))
    yield [Facts(tuple(rows))]
    body = described["body"]
    if isinstance(body, dict | list):
        yield [tree(body, members, _("Response"), revealed=reveal)]
    elif body:
        yield [Heading(text(_("Response"), "heading")), Branch(text(str(body)[:LONGEST]))]
