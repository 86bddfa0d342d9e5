"""`wechatpay-chain call`: one call: validated, confirmed, signed, sent and shown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from ...utils.exceptions import ConfigurationError
from ...utils.translation import _
from ..failure import Misuse
from ..operations import candidates
from ..operations.lookup import METHODS
from ..profile import Profile, profile_options
from ..usage import PathType, examples
from .inputs import fields, json_body, pairs, xml_body

if TYPE_CHECKING:
    from ...errors import APIError
    from ...messages.response import Response

__all__ = ["call"]


@click.command(
    short_help="Call an operation of WeChat Pay, or of a local gateway.",
    epilog=examples(
        "call GET v3/certificates",
        "call POST v3/refund/domestic/refunds --json @refund.json",
        "call GET v3/pay/transactions/out-trade-no/native-0001 --query mchid=1900000109",
        "call POST v2/pay/orderquery --xml out_trade_no=native-0001 --gateway ./wechatpay",
        "call POST v3/pay/transactions/native --json @order.json --dry-run",
    ),
)
@click.argument(
    "method",
    type=click.Choice(METHODS, case_sensitive=False),
    metavar="METHOD",
    shell_complete=candidates.methods,
)
@click.argument("path", shell_complete=candidates.paths)
@click.option("--query", multiple=True, metavar="NAME=VALUE", help="A query parameter.")
@click.option(
    "--var", "variables", multiple=True, metavar="NAME=VALUE", help="A value for {NAME} in PATH."
)
@click.option("--json", "json_text", metavar="JSON|@FILE|-", help="The request body, for APIv3.")
@click.option(
    "--xml", multiple=True, metavar="NAME=VALUE|JSON|@FILE|-", help="The request fields, for APIv2."
)
@click.option("--header", multiple=True, metavar="NAME: VALUE", help="A request header.")
@click.option("--media", type=PathType(), metavar="FILE", help="Upload this file.")
@click.option(
    "--sink", type=PathType(), metavar="FILE", help="Save the response body to this file."
)
@profile_options
@click.option(
    "--yes", is_flag=True, help="Do not ask for confirmation before a live call that changes data."
)
@click.option("--dry-run", is_flag=True, help="Show the signed request, and send nothing.")
@click.option("--reveal", is_flag=True, help="Show signatures and encrypted fields unmasked.")
@click.option(
    "--no-fill", is_flag=True, help="Do not add mchid, appid and notify_url automatically."
)
@click.option("--no-check", is_flag=True, help="Do not validate the request against the catalogue.")
@click.option("--unchecked", is_flag=True, help="Allow operations that are not in the catalogue.")
@click.option(
    "--output",
    type=click.Choice(["text", "json"]),
    default="text",
    help="Print formatted text, or JSON for programs.",
)
def call(
    method: str,
    path: str,
    query: tuple[str, ...],
    variables: tuple[str, ...],
    json_text: str | None,
    xml: tuple[str, ...],
    header: tuple[str, ...],
    media: Path | None,
    sink: Path | None,
    profile: Path | None,
    gateway: str | None,
    mchid: str | None,
    yes: bool,
    dry_run: bool,
    reveal: bool,
    no_fill: bool,
    no_check: bool,
    unchecked: bool,
    output: Literal["text", "json"],
) -> None:
    """Call the operation METHOD PATH, verify its response, and show it.

    The merchant comes from the WECHATPAY_* variables, from a --profile FILE with such lines, or
    from a local gateway. A live call that changes data asks for confirmation in a terminal, and
    needs --yes elsewhere. Mutual TLS, encrypted fields and other base URIs are set from the
    catalogue; missing mchid, appid and notify_url are added, and the request is checked. Exit code
    2: nothing was sent; 1: the call was rejected or failed.
    """
    from . import preview, shown
    from .target import asked, assert_body, operation_of, options_of

    operation = None if unchecked else operation_of(method, path)
    assert_body(path, json_text is not None, bool(xml))
    chosen = Profile(profile, gateway, mchid)
    given = {
        "query": pairs(query, "--query") or None,
        "json": None if json_text is None else json_body(json_text, "--json"),
        "xml": xml_body(xml) or None,
        "headers": fields(header) or None,
        "media": _file(media),
        "sink": None if sink is None else str(sink),
    }
    options = {
        **dict(pairs(variables, "--var")),
        **{name: value for name, value in given.items() if value is not None},
        **options_of(operation, chosen, fill=not no_fill, check=not no_check),
    }
    if dry_run:
        preview.show(chosen, method, path, options, reveal, output)
        return
    with chosen.client(tls=options.get("security", False)) as wxpay:
        asked(operation, method, path, options, wxpay, is_live=not chosen.is_gateway, yes=yes)
        shown.result(_sent(wxpay, method, path, options), operation, sink, reveal, output)


def _sent(wxpay: Any, method: str, path: str, options: dict[str, Any]) -> Response | APIError:
    """Return the response, or the error of WeChat Pay.

    Raises:
        Misuse: the request was not sent.
        WeChatPayError: there is no valid response.
    """
    from ...errors import APIError

    try:
        answer: Response = wxpay.request(method.upper(), path, options)
    except APIError as error:
        return error
    except ConfigurationError as error:
        raise Misuse(str(error)) from None
    return answer


def _file(path: Path | None) -> str | None:
    if path is None:
        return None
    if not path.is_file():
        raise Misuse(_("--media {path}: the file does not exist", path=path))
    return str(path)
