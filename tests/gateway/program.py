"""The gateway as a separate program: `python -m wechatpay_chain.gateway`."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

COMMAND = (sys.executable, "-m", "wechatpay_chain.gateway")


class Program:
    """A running program, with the settings that it prints for clients.

    Args:
        arguments: beside those that let it take free ports.
    """

    def __init__(self, *arguments: str | Path) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "--port", "0", "--tls-port", "0", "--json", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(self.process.communicate(timeout=20)[1])
        self.told: dict[str, Any] = json.loads(line)

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Stop the program; return its exit code and its standard error."""
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=20)
        return self.process.returncode, errors

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()


def ended(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a program that is expected to end on its own."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=30
    )
