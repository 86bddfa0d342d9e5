"""The target of a call, and its confirmation: a live call that changes something requires one."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import click

from ...utils.display import printable
from ...utils.translation import N_, _
from ..failure import Failure, Misuse
from ..operations.lookup import one_operation
from ..wording import shown

if TYPE_CHECKING:
    from ...catalogue import Operation
    from ...client import WeChatPay
    from ..profile import Profile

__all__ = ["assert_body", "asked", "operation_of", "options_of"]

MONEY = re.compile(r"(?:^|_)(?:amount|fee|total|refund|price|money)s?$|^total_|_amount_")
"""Names of fields with an amount in fen."""
MOST = 5
"""Maximum number of amounts in a question."""
UNCHECKED = N_("To call it anyway: --unchecked")


def operation_of(method: str, path: str) -> Operation:
    """Return the operation of the call.

    Args:
        method: in any case.
        path: a path of the chain, with values or variables.

    Raises:
        Misuse: the catalogue does not contain the operation.
    """
    from ... import catalogue

    found = catalogue.find(method, path)
    if found is not None:
        return found
    wanted = _("the catalogue has no operation {value}", value=shown(f"{method} {path}"))
    try:
        near = one_operation(method, path)
    except Failure as failure:
        raise Misuse(failure.message, [*failure.hints, _(UNCHECKED)]) from None
    raise Misuse(
        wanted, [_("Did you mean:"), f"  {near.method} {near.path}  {near.title}", _(UNCHECKED)]
    )


def assert_body(path: str, has_json: bool, has_xml: bool) -> None:
    """Reject a body of the other protocol.

    Raises:
        Misuse: the path belongs to APIv3 and the body is XML, or the reverse.
    """
    is_v2 = path.lstrip("/").lower().startswith("v2/")
    if has_json and is_v2:
        raise Misuse(_("--json is for APIv3: use --xml for {path}", path=shown(path)))
    if has_xml and not is_v2:
        raise Misuse(_("--xml is for APIv2: use --json for {path}", path=shown(path)))


def options_of(
    operation: Operation | None, profile: Profile, *, fill: bool, check: bool
) -> dict[str, Any]:
    """Return the options of the call that the catalogue contains.

    Args:
        operation: the operation in the catalogue, or None.
        profile: the profile; the base URI of a gateway serves every operation.
        fill: whether mchid, appid and notify_url are added where they are missing.
        check: whether the request is held against the catalogue.
    """
    if operation is None:
        return {}
    elsewhere = operation.base_uri if not profile.is_gateway else None
    return {
        **({"security": True} if operation.security else {}),
        **({"nonceless": True} if operation.nonceless else {}),
        **({"base_uri": elsewhere} if elsewhere else {}),
        **({"sensitive": "auto"} if operation.protocol == "v3" else {}),
        **({"fill": True} if fill else {}),
        **({"check": "catalogue"} if check else {}),
    }


def asked(
    operation: Operation | None,
    method: str,
    path: str,
    options: Mapping[str, Any],
    wxpay: WeChatPay,
    *,
    is_live: bool,
    yes: bool,
) -> None:
    """Ask for confirmation of a live call that changes data, in a terminal only.

    Args:
        operation: the operation in the catalogue, or None.
        method: the method of the call.
        path: the path of the call.
        options: the options of the call.
        wxpay: the client.
        is_live: True if the call reaches WeChat Pay and not a gateway.
        yes: True confirms without a question.

    Raises:
        Misuse: there is no terminal for a question, or the answer is no.
    """
    safe = operation.safe if operation is not None else method.upper() == "GET"
    if safe or not is_live or yes:
        return
    what = f"{method} {printable(path, 200)}" + (f" ({operation.title})" if operation else "")
    amounts = [f"{name} ¥{fen // 100}.{fen % 100:02}" for name, fen in _amounts(options)][:MOST]
    money = _(" with {amounts}", amounts=", ".join(amounts)) if amounts else ""
    message = _(
        "{what} is a live call as merchant {mchid}{money} and changes data",
        what=what,
        mchid=wxpay.mchid,
        money=money,
    )
    if not _someone_is_there():
        raise Misuse(
            _(
                "{message}. It needs confirmation, but there is no terminal. Nothing was sent",
                message=message,
            ),
            [_("To send it: --yes. To see the request: --dry-run")],
        )
    if not _agreed(_("{message}. Send it?", message=message)):
        raise Misuse(_("not confirmed: nothing was sent"))


def _someone_is_there() -> bool:
    """Return whether somebody can answer a question on the terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _agreed(question: str) -> bool:
    try:
        return click.confirm(question, default=False, err=True)
    except click.Abort:
        return False


def _amounts(options: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """Yield the amounts of a body with their dotted names."""
    body = options.get("json") or options.get("xml")
    return _inside(body, "")


def _inside(value: Any, name: str) -> Iterator[tuple[str, int]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _inside(inner, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list):
        for inner in value:
            yield from _inside(inner, f"{name}[]")
    elif MONEY.search(name.rpartition(".")[2]) and str(value).isdecimal() and str(value).isascii():
        yield printable(name, 60), int(value)
