"""The subcommands of `wechatpay-chain gateway` that list records and follow requests."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import click

from ..output import write, write_json
from ..usage import examples, json_option
from .common import control_of, facts, gateway_options, rows_of, segment
from .merchants import merchants
from .responses import EXCHANGE, LISTED_ORDER, NOTICE, ORDER

__all__ = ["COMMANDS"]

INTERVAL = 0.5
"""Polling interval in seconds."""
LATEST = 100

limit_option = click.option("--limit", type=click.IntRange(1, 10_000), default=LATEST)
mchid_option = click.option("--mchid", metavar="MCHID", help="List only this merchant.")


def _asked(path: str, **query: Any) -> str:
    given = {name: value for name, value in query.items() if value is not None}
    return f"{path}?{urlencode(given)}"


@click.command(
    short_help="List the orders, the newest first.",
    epilog=examples("gateway orders", "gateway orders --limit 5 --json"),
)
@limit_option
@mchid_option
@gateway_options
@json_option
def orders(
    limit: int, mchid: str | None, base_uri: str | None, data: Path | None, as_json: bool
) -> None:
    """List the orders, the newest first."""
    path = _asked("orders", limit=limit, mchid=mchid)
    found = control_of(base_uri, data).ask("GET", path, like=[LISTED_ORDER])
    rows_of(found, ("out_trade_no", "state", "amount"), "order", as_json)


@click.command(
    short_help="List the notifications, the newest first.",
    epilog=examples("gateway notifications --limit 5"),
)
@limit_option
@mchid_option
@gateway_options
@json_option
def notifications(
    limit: int, mchid: str | None, base_uri: str | None, data: Path | None, as_json: bool
) -> None:
    """List the notifications with the outcome of the last attempt, the newest first."""
    path = _asked("notifications", limit=limit, mchid=mchid)
    found = control_of(base_uri, data).ask("GET", path, like=[NOTICE])
    if as_json:
        write_json(found)
        return
    rows = [{**each, "outcome": _outcome(each), "tries": len(each["attempts"])} for each in found]
    rows_of(rows, ("id", "event", "tries", "outcome", "url"), "notification", as_json)


def _outcome(notice: dict[str, Any]) -> str:
    if not notice["attempts"]:
        return "waits"
    last = notice["attempts"][-1]
    return str(last["error"] or last["status"])


@click.command(
    short_help="List the requests, the newest first; or show one.",
    epilog=examples("gateway requests --limit 5", "gateway requests 17 --json"),
)
@click.argument("number", required=False, type=click.IntRange(1))
@limit_option
@gateway_options
@json_option
def requests(
    number: int | None, limit: int, base_uri: str | None, data: Path | None, as_json: bool
) -> None:
    """List the last requests, the newest first; with NUMBER, show one with all its steps."""
    control = control_of(base_uri, data)
    if number is None:
        found = control.ask("GET", _asked("requests", limit=limit), like=[EXCHANGE])
        if as_json:
            write_json(found)
        else:
            _lines(found)
        return
    one = control.ask("GET", f"requests/{number}", like=EXCHANGE)
    if as_json:
        write_json(one)
        return
    steps = {f"  {each['name']}": _step(each) for each in one["steps"]}
    shown = {name: one.get(name) for name in ("number", "method", "target", "status", "fault")}
    facts({**shown, "body": one["body"], **steps, "answer": one["answer_body"]})


def _step(step: dict[str, Any]) -> str:
    return "passed" if step["passed"] else f"failed: {step['note']}"


def _lines(found: list[dict[str, Any]]) -> None:
    from ...gateway.request_lines import request_line

    for each in found:
        write(f"{each['number']:6}  {request_line(each)}\n")


@click.command(
    short_help="Follow incoming requests, until Ctrl-C.", epilog=examples("gateway tail")
)
@click.option(
    "--lines",
    type=click.IntRange(0, 500),
    default=10,
    help="The number of earlier lines to show first.",
)
@click.option("--once", is_flag=True, help="Show the earlier lines and exit.")
@gateway_options
def tail(lines: int, once: bool, base_uri: str | None, data: Path | None) -> None:
    """Follow the requests: print a line for each, until Ctrl-C."""
    control, last = control_of(base_uri, data), 0
    wanted = lines
    while True:
        found = control.ask("GET", _asked("requests", limit=max(wanted, 1)), like=[EXCHANGE])
        new = [each for each in found[:wanted] if each["number"] > last][::-1]
        _lines(new)
        last = max((each["number"] for each in found), default=0)  # numbers restart at 1
        if once:
            return
        wanted = 500
        time.sleep(INTERVAL)


@click.command(short_help="Expire an order now.", epilog=examples("gateway expire native-0001"))
@click.argument("out_trade_no")
@mchid_option
@gateway_options
@json_option
def expire(
    out_trade_no: str, mchid: str | None, base_uri: str | None, data: Path | None, as_json: bool
) -> None:
    """Expire the order OUT_TRADE_NO without changing the gateway's time."""
    path = _asked(f"transactions/{segment(out_trade_no)}/expire", mchid=mchid)
    made = control_of(base_uri, data).ask("POST", path, {}, like=ORDER)
    if as_json:
        write_json(made)
    else:
        facts({name: made[name] for name in ("out_trade_no", "state")})


@click.command(
    short_help="Deliver a notification again.", epilog=examples("gateway resend 000000000017")
)
@click.argument("notification_id", metavar="ID")
@gateway_options
@json_option
def resend(notification_id: str, base_uri: str | None, data: Path | None, as_json: bool) -> None:
    """Deliver the notification ID again; `gateway notifications` lists the ids."""
    path = f"notifications/{segment(notification_id)}/resend"
    made = control_of(base_uri, data).ask("POST", path, {}, like=NOTICE)
    if as_json:
        write_json(made)
    else:
        facts({name: made[name] for name in ("id", "event", "url")})


COMMANDS: tuple[click.Command, ...] = (
    orders,
    notifications,
    requests,
    tail,
    expire,
    resend,
    merchants,
)
