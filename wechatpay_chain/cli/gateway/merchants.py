"""`wechatpay-chain gateway merchants`: lists, adds and changes merchants."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ...utils.translation import _
from ..output import write_json
from ..usage import examples, json_option
from .common import control_of, facts, gateway_options, rows_of, segment
from .responses import MERCHANT

__all__ = ["merchants"]

NONE = "none"
COLUMNS = ("mchid", "kind", "name", "frozen", "sub_merchants")


class Limit(click.ParamType[Any]):
    """An amount in fen, or `none`."""

    name = "fen"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number; `none` stays a text."""
        if value == NONE:
            return value
        return click.IntRange(min=1).convert(value, param, ctx)


@click.command(
    short_help="List, add or change merchants.",
    epilog=examples(
        "gateway merchants",
        "gateway merchants --add partner",
        "gateway merchants --sub-of 1900000109",
        "gateway merchants --change 1900000109 --freeze",
        "gateway merchants --change 1900000109 --payment-limit 100000 --permissions payments",
    ),
)
@click.option(
    "--add", type=click.Choice(["direct", "partner", "ecommerce"]), help="Add a merchant."
)
@click.option("--sub-of", metavar="MCHID", help="Add a sub-merchant of this service provider.")
@click.option("--change", metavar="MCHID", help="Change this merchant or sub-merchant.")
@click.option("--mchid", metavar="MCHID", help="The ID of the new merchant.")
@click.option("--name", help="The company name.")
@click.option("--apps", metavar="APPID,…", help="The appids bound to the merchant.")
@click.option(
    "--permissions", metavar="NAME,…", help="The products that the merchant may use, or all."
)
@click.option(
    "--freeze/--unfreeze", "frozen", default=None, help="Block or unblock receiving payments."
)
@click.option("--payment-limit", type=Limit(), help="The limit of one payment, or none.")
@click.option("--daily-limit", type=Limit(), help="The limit of a day's payments, or none.")
@gateway_options
@json_option
def merchants(
    add: str | None,
    sub_of: str | None,
    change: str | None,
    base_uri: str | None,
    data: Path | None,
    as_json: bool,
    **given: Any,
) -> None:
    """List the merchants with their sub-merchants, or add or change one."""
    control = control_of(base_uri, data)
    if sum(each is not None for each in (add, sub_of, change)) > 1:
        raise click.UsageError(_("Use only one of --add, --sub-of and --change."))
    about = {name: given.pop(name) for name in ("mchid", "name", "apps")}
    about = {name: value for name, value in about.items() if value is not None}
    if "apps" in about:
        about["apps"] = _names(about["apps"])
    changes = _changes(given)
    if (about or changes) and not (add or sub_of or change):
        raise click.UsageError(_("the other options need --add, --sub-of or --change."))
    if change is not None:
        if "mchid" in about:
            raise click.UsageError(
                _("--mchid is only for --add and --sub-of; --change already has the merchant.")
            )
        path = f"merchants/{segment(change)}"
        made = control.ask("PATCH", path, {**about, **changes}, like={"mchid": str})
    elif add is not None or sub_of is not None:
        path = "merchants" if sub_of is None else f"merchants/{segment(sub_of)}/sub-merchants"
        kind = {} if add is None else {"kind": add}
        made = control.ask("POST", path, {**kind, **about}, like={"mchid": str})
        if changes:
            made = control.ask("PATCH", f"merchants/{made['mchid']}", changes, like={"mchid": str})
    else:
        found = control.ask("GET", "merchants", like=[MERCHANT])
        rows = [{**each, "sub_merchants": ", ".join(_numbers(each))} for each in found]
        rows_of(found if as_json else rows, COLUMNS, "", as_json)
        return
    if as_json:
        write_json(made)
    else:
        facts({name: made[name] for name in ("mchid", *changes) if name in made})


def _changes(given: dict[str, Any]) -> dict[str, Any]:
    """Return the members of a change; a missing option changes nothing."""
    changes = {name: value for name, value in given.items() if value is not None}
    if "permissions" in changes:
        names = _names(changes["permissions"])
        changes["permissions"] = None if names == ["all"] else names
    return {name: None if value == NONE else value for name, value in changes.items()}


def _names(text: str) -> list[str]:
    return [each for each in text.replace(",", " ").split() if each]


def _numbers(merchant: dict[str, Any]) -> list[str]:
    return [str(each["mchid"]) for each in merchant["sub_merchants"]]
