"""Programs of the shop, and a customer of one that runs."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]


class Program:
    """A command that runs until it is told to end.

    Args:
        command: with its arguments.
        environment: all of it; None is this process's.
    """

    def __init__(self, command: list[str], environment: Mapping[str, str] | None = None) -> None:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=pipe, stderr=subprocess.STDOUT, text=True
        )

    def line(self) -> str:
        """The next line that it prints."""
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def end(self, number: int) -> tuple[int, str]:
        """Have it end by a signal; its exit code, and what else it printed."""
        self.process.send_signal(number)
        said, _ = self.process.communicate(timeout=30)
        return self.process.returncode, said

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()


class Customer:
    """Orders, pays and looks.

    Args:
        shop: its address.
        gateway: WeChat Pay's.
    """

    def __init__(self, shop: str, gateway: str) -> None:
        self._browser = httpx.Client(base_url=shop, follow_redirects=True, trust_env=False)
        self._gateway = gateway

    def order(self) -> str:
        page = self._browser.post("/orders?item=doll")
        assert page.status_code == 200, page.text
        assert "<svg" in page.text
        return page.url.path.removeprefix("/orders/")

    def pay(self, number: str) -> None:
        address = f"{self._gateway}_gateway/transactions/{number}/pay"
        assert httpx.post(address, trust_env=False).status_code == 200

    def refund(self, number: str) -> None:
        assert self._browser.post(f"/orders/{number}/refund").status_code == 200

    def let_time_pass(self) -> None:
        """Let a minute of WeChat Pay's time pass: refunds arrive."""
        address = f"{self._gateway}_gateway/clock"
        assert httpx.post(address, json={"minutes": 1}, trust_env=False).status_code == 200

    def state(self, number: str) -> str:
        page = self._browser.get(f"/orders/{number}")
        return re.search('<b id="state">(.*?)</b>', page.text)[1]

    def received(self) -> str:
        return re.search('<b id="received">(.*?)</b>', self._browser.get("/").text)[1]

    def is_open(self) -> bool:
        """Whether the shop responds."""
        try:
            return self._browser.get("/").status_code == 200
        except httpx.TransportError:
            return False

    def __enter__(self) -> Customer:
        return self

    def __exit__(self, *_: object) -> None:
        self._browser.close()


def wait_until(true: Callable[[], bool], seconds: float = 30) -> None:
    """Wait until something is so that another process brings about."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not so within {seconds} s"
        time.sleep(0.05)
