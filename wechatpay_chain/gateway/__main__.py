"""Run the gateway: `python -m wechatpay_chain.gateway`, without the dependencies of the CLI."""

from __future__ import annotations

import argparse
import io
import os
import sys
from functools import partial
from pathlib import Path
from typing import get_args

from .program import HOST, PORT, TLS_PORT, CannotRun, Settings, run
from .store.identity import Way

CONTROL_TOKEN = "WECHATPAY_CONTROL_TOKEN"  # noqa: S105 - the name of the variable
TOKEN_HELP = f"for the control API and the console from elsewhere; {CONTROL_TOKEN} sets it too"


def main(arguments: list[str] | None = None) -> int:
    """Run until interrupted; return 1 if the gateway cannot start."""
    parser = argparse.ArgumentParser(
        prog="python -m wechatpay_chain.gateway",
        description="Run a local WeChat Pay until Ctrl-C.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--host", default=HOST, help="where to listen")
    parser.add_argument("--port", type=int, default=PORT, help="0 takes a free one")
    parser.add_argument("--tls-port", type=int, default=TLS_PORT, help="0 takes a free one")
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="where keys and orders live; they go otherwise"
    )
    parser.add_argument(
        "--time-scale", type=_pace, default=1, metavar="N", help="its time runs N times as fast"
    )
    parser.add_argument(
        "--signs-with",
        choices=get_args(Way),
        default="public_key",
        help="which of WeChat Pay's keys the merchant uses",
    )
    parser.add_argument(
        "--merchants", type=_count, default=1, metavar="N", help="how many merchants there are"
    )
    parser.add_argument(
        "--scenario", type=Path, metavar="FILE", help="what the gateway has at its start"
    )
    parser.add_argument(
        "--snapshot", type=Path, metavar="FILE", help="a snapshot that the gateway starts from"
    )
    parser.add_argument(
        "--json", action="store_true", dest="as_json", help="print what gateway.json has"
    )
    parser.add_argument(
        "--public-url", default="", metavar="URL", help="where clients elsewhere reach it"
    )
    parser.add_argument(
        "--control-token",
        default="",
        metavar="TOKEN",
        help=TOKEN_HELP,
    )
    parser.add_argument("--inline-keys", action="store_true", help="put keys into gateway.json")
    parser.add_argument("--show-secrets", action="store_true", help="mask no plaintext")
    parser.add_argument("--quiet", action="store_true", help="print no line for a request")
    given = vars(parser.parse_args(arguments))  # without defaults, which --help would show
    given["control_token"] = given["control_token"] or os.environ.get(CONTROL_TOKEN, "")
    settings = Settings(**given)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a path can contain any character
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        run(settings, partial(print, flush=True), partial(print, file=sys.stderr, flush=True))
    except CannotRun as error:
        print(f"Error: {error}\n{error.hint}", file=sys.stderr)
        return 1
    return 0


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text[:4]) > 0 and len(text) < 4):
        raise argparse.ArgumentTypeError(f"{text!r}: a number from 1 to 999 is expected")
    return int(text)


def _pace(text: str) -> float:
    try:
        pace = float(text)
    except ValueError:
        pace = 0
    if not 0 < pace < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r}: a number above 0 is expected")
    return pace


if __name__ == "__main__":
    sys.exit(main())
