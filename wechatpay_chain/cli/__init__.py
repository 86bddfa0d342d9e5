"""The command line `wechatpay-chain`: the catalogue, calls, bills and the local gateway.

A group of commands is one module; `application` lists them. Commands say what is to be shown
(`layout`), and `output` shows it: drawn by `terminal` on a screen, as plain text in a pipe.
Heavy modules, the catalogue and rich, are loaded by the commands that need them, so
that `--help` and the shell's completion answer at once.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from io import TextIOWrapper

from ..utils.translation import _

__all__ = ["main"]

PROGRAM = "wechatpay-chain"
NEEDED = ("click", "rich")


def main() -> None:
    """Run the command line on `sys.argv`, and exit."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        sys.stderr.write(
            _(
                "{program}: {missing} not installed; the command line needs an extra: pip install "
                '"wechatpay-chain[cli]"\n',
                program=PROGRAM,
                missing=" and ".join(missing),
            )
        )
        raise SystemExit(1)
    from .application import application

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # None where it is closed
            stream.reconfigure(errors="backslashreplace")  # not every encoding has Chinese
    application(prog_name=PROGRAM)
