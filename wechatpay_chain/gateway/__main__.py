"""Run the gateway: `python -m wechatpay_chain.gateway`, without the dependencies of the CLI."""

from __future__ import annotations

import argparse
import io
import os
import sys
from functools import partial
from pathlib import Path
from typing import get_args

from ..utils.translation import _
from .program import HOST, PORT, TLS_PORT, CannotRun, Settings, run
from .store.identity import Way

CONTROL_TOKEN = "WECHATPAY_CONTROL_TOKEN"  # noqa: S105 - the name of the variable


def main(arguments: list[str] | None = None) -> int:
    """Run until interrupted; return 1 if the gateway cannot start."""
    parser = argparse.ArgumentParser(
        prog="python -m wechatpay_chain.gateway",
        description=_("Run a local WeChat Pay until Ctrl-C."),
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--host", default=HOST, help=_("the address to listen on"))
    parser.add_argument(
        "--port", type=int, default=PORT, help=_("the port to listen on; 0 selects a free one")
    )
    parser.add_argument(
        "--tls-port",
        type=int,
        default=TLS_PORT,
        help=_("the port to listen on; 0 selects a free one"),
    )
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help=_("the directory for keys and orders, which are lost without it"),
    )
    parser.add_argument(
        "--time-scale", type=_pace, default=1, metavar="N", help=_("the speed of the clock")
    )
    parser.add_argument(
        "--signs-with",
        choices=get_args(Way),
        default="public_key",
        help=_("the keys of WeChat Pay that the merchant uses"),
    )
    parser.add_argument(
        "--merchants", type=_count, default=1, metavar="N", help=_("the number of merchants")
    )
    parser.add_argument(
        "--scenario", type=Path, metavar="FILE", help=_("a scenario to load at the start")
    )
    parser.add_argument(
        "--snapshot", type=Path, metavar="FILE", help=_("a snapshot to restore at the start")
    )
    parser.add_argument(
        "--json", action="store_true", dest="as_json", help=_("print the content of gateway.json")
    )
    parser.add_argument(
        "--public-url",
        default="",
        metavar="URL",
        help=_("the address for clients on other machines"),
    )
    parser.add_argument(
        "--control-token",
        default="",
        metavar="TOKEN",
        help=_(
            "the token for the control API and the console from other machines; {variable} sets "
            "it too",
            variable=CONTROL_TOKEN,
        ),
    )
    parser.add_argument(
        "--inline-keys", action="store_true", help=_("write the keys themselves into gateway.json")
    )
    parser.add_argument(
        "--show-secrets", action="store_true", help=_("show the plaintext of encrypted fields")
    )
    parser.add_argument(
        "--quiet", action="store_true", help=_("do not print a line for each request")
    )
    given = vars(parser.parse_args(arguments))  # without defaults, which --help would show
    given["control_token"] = given["control_token"] or os.environ.get(CONTROL_TOKEN, "")
    settings = Settings(**given)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a path can contain any character
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        run(settings, partial(print, flush=True), partial(print, file=sys.stderr, flush=True))
    except CannotRun as error:
        print(_("Error: {message}", message=error), error.hint, sep="\n", file=sys.stderr)
        return 1
    return 0


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text[:4]) > 0 and len(text) < 4):
        raise argparse.ArgumentTypeError(
            _("{value!r}: expected a number from 1 to 999", value=text)
        )
    return int(text)


def _pace(text: str) -> float:
    try:
        pace = float(text)
    except ValueError:
        pace = 0
    if not 0 < pace < float("inf"):
        raise argparse.ArgumentTypeError(_("{value!r}: expected a number above 0", value=text))
    return pace


if __name__ == "__main__":
    sys.exit(main())
