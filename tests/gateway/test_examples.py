"""The examples of the gateway (`make demo`): a payment from its order to the bill."""

from __future__ import annotations

import io
import os
import queue
import subprocess
import sys
from typing import Any

import pytest

from tests.gateway.support import order
from wechatpay_chain.durable import Inbox
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway.examples import notified_twice, order_lifecycle
from wechatpay_chain.gateway.store.identity import Identity


class Screen(io.TextIOWrapper):
    """A terminal."""

    def __init__(self, encoding: str = "utf-8") -> None:
        super().__init__(io.BytesIO(), encoding)

    def isatty(self) -> bool:
        return True


def run_example(
    gateway: Gateway, wxpay: Any, screen: Any = sys.__stdout__
) -> tuple[int, list[str]]:
    said: list[str] = []
    return order_lifecycle.run_order_lifecycle(gateway, wxpay, screen, said.append), said


@pytest.fixture
def own(identity: Identity) -> Any:
    """A separate gateway, because the example's numbers can be used once."""
    with Gateway(identity=identity) as gateway:
        yield gateway
        gateway.state.ledger.check()


def test_every_step_is_shown(own: Gateway) -> None:
    with own.client() as wxpay:
        wrong, said = run_example(own, wxpay, Screen())
    assert wrong == 0
    text = "\n".join(said)
    assert [line[1:3] for line in said if line.startswith("\n")] == [f"{n}." for n in range(1, 9)]
    assert "NOT" not in text
    (paid,) = own.orders()
    assert (paid["state"], paid["refunded"]) == ("REFUND", order_lifecycle.REFUND)
    assert f"transaction_id  {paid['transaction_id']}" in text
    number = order_lifecycle.OUT_TRADE_NO
    assert sum(f"`{number},`" in line for line in said) == 2  # for the payment and the refund
    assert all(notice["state"] == "DELIVERED" for notice in own.notifications())


def test_a_notification_that_comes_twice_is_handled_once(own: Gateway) -> None:
    said: list[str] = []
    with own.client() as wxpay:
        assert notified_twice.run_notified_twice(own, wxpay, said.append) == 0
    assert said.count("   POST /notify  204") == 2
    assert "   in the inbox  stored 1, duplicate 1" in said
    assert sum("are booked" in line for line in said) == 1
    assert said[-1] == f"   in the books  {notified_twice.TOTAL} fen"
    (notification,) = own.notifications()
    assert len(notification["attempts"]) == 2


def test_a_handler_that_books_twice_is_counted(
    own: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_once = Inbox.run_once

    def twice(inbox: Inbox) -> int:
        run_once(inbox)
        assert inbox.replay(1)
        return run_once(inbox)

    monkeypatch.setattr(Inbox, "run_once", twice)
    with own.client() as wxpay:
        assert notified_twice.run_notified_twice(own, wxpay, lambda _: None) == 1


def test_without_sqlalchemy_there_is_a_hint(own: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    said: list[str] = []
    with own.client() as wxpay:
        assert notified_twice.run_notified_twice(own, wxpay, said.append) == 0
    assert said == ['   (pip install "wechatpay-chain[durable]" shows it)']


def test_the_qr_code_is_drawn_where_somebody_looks() -> None:
    drawn = order_lifecycle.qr_code("http://127.0.0.1:8790/_gateway/pay/x", Screen())
    assert len(drawn) > 10
    assert len({len(line) for line in drawn}) == 1
    assert all(line.startswith("\x1b[97;40m") and line.endswith("\x1b[0m") for line in drawn)
    assert order_lifecycle.qr_code("x", io.StringIO()) == []
    assert order_lifecycle.qr_code("x", Screen("ascii")) == []


def test_without_segno_there_is_a_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "segno", None)
    (hint,) = order_lifecycle.qr_code("x", Screen())
    assert 'pip install "wechatpay-chain[gateway]"' in hint


def test_a_notification_that_is_not_the_platforms_is_counted(own: Gateway) -> None:
    with own.client() as wxpay:
        own.rotate_keys()  # this client does not have the new key
        headers = {"Wechatpay-Serial": wxpay.platform.serials[0]}
        stack = wxpay.stacks["v3"]

        def ask_for_the_old_key(request: Any, handle: Any) -> Any:
            return (yield from handle(request.replace(headers=request.headers.merged(headers))))

        wxpay.stacks["v3"] = stack.after("encoder", "old", ask_for_the_old_key)
        wrong, said = run_example(own, wxpay)
    assert wrong == 2
    assert sum(own.identity.public_key_id in line for line in said) == 2


def test_a_notification_that_does_not_come_is_counted(
    own: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(*_: object, **__: object) -> None:
        raise queue.Empty

    monkeypatch.setattr(order_lifecycle.queue.Queue, "get", nothing)
    with own.client() as wxpay:
        wrong, said = run_example(own, wxpay)
    assert wrong == 2
    assert f"   received nothing in {order_lifecycle.TIMEOUT} s" in said


def test_an_order_that_was_made_before_stops_it(own: Gateway) -> None:
    with own.client() as wxpay:
        wxpay.v3.pay.transactions.native.post(
            json=order(own, out_trade_no=order_lifecycle.OUT_TRADE_NO, description="another")
        )
        with pytest.raises(Exception, match="OUT_TRADE_NO_USED"):
            run_example(own, wxpay)


@pytest.mark.skipif(os.name != "posix", reason="there are no pseudo-terminals")
def test_on_a_terminal() -> None:
    import pty

    ours, theirs = pty.openpty()
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    with subprocess.Popen(
        [sys.executable, "-m", "wechatpay_chain.gateway.examples"],
        stdout=theirs,
        stderr=subprocess.PIPE,
        env=environment,
    ) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # Linux reports that the other side is closed
                break
            if not piece:
                break
            shown += piece
        os.close(ours)
        assert process.stderr is not None
        errors = process.stderr.read()
    assert (process.returncode, errors) == (0, b"")
    text = shown.decode()
    assert text.count("\x1b[97;40m") > 10
    assert text.count("in the books  100 fen\r\n") == 1
    assert "All examples succeeded." in text
