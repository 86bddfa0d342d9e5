"""`wechatpay-chain doctor explain`: finds out why a signature fails, from text and keys."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ...display.layout import Block, Facts, Heading, Line, text
from ...utils.exceptions import ConfigurationError
from ...utils.translation import _
from ..failure import Misuse
from ..files import read_bytes
from ..output import page, write_json
from ..profile import Profile, profile_options
from ..usage import PathType, examples, json_option
from ..wording import shown

if TYPE_CHECKING:
    from ...diagnosis.explanation import Part
    from ...diagnosis.transcripts import Transcript

__all__ = ["explain"]

FILE = PathType()


@click.command(
    short_help="Explain why a signature fails, offline.",
    epilog=examples(
        "doctor explain --request request.txt",
        "doctor explain --request curl.log --profile shop.env",
        "doctor explain --request request.json --response response.txt --json",
        "doctor explain --request notification.txt --at now",
    ),
)
@click.option("--request", type=FILE, metavar="FILE|-", help="A request, a notification, or both.")
@click.option(
    "--response", type=FILE, metavar="FILE|-", help="The response, if it is in another file."
)
@click.option("--body", type=FILE, metavar="FILE|-", help="The request body.")
@click.option(
    "--at",
    metavar="TIME",
    help="The time of the message by this machine's clock; `now` for the current time.",
)
@profile_options
@json_option
def explain(
    request: Path | None,
    response: Path | None,
    body: Path | None,
    at: str | None,
    profile: Path | None,
    gateway: str | None,
    mchid: str | None,
    as_json: bool,
) -> None:
    """Explain why the signature of a request, a response or a notification fails. Nothing is sent.

    A FILE contains an HTTP message, the output of curl -v, or a JSON object with method, url,
    headers and body, as printed by `call --dry-run --reveal --output json` or `gateway requests
    NUMBER --json`. It is checked with the keys of the profile. Exit code 1: a cause was found.
    """
    from ...diagnosis.explanation import explain as causes

    if request is None and response is None:
        raise click.UsageError(_("--request FILE or --response FILE is missing."))
    ring = Profile(profile, gateway, mchid).keyring()
    try:
        parts = causes(_transcript(request, response, body), ring, _moment(at))
    except ConfigurationError as error:
        raise Misuse(str(error)) from None
    if as_json:
        write_json([_record(part) for part in parts])
    else:
        page([_block(part) for part in parts])
    if not all(part.is_right for part in parts):
        raise SystemExit(1)


def _transcript(request: Path | None, response: Path | None, body: Path | None) -> Transcript:
    """Return the content of the files; a file of its own replaces the part beside the request."""
    from ...diagnosis.transcripts import Transcript, read

    found = Transcript(None, None)
    for path in (request, response):
        if path is None:
            continue
        try:
            one = read(read_bytes(path))
        except ConfigurationError as error:
            raise Misuse(f"{shown(str(path))}: {error}") from None
        found = Transcript(one.request or found.request, one.response or found.response)
    if body is not None and found.request is not None:
        found = found._replace(request=found.request._replace(body=read_bytes(body), exact=True))
    return found


def _moment(at: str | None) -> float | None:
    """Return the time in seconds since 1970."""
    if at is None:
        return None
    if at == "now":
        return time.time()
    try:
        return float(at) if at.isdecimal() else datetime.fromisoformat(at).timestamp()
    except (ValueError, OverflowError, OSError):
        raise click.BadParameter(
            _(
                "{at}: expected now, 2026-11-26T10:00:00+08:00 or seconds since 1970.",
                at=shown(at),
            ),
            param_hint="--at",
        ) from None


def _block(part: Part) -> list[Block]:
    protocol = {"v2": "APIv2", "v3": "APIv3"}[part.protocol]
    heading = Heading(text(f"The {part.what} ({protocol})", "heading"))
    return [heading, Facts(tuple(_rows(part)))]


def _rows(part: Part) -> Iterator[tuple[str, Line]]:
    for each in part.findings:
        yield ("right" if each.cause == "none" else "cause"), text(each.what, "name")
        if each.detail:
            yield "found", text(each.detail)
        yield "do", text(each.action)


def _record(part: Part) -> dict[str, Any]:
    return {
        "what": part.what,
        "protocol": part.protocol,
        "findings": [
            {"cause": each.cause, "what": each.what, "detail": each.detail, "do": each.action}
            for each in part.findings
        ],
    }
