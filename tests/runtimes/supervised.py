"""Servers that run the shop, in a process of their own, and how a supervisor stops them."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .conftest import ROOT

ADDRESS = re.compile(r"http://127\.0\.0\.1:[1-9]\d*")
AT_ONCE = 4
ROUNDS = 50
PATIENCE = 60
COMPLAINTS = ("Traceback", "ERROR", "raddr=")
"""What a log shows of a failure; the last is of an open connection that nobody closed."""

Sale = dict[str, Any]


class Supervised:
    """A server that says on standard error what it does.

    Attributes:
        pid: of its first process.

    Args:
        module: of Python, which is the server.
        arguments: of the server.
        ready: what it says as it can be used.
        times: how often it says so.
        environment: its variables.
    """

    def __init__(
        self, module: str, *arguments: str, ready: str, times: int, environment: dict[str, str]
    ) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**environment, "PYTHONDEVMODE": "1"},
        )
        self.pid = self._process.pid
        assert self._process.stderr is not None
        self._stderr = self._process.stderr
        self._lines: list[str] = []
        for line in self._stderr:
            self._lines.append(line)
            if sum(ready in each for each in self._lines) == times:
                break
        else:
            raise AssertionError(self.log)
        self._reader = threading.Thread(target=lambda: self._lines.extend(self._stderr))
        self._reader.start()

    @property
    def log(self) -> str:
        """What it has said so far."""
        return "".join(self._lines)

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it; it has nothing to complain of."""
        self._process.send_signal(signal.SIGTERM)
        try:
            code = self._process.wait(PATIENCE)
        finally:
            self._process.kill()
            self._reader.join(PATIENCE)
            self._stderr.close()
        assert code == 0, self.log
        assert not any(each in self.log for each in COMPLAINTS), self.log


class WebServer(Supervised):
    """One that sells with each request, on a free port.

    Args:
        options: as above.
        workers: how many processes it has, each of which says that it is ready.
    """

    def __init__(self, *options: str, workers: int, **more: Any) -> None:
        super().__init__(*options, times=workers, **more)
        self._workers = workers
        found = ADDRESS.search(self.log)
        assert found is not None, self.log
        self._url = found[0]

    def _sell(self, path: str) -> Sale:
        with urllib.request.urlopen(self._url + path, timeout=PATIENCE) as response:
            sold: Sale = json.load(response)
        return sold

    def sell_in_each_worker(self, path: str = "/") -> list[Sale]:
        """Have it sell, several times at once, until each of its workers has sold."""
        sold: list[Sale] = []
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for _ in range(ROUNDS):
                sold += pool.map(self._sell, [path] * AT_ONCE)
                if len({each["pid"] for each in sold}) == self._workers:
                    break
        processes = {each["pid"] for each in sold}
        assert len(processes) == self._workers
        assert self.pid not in processes
        return sold


def assert_sold(sold: list[Sale]) -> None:
    """Each sale has an order of its own, which is open."""
    assert len({each["out_trade_no"] for each in sold}) == len(sold) > 0
    assert {each["trade_state"] for each in sold} == {"NOTPAY"}
