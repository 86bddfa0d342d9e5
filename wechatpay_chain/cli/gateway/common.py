"""Common parts of `wechatpay-chain gateway`: the choice of a gateway, and output."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

import click

from ...utils.translation import _
from ..output import page, tell, write_json
from ..usage import PathType

if TYPE_CHECKING:
    from ...display.layout import Column
    from .client import Control

__all__ = [
    "DIRECTORY",
    "FILE",
    "GatewayOptions",
    "control_of",
    "facts",
    "gateway_options",
    "rows_of",
    "segment",
    "show_made",
]

DIRECTORY = FILE = PathType()


class GatewayOptions(NamedTuple):
    """The options before the subcommand."""

    data: Path | None
    control_token: str


def gateway_options(function: Any) -> Any:
    """Add the options that select the gateway."""
    for option in (
        click.option("--data", type=DIRECTORY, metavar="DIR", help="The gateway's data directory."),
        click.option(
            "--gateway",
            "base_uri",
            metavar="URL",
            help="The address of the gateway.  [default: http://127.0.0.1:8790/]",
        ),
    ):
        function = option(function)
    return function


def control_of(base_uri: str | None, data: Path | None) -> Control:
    """Return the control API of the gateway that the options choose.

    Raises:
        Failure: the directory does not belong to a gateway.
    """
    from .client import Control, located

    given = click.get_current_context().find_object(GatewayOptions) or GatewayOptions(None, "")
    return Control(*located(base_uri, data or given.data, given.control_token))


def description(data: Path | None, control_token: str) -> dict[str, Any]:
    """Return a client's settings: `gateway.json` of a directory, or of the running gateway.

    Args:
        data: the directory.
        control_token: the control token of the gateway.

    Raises:
        Failure: it does not exist.
    """
    from .client import BASE_URI, Control, connection_file

    if data is not None:
        return connection_file(data)
    found: dict[str, Any] = Control(BASE_URI, control_token).ask("GET", "gateway.json", like=dict)
    return found


def facts(rows: dict[str, Any]) -> None:
    """Show names with their values, without empty ones."""
    from ...display.layout import Facts, text

    told = tuple(
        (name, text(str(value))) for name, value in rows.items() if value not in (None, "")
    )
    page([[Facts(told)]])


def show_made(
    control: Control, path: str, given: dict[str, Any], like: dict[str, Any], as_json: bool
) -> None:
    """Create a record in the gateway, and print it.

    Args:
        control: the control of the gateway.
        path: below `/_gateway/`.
        given: members of the body.
        like: the form of the response, as in `responses`; its members are shown.
        as_json: whether all of the response is written as JSON instead.

    Raises:
        Failure: the gateway rejects the request.
    """
    made = control.ask("POST", path, given, like=like)
    if as_json:
        write_json(made)
    else:
        facts({name: made[name] for name in like})


def segment(text: str) -> str:
    """Return a text as one segment of a path."""
    # An argument that is not valid text holds surrogates (PEP 383); the gateway does not know it.
    return quote(text, safe="", errors="surrogatepass")


def rows_of(found: list[dict[str, Any]], names: tuple[str, ...], what: str, as_json: bool) -> None:
    """Print records as a table, or as JSON.

    Args:
        found: the records.
        names: the members in the table.
        what: the name of the records, for an empty list.
        as_json: print all members as JSON.
    """
    from ...display.layout import Table, text
    from ..output import table

    if as_json:
        write_json(found)
        return
    if not found:
        tell(_("there is no {what}", what=what))
        return
    rows = tuple(tuple(text(_cell(each.get(name))) for name in names) for each in found)
    table(Table(_columns(names), rows))


def _columns(names: tuple[str, ...]) -> tuple[Column, ...]:
    from ...display.layout import Column

    return tuple(Column(name) for name in names)


def _cell(value: Any) -> str:
    return "" if value is None else str(value)
