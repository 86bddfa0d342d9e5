"""A process that gevent has patched: calls wait in their greenlets, and block no other."""

from __future__ import annotations

from typing import Any

from wechatpay_chain.gateway import Gateway

from .conftest import Run, lines, needs
from .supervised import assert_sold

needs("gevent")


def test_calls_in_greenlets(gateway: Gateway, run: Run) -> None:
    fetched: list[int] = []

    def listen(kind: str, entry: dict[str, Any]) -> None:
        if kind == "request" and entry["target"] == "/v3/certificates":
            fetched.append(entry["status"])

    gateway.state.log.listeners.add(listen)
    gateway.faults.add("v3/certificates", "delay", seconds=0.3, times=1)
    done = run("greenlets")
    gateway.state.log.listeners.remove(listen)
    assert (done.returncode, done.stderr) == (0, "")
    assert_sold(lines(done.stdout))
    assert fetched == [200] * 10  # one that took its time, eight in turn, and one for eight others
