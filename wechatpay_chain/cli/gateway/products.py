"""The subcommands of `wechatpay-chain gateway` for products, created from their controls."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from ...utils.display import printable
from ...utils.translation import _
from ..output import tell, write_json
from ..usage import json_option, translate
from .common import control_of, facts, gateway_options

if TYPE_CHECKING:
    from ...gateway.control.products import Control, Product

__all__ = ["ProductCommands"]

TYPES: dict[str, click.ParamType[Any]] = {
    "string": click.STRING,
    "integer": click.INT,
    "number": click.FLOAT,
}
LISTED = 100
"""Default limit of listed records."""


class ProductCommands(click.Group):
    """A group with a subgroup for each product of the gateway, and its own commands.

    The classes of controls are loaded when a product is named, or when all commands are listed.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands; see `click.Group.list_commands`."""
        return [*super().list_commands(ctx), *map(_dashed, _products())]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by its name; see `click.Group.get_command`."""
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        product = _products().get(cmd_name.replace("-", "_"))
        if product is None:
            return None
        group = _group(cmd_name, product)
        translate(group)
        return group


def _products() -> dict[str, type[Product]]:
    from ...gateway.control.products import PRODUCTS

    return PRODUCTS


def _dashed(name: str) -> str:
    return name.replace("_", "-")


def _group(name: str, product: type[Product]) -> click.Group:
    """Return the group of a product: its controls; without one it lists the records."""
    from ...gateway.control.products import controls_of

    @gateway_options
    @json_option
    @click.option("--limit", type=click.IntRange(1), default=LISTED, show_default=True)
    @click.option("--mchid", metavar="MCHID", help="List only this merchant.")
    @click.pass_context
    def list_records(
        context: click.Context,
        limit: int,
        mchid: str | None,
        base_uri: str | None,
        data: Path | None,
        as_json: bool,
    ) -> None:
        if context.invoked_subcommand is not None:
            return
        whose = f"&mchid={quote(mchid, safe='')}" if mchid else ""
        found = control_of(base_uri, data).ask("GET", f"{name}?limit={limit}{whose}", like=[dict])
        if as_json:
            write_json(found)
        elif found:
            for each in found:
                _show(each)
        else:
            tell(_("{product}: no records", product=product.label.shown))

    title = _(
        "{en} ({zh}): list the records, or perform a control.",
        en=product.label.en,
        zh=product.label.zh,
    )
    group = click.Group(
        name, callback=list_records, invoke_without_command=True, help=title, short_help=title
    )
    group.params = list(getattr(list_records, "__click_params__", ()))[::-1]
    for control in controls_of(product).values():
        group.add_command(_command(name, control))
    return group


def _command(product: str, control: Control) -> click.Command:
    """Return the command of a control."""

    @gateway_options
    @json_option
    @click.option("--mchid", metavar="MCHID", help=_("The merchant of the record."))
    def perform(
        mchid: str | None, base_uri: str | None, data: Path | None, as_json: bool, **options: Any
    ) -> None:
        key = options.pop("key_of_record", None)
        given = {name: value for name, value in options.items() if value not in (None, ())}
        where = "" if key is None else f"/{quote(key, safe='', errors='surrogatepass')}"
        whose = f"?mchid={quote(mchid, safe='')}" if mchid else ""
        path = f"{product}{where}/{_dashed(control.name)}{whose}"
        made = control_of(base_uri, data).ask("POST", path, given)
        if as_json or not isinstance(made, dict):
            write_json(made)
        else:
            _show(made)

    shared = list(getattr(perform, "__click_params__", ()))[::-1]
    params: list[click.Parameter] = []
    if control.key:
        params.append(click.Argument(["key_of_record"], metavar=control.key.upper()))
    params += [_option(each) for each in control.as_json()["parameters"]]
    return click.Command(
        _dashed(control.name),
        callback=perform,
        params=[*params, *shared],
        help=control.title,
        short_help=control.title,
    )


def _option(parameter: dict[str, Any]) -> click.Option:
    """Return the option for an argument of a control."""
    name, kind = parameter["name"], parameter["type"]
    flag = f"--{_dashed(name)}"
    if kind == "boolean":
        return click.Option([f"{flag}/--no-{_dashed(name)}", name], default=None)
    if kind == "array":
        return click.Option([flag, name], multiple=True, help=_("Can be repeated."))
    if kind == "object":
        return click.Option(
            [flag, name], metavar="JSON", callback=_object, help=_("A JSON object.")
        )
    return click.Option([flag, name], type=TYPES[kind], required=parameter["required"])


def _object(_ignored: click.Context, parameter: click.Parameter, text: str | None) -> Any:
    if text is None:
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise click.BadParameter(
            _("not JSON: {error}", error=printable(error)), param=parameter
        ) from None
    if not isinstance(found, dict):
        raise click.BadParameter(_("expected a JSON object."), param=parameter)
    return found


def _show(record: dict[str, Any]) -> None:
    """Show the scalar fields of a record."""
    facts({name: value for name, value in record.items() if isinstance(value, (str, int, float))})
