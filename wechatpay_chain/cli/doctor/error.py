"""`wechatpay-chain doctor error`: explains an error code, a number or a Request-ID."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ...display.layout import Block, Facts, Heading, Line, text
from ...utils.translation import _
from ..failure import Failure
from ..gateway.responses import EXCHANGE
from ..output import page, write_json
from ..usage import examples, json_option
from ..wording import counted, shown
from .candidates import codes

if TYPE_CHECKING:
    from ...diagnosis.meanings import Meaning
    from ...diagnosis.request_ids import RequestId

__all__ = ["error"]

FEW = 5
"""Maximum number of listed operations that return an error."""
LOG_LENGTH = 10_000


@click.command(
    short_help="Explain an error and suggest a fix.",
    epilog=examples(
        "doctor error ORDER_NOT_EXIST",
        "doctor error 268512771",
        "doctor error NO_AUTH --operation v3/profitsharing/orders",
    ),
)
@click.argument("what", metavar="CODE|NUMBER|REQUEST-ID", shell_complete=codes)
@click.option(
    "--operation",
    metavar="PATH",
    help="The operation that returned it, such as v3/pay/transactions/h5.",
)
@click.option("--gateway", metavar="DIR|URL", help="Look up the Request-ID in a gateway's log.")
@json_option
def error(what: str, operation: str | None, gateway: str | None, as_json: bool) -> None:
    """Explain an error of WeChat Pay and suggest a fix, in English and Chinese.

    Pass a code, the number at the end of a Request-ID, or a whole Request-ID. A Request-ID also
    contains the time when WeChat Pay received the request.
    """
    from ...diagnosis import request_ids
    from ...diagnosis.meanings import meaning
    from ..operations.lookup import one_operation

    answered_by = one_operation(None, operation) if operation else None
    request_id = request_ids.read(what)
    key = str(request_id.number) if request_id else what.strip()
    found = None if request_id and not request_id.number else meaning(key, answered_by)
    if found is None and request_id is None:
        raise _unknown(key)
    exchange = _exchange(gateway, request_id.text) if gateway and request_id else None
    if as_json:
        write_json(_record(request_id, found, exchange))
    else:
        page(list(_page(request_id, found, exchange)))


def _page(
    request_id: RequestId | None, found: Meaning | None, exchange: dict[str, Any] | None
) -> Iterator[list[Block]]:
    if request_id is not None:
        yield [Facts(tuple(_request_id(request_id, found)))]
    if found is not None:
        yield _meaning(found)
        if found.operations:
            yield _operations(found)
    if exchange is not None:
        yield _log(exchange)


def _request_id(given: RequestId, found: Meaning | None) -> Iterator[tuple[str, Line]]:
    yield "Request-ID", text(given.text, "name")
    if given.time is not None:
        yield _("received"), text(f"{given.time:%Y-%m-%d %H:%M:%S} UTC")
    if not given.number:
        yield _("number"), text(_("0: the request succeeded (请求成功)"))
        return
    unknown = "" if found else _(": not a known code; read the message of the response")
    yield _("number"), text(f"{given.number}{unknown}")
    yield (
        _("support"),
        text(_("quote the whole Request-ID so that WeChat Pay can find the request")),
    )
    yield "中文", text("联系微信支付技术支持时，请提供完整的 Request-ID")


def _meaning(found: Meaning) -> list[Block]:
    rows = (
        (_("meaning"), found.en),
        (_("action"), found.action),
        ("中文", found.zh),
    )
    told = tuple((name, text(words)) for name, words in rows if words)
    return [Heading(text(found.key, "heading")), Facts(told)]


def _operations(found: Meaning) -> list[Block]:
    listed = [(each.method, text(f"{each.path}  {each.title}")) for each in found.operations[:FEW]]
    more = len(found.operations) - len(listed)
    if more > 0:
        listed.append(("…", text(_("{counted} more", counted=counted(more)), "aside")))
    return [Heading(text(_("Documented for"), "heading")), Facts(tuple(listed))]


def _log(exchange: dict[str, Any]) -> list[Block]:
    failed = [
        (each["name"], text(each["note"])) for each in exchange["steps"] if not each["passed"]
    ]
    rows = (
        (_("request"), text(f"{exchange['method']} {exchange['target']}")),
        (_("status"), text(str(exchange["status"]))),
        *failed,
        (_("response"), text(exchange["answer_body"])),
    )
    return [
        Heading(text(_("Request {number} of the gateway", number=exchange["number"]), "heading")),
        Facts(rows),
    ]


def _record(
    request_id: RequestId | None, found: Meaning | None, exchange: dict[str, Any] | None
) -> dict[str, Any]:
    """Return the output of `--json`."""
    time = request_id.time if request_id else None
    return {
        "request_id": request_id.text if request_id else None,
        "time": time.isoformat() if time else None,
        "number": request_id.number if request_id else None,
        "key": found.key if found else None,
        "en": found.en if found else None,
        "action": found.action or None if found else None,
        "zh": found.zh or None if found else None,
        "operations": [f"{each.method} {each.path}" for each in found.operations] if found else [],
        "exchange": exchange,
    }


def _exchange(gateway: str, request_id: str) -> dict[str, Any]:
    """Return the exchange that a gateway has logged under a Request-ID.

    Raises:
        Failure: it does not exist, or there is no gateway.
    """
    from ..gateway.client import Control, located

    address, directory = (gateway, None) if "://" in gateway else (None, Path(gateway))
    token = os.environ.get("WECHATPAY_CONTROL_TOKEN", "")
    found = Control(*located(address, directory, token)).ask(
        "GET", f"requests?limit={LOG_LENGTH}", like=[{**EXCHANGE, "answer_headers": dict}]
    )
    for each in found:
        fields = {str(name).lower(): value for name, value in each["answer_headers"].items()}
        if fields.get("request-id") == request_id:
            one: dict[str, Any] = each
            return one
    raise Failure(
        _(
            "the gateway's log has no response with Request-ID {request_id}",
            request_id=shown(request_id),
        ),
        [_("All requests: wechatpay-chain gateway requests")],
    )


def _unknown(key: str) -> Failure:
    from ...diagnosis.meanings import keys
    from ..operations.similarity import nearest_names

    near = nearest_names(key, keys())
    hints = [_("Did you mean:"), *(f"  {name}" for name in near)] if near else []
    return Failure(
        _("{key} is not a known code, number or Request-ID", key=shown(key)),
        [*hints, _("The message of the response says more; quote its Request-ID to WeChat Pay.")],
    )
