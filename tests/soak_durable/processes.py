"""The soak's processes, of which one is killed every now and then, and started again."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Self

__all__ = ["Herd"]


class Herd:
    """Processes that are kept running.

    Args:
        commands: by name: arguments of `python`.
        environment: of all of them.
        kill_every: seconds between two kills of one of them, by chance.
    """

    def __init__(
        self, commands: Mapping[str, list[str]], environment: Mapping[str, str], kill_every: float
    ) -> None:
        self._commands = dict(commands)
        self._environment = {**os.environ, **environment}
        self._kill_every = kill_every
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._reap)
        self.kills = 0

    def __enter__(self) -> Self:
        for name in self._commands:
            self._start(name)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end.set()
        self._thread.join()
        for process in self._processes.values():
            process.send_signal(signal.SIGTERM)
        for process in self._processes.values():
            process.wait(60)

    def _reap(self) -> None:
        chance = random.Random(7)
        while not self._end.wait(self._kill_every):
            name = chance.choice(sorted(self._commands))
            self._processes[name].kill()
            self._processes[name].wait()
            self.kills += 1
            self._start(name)

    def _start(self, name: str) -> None:
        self._processes[name] = subprocess.Popen(
            [sys.executable, *self._commands[name]],
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
