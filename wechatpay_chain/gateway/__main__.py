"""Run the gateway: `python -m wechatpay_chain.gateway`; needs nothing of the command line's."""

from __future__ import annotations

import argparse
import io
import sys
from functools import partial
from pathlib import Path
from typing import get_args

from .program import HOST, PORT, TLS_PORT, CannotRun, Settings, run
from .store.identity import Way


def main(arguments: list[str] | None = None) -> int:
    """Run until interrupted; 1 if it cannot begin."""
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
        "--json", action="store_true", dest="as_json", help="print what gateway.json has"
    )
    settings = Settings(**vars(parser.parse_args(arguments)))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a directory's name may have any character
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        run(settings, partial(print, flush=True), partial(print, file=sys.stderr, flush=True))
    except CannotRun as error:
        print(f"Error: {error}\n{error.hint}", file=sys.stderr)
        return 1
    return 0


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
