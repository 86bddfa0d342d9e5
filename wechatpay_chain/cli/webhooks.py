"""`wechatpay-chain webhooks`: what WeChat Pay posts to a merchant's server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ..utils.translation import _
from .failure import Failure
from .operations import candidates
from .output import page, table, write_json
from .usage import examples, json_option
from .wording import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..catalogue import Webhook

__all__ = ["webhooks"]


@click.command(
    short_help="List the notifications, or show one.",
    epilog=examples("webhooks", "webhooks 退款", "webhooks REFUND.SUCCESS --json"),
)
@click.option(
    "--protocol", type=click.Choice(["v2", "v3"]), is_eager=True, help="List only this protocol."
)
@click.argument("event", required=False, shell_complete=candidates.events)
@json_option
def webhooks(event: str | None, protocol: str | None, as_json: bool) -> None:
    """List the notifications, or show one of them.

    EVENT is a type, such as TRANSACTION.SUCCESS. Part of a type or title lists all matches. If
    APIv2 and APIv3 have the same type, the one of APIv3 is shown.
    """
    from .. import catalogue
    from .operations.describe import notification_page
    from .operations.json_records import notification, notification_in_short

    known = [each for each in catalogue.webhooks() if protocol in (None, each.protocol)]
    wanted = (event or "").strip().lower()
    exact = [each for each in known if wanted in (each.event.lower(), each.id.lower())]
    if exact:
        one = max(exact, key=lambda each: each.protocol)
        if as_json:
            write_json(notification(one))
        else:
            page(notification_page(one, [each for each in exact if each is not one]))
        return
    found = [each for each in known if wanted in each.event.lower() or wanted in each.title.lower()]
    if not found:
        raise _nothing(wanted, known)
    if as_json:
        write_json([notification_in_short(each) for each in found])
    else:
        _list(found)


def _list(found: Sequence[Webhook]) -> None:
    from ..display.layout import Column, Table, text

    rows = tuple(
        (
            text(each.event, "name"),
            text(each.protocol, "aside"),
            text(each.title.replace(f"({each.event})", "")),
        )
        for each in found
    )
    table(Table((Column(_("event")), Column(_("protocol")), Column(_("title"))), rows))


def _nothing(wanted: str, known: Sequence[Webhook]) -> Failure:
    from .operations.similarity import nearest_names

    near = nearest_names(wanted, [each.event for each in known])
    hints = [_("Did you mean:"), *(f"  {name}" for name in near)] if near else []
    return Failure(
        _("no notification has {wanted} in its type or title", wanted=shown(wanted)),
        [*hints, _("All of them: wechatpay-chain webhooks")],
    )
