"""The subcommands of `wechatpay-chain gateway`: pay, advance the time, send, set faults."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from ...testing import fault_names
from ...utils.display import printable
from ...utils.translation import _
from ..failure import Failure
from ..operations import candidates
from ..output import tell, write_json
from ..usage import examples, json_option, seconds
from ..wording import shown
from .common import control_of, facts, gateway_options, show_made
from .responses import CLOCK, COMPLAINT, CONTRACT, FAULT, NOTICE, ORDER

if TYPE_CHECKING:
    from .client import Control

__all__ = ["COMMANDS"]

DELIVERY_TIMEOUT = 15.0
"""Seconds that a delivery may take; the gateway gives one up after ten."""


@click.command(
    short_help="Send a notification of any type.",
    epilog=examples("gateway trigger REFUND.SUCCESS --to http://127.0.0.1:8000/notify"),
)
@click.argument("event", shell_complete=candidates.events)
@click.option("--to", required=True, metavar="URL", help="Where it is posted to.")
@click.option(
    "--resource",
    metavar="JSON",
    help="An object whose members replace the generated ones; @FILE reads it, @- from the input.",
)
@click.option(
    "--protocol", type=click.Choice(["v3", "v2"]), default="v3", show_default=True, is_eager=True
)
@click.option(
    "--variant",
    metavar="NAME",
    shell_complete=candidates.variants,
    help="The product's form, such as partner, of a type that several products share.",
)
@gateway_options
@json_option
def trigger(
    event: str,
    to: str,
    resource: str | None,
    protocol: str,
    variant: str | None,
    base_uri: str | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Send a notification of type EVENT, and show what became of it.

    EVENT is one that `wechatpay-chain webhooks` lists, such as TRANSACTION.SUCCESS. Exit code 1
    says that it was not acknowledged.
    """
    given: dict[str, Any] = {"event": event, "to": to, "protocol": protocol}
    control = control_of(base_uri, data)
    if resource is not None:
        given["resource"] = _object(resource)
    if variant:
        given["variant"] = variant
    notice = control.ask("POST", "notifications", given, like=NOTICE)
    notice = control.attempted(notice["id"], DELIVERY_TIMEOUT)
    attempt = notice["attempts"][0]
    if as_json:
        write_json(notice)
    else:
        facts(
            {
                "event": notice["event"],
                "to": notice["url"],
                "id": notice["id"],
                "status": attempt["status"] or attempt["error"],
                "answer": attempt["answer"],
            }
        )
    if not attempt["acknowledged"]:
        reason = attempt["error"] or f"HTTP {attempt['status']}"
        raise Failure(
            _("{to} did not acknowledge it: {reason}", to=shown(to), reason=reason),
            [
                _(
                    "The gateway will try again; wechatpay-chain gateway advance 15s lets the time "
                    "pass."
                )
            ],
        )


def _object(text: str) -> Any:
    """The members that were given, or that a file has."""
    try:
        if text.startswith("@"):
            with click.open_file(text[1:], "rb") as file:
                text = file.read().decode()
        members = json.loads(text)
    except OSError as error:
        reason = error.strerror or error
        raise Failure(
            _("{text} cannot be read: {reason}", text=shown(text[1:]), reason=reason)
        ) from None
    except (ValueError, RecursionError) as error:
        raise click.BadParameter(f"not JSON: {printable(error)}", param_hint="--resource") from None
    if not isinstance(members, dict):
        raise click.BadParameter(_("a JSON object is expected."), param_hint="--resource")
    return members


@click.command(short_help="Pay an order.", epilog=examples("gateway pay native-0001"))
@click.argument("out_trade_no")
@click.option("--openid", metavar="ID", help="Of the customer; a generated one by default.")
@gateway_options
@json_option
def pay(
    out_trade_no: str, openid: str | None, base_uri: str | None, data: Path | None, as_json: bool
) -> None:
    """Pay the order OUT_TRADE_NO, as its customer would."""
    given = {"openid": openid} if openid else {}
    _order(control_of(base_uri, data), out_trade_no, "pay", given, as_json)


@click.command(short_help="Let a payment fail.", epilog=examples("gateway fail native-0001"))
@click.argument("out_trade_no")
@gateway_options
@json_option
def fail(out_trade_no: str, base_uri: str | None, data: Path | None, as_json: bool) -> None:
    """Let a payment of the order OUT_TRADE_NO fail; it can be paid again until it expires."""
    _order(control_of(base_uri, data), out_trade_no, "fail", {}, as_json)


def _order(
    control: Control, out_trade_no: str, what: str, given: dict[str, Any], as_json: bool
) -> None:
    # An argument that is not valid text holds surrogates (PEP 383); the gateway does not know it.
    number = quote(out_trade_no, safe="", errors="surrogatepass")
    order = control.ask("POST", f"transactions/{number}/{what}", given, like=ORDER)
    if as_json:
        write_json(order)
        return
    facts(
        {
            "out_trade_no": order["out_trade_no"],
            "state": order["state"],
            "total": _("{order} fen", order=order["total"]),
            "transaction_id": order["transaction_id"],
        }
    )


@click.command(
    short_help="Complain about an order.",
    epilog=examples("gateway complain native-0001 没有收到商品 --problem REFUND"),
)
@click.argument("out_trade_no")
@click.argument("text")
@click.option("--phone", metavar="NUMBER", help="Of the customer; a generated one by default.")
@click.option(
    "--problem",
    type=click.Choice(["REFUND", "SERVICE_NOT_WORK", "OTHERS"]),
    default="OTHERS",
    show_default=True,
    help="What it is about.",
)
@gateway_options
@json_option
def complain(
    out_trade_no: str,
    text: str,
    phone: str | None,
    problem: str,
    base_uri: str | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Complain about the paid order OUT_TRADE_NO with TEXT, as its customer would."""
    given = {"out_trade_no": out_trade_no, "text": text, "problem": problem}
    given |= {"phone": phone} if phone else {}
    show_made(control_of(base_uri, data), "complaints", given, COMPLAINT, as_json)


@click.command(
    "sign-contract",
    short_help="Sign a contract for face payment.",
    epilog=examples("gateway sign-contract TOKEN"),
)
@click.argument("presign_token")
@gateway_options
@json_option
def sign_contract(
    presign_token: str, base_uri: str | None, data: Path | None, as_json: bool
) -> None:
    """Sign the contract of PRESIGN_TOKEN, as a user does in WeChat.

    The token comes from v3/offlineface/contracts/presign.
    """
    given = {"presign_token": presign_token}
    show_made(control_of(base_uri, data), "contracts", given, CONTRACT, as_json)


@click.command(
    short_help="Move the gateway's time on.",
    epilog=examples("gateway advance 6m", "gateway advance 1h30m"),
)
@click.argument("duration")
@gateway_options
@json_option
def advance(duration: str, base_uri: str | None, data: Path | None, as_json: bool) -> None:
    """Move the gateway's time on by DURATION: 90, 90s, 6m, 2h, 1d, 1h30m.

    Orders expire by it, and notifications are repeated.
    """
    given = {"seconds": seconds(duration, "DURATION")}
    response = control_of(base_uri, data).ask("POST", "clock", given, like=CLOCK)
    if as_json:
        write_json(response)
    else:
        facts({"time": response["time"]})


def _sentence(names: tuple[str, ...]) -> str:
    """Names as a sentence lists them: `a, b and c`."""
    return _("{names} and {names_2}", names=", ".join(names[:-1]), names_2=names[-1])


@click.command(
    help=f"""Have requests whose path is like MATCH go wrong by FAULT; or list what is set.

    MATCH is a pattern for paths, such as 'v3/pay/*', or '*' for all. FAULT is one of
    {_sentence(fault_names.OF_REQUESTS)}. For {_sentence(fault_names.OF_NOTIFICATIONS)}, MATCH is a
    pattern for types of notifications, such as 'TRANSACTION.*'.
    """,
    short_help="Have requests go wrong; list or clear what is set.",
    epilog=examples(
        "gateway faults",
        "gateway faults 'v3/pay/*' bad_signature --times 3",
        "gateway faults v3/certificates status --status 503",
        "gateway faults '*' maintenance --host apihk.mch.weixin.qq.com",
        "gateway faults 'v3/pay/*' system_error --share 0.1 --seed 7",
        "gateway faults --clear",
    ),
)
@click.argument("match", required=False)
@click.argument("fault", required=False, type=click.Choice(fault_names.NAMES), metavar="[FAULT]")
@click.option("--times", type=click.IntRange(min=1), metavar="N", help="For N requests only.")
@click.option("--share", type=click.FloatRange(0, 1), help="For a share of the requests.")
@click.option("--seed", type=int, metavar="N", help="Decides which ones.  [default: 1]")
@click.option("--host", metavar="PATTERN", help="For this host only.")
@click.option("--status", type=click.IntRange(200, 599), help="Of a status or a maintenance.")
@click.option("--body", help="Of a status.")
@click.option(
    "--seconds", type=float, help="Of a delay, a rate limit, a clock or a late notification."
)
@click.option("--requests", type=click.IntRange(min=0), metavar="N", help="Of a rate limit.")
@click.option("--clear", is_flag=True, help="Clear those that are set.")
@gateway_options
@json_option
def faults(
    match: str | None,
    fault: str | None,
    times: int | None,
    clear: bool,
    base_uri: str | None,
    data: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Set, list or clear faults."""
    control = control_of(base_uri, data)
    if clear:
        control.ask("DELETE", "faults")
    if match is not None:
        if fault is None:
            names = ", ".join(fault_names.NAMES)
            raise click.UsageError(_("FAULT is missing: one of {names}.", names=names))
        given = {name: value for name, value in options.items() if value is not None}
        control.ask("POST", "faults", {"match": match, "fault": fault, "times": times, **given})
    found = control.ask("GET", "faults", like=[FAULT])
    if as_json:
        write_json(found)
    else:
        _list(found)


def _list(found: list[dict[str, Any]]) -> None:
    from ...display.layout import Column, Table, text
    from ..output import table

    rows = tuple(
        (
            text(each["match"], "path"),
            text(each["fault"], "name"),
            text("always" if each["times"] is None else f"{each['times']} times"),
        )
        for each in found
    )
    if rows:
        table(Table((Column("match", "path"), Column("fault"), Column(_("how often"))), rows))
    else:
        tell(_("no fault is set"))


COMMANDS: tuple[click.Command, ...] = (
    trigger,
    pay,
    fail,
    complain,
    sign_contract,
    advance,
    faults,
)
