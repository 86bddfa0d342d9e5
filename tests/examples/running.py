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
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=pipe,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def line(self) -> str:
        """The next line that it prints."""
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def end(self, number: int) -> tuple[int, str]:
        """Have it end by a signal; its exit code, and what else it printed."""
        self.process.send_signal(number)
        said, _ = self.process.communicate(timeout=120)
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
        token: the gateway's control token, if it has one.
    """

    def __init__(self, shop: str, gateway: str, token: str = "") -> None:
        self._browser = httpx.Client(base_url=shop, follow_redirects=True, trust_env=False)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._gateway = httpx.Client(base_url=gateway, headers=headers, trust_env=False)

    def order(self) -> str:
        page = self._browser.post("/orders?item=doll")
        assert page.status_code == 200, page.text
        assert "<svg" in page.text
        return page.url.path.removeprefix("/orders/")

    def pay(self, number: str) -> None:
        paid = self._gateway.post(f"/_gateway/transactions/{number}/pay")
        assert paid.status_code == 200, paid.text

    def refund(self, number: str) -> None:
        assert self._browser.post(f"/orders/{number}/refund").status_code == 200

    def let_time_pass(self) -> None:
        """Let a minute of WeChat Pay's time pass: refunds arrive."""
        assert self._gateway.post("/_gateway/clock", json={"minutes": 1}).status_code == 200

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
        self._gateway.close()


def wait_until(true: Callable[[], bool], seconds: float = 120) -> None:
    """Wait until something is so that another process brings about."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not so within {seconds} s"
        time.sleep(0.05)
