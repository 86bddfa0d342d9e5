"""Runs a command with a gateway; the command's environment contains the gateway's settings."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from ..utils.display import printable
from ..utils.translation import _
from .gateway import Gateway
from .program import CannotRun, Settings, started

__all__ = ["run_beside"]

DIED = 128
"""The exit code of a command that a signal ended, less the number of the signal."""


def run_beside(settings: Settings, command: Sequence[str], tell: Callable[[str], None]) -> int:
    """Run a gateway until a command ends. Call it in the main thread.

    Args:
        settings: settings of the gateway.
        command: the command with its arguments.
        tell: prints the address of the gateway.

    Returns:
        The command's exit code, or 128 plus the number of the signal that ended it.

    Raises:
        CannotRun: the gateway or the command cannot start.
    """
    with started(settings) as (gateway, directory), _passing_signals() as processes:
        tell(
            _("A local WeChat Pay is listening: {address}", address=f"{gateway.base_uri}_gateway/")
        )
        path = directory.absolute() / "gateway.json"
        try:
            environment = _environment(os.environ, gateway, path)
            process = subprocess.Popen(command, env=environment)  # noqa: S603 - the user's own
        except OSError as error:
            name, problem = printable(command[0], 200), printable(error.strerror or error, 200)
            raise CannotRun(
                _("{name} cannot be run: {problem}", name=name, problem=problem),
                _("check that it is installed"),
            ) from error
        processes.append(process)
        code = process.wait()
    return DIED - code if code < 0 else code


def _environment(environ: Mapping[str, str], gateway: Gateway, path: Path) -> dict[str, str]:
    """Return the command's environment, in which `WeChatPay.from_env()` uses the gateway."""
    mchid = environ.get("WECHATPAY_MCHID", "")
    own = mchid if mchid in gateway.merchants else gateway.identity.mchid
    return {**environ, "WECHATPAY_GATEWAY": str(path), "WECHATPAY_MCHID": own}


@contextmanager
def _passing_signals() -> Generator[list[subprocess.Popen[bytes]]]:
    """Pass signals to the command, and wait for its end.

    The terminal sends Ctrl-C to the command as well, which is in the same process group.
    """
    processes: list[subprocess.Popen[bytes]] = []

    def passed(number: int, _: object) -> None:
        is_sent = number == signal.SIGINT and sys.stdin is not None and sys.stdin.isatty()
        if not processes:
            raise KeyboardInterrupt
        if not is_sent:
            processes[0].send_signal(number)

    before = {each: signal.signal(each, passed) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield processes
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
