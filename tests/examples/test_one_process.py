"""`python -m examples.shop`: gateway, shop and workers by one command."""

from __future__ import annotations

import signal
import socket
import sys

from examples.shop.__main__ import main
from tests.examples.running import Customer, Program, wait_until

COMMAND = [sys.executable, "-m", "examples.shop", "--port", "0", "--gateway-port", "0"]


def start(folder):
    """The program, and the addresses that it prints."""
    program = Program([*COMMAND, "--data", str(folder)])
    lines = [program.line() for _ in range(3)]
    shop, gateway = (line.split()[-1] for line in lines[:2])
    assert lines[2] == "Ctrl-C stops both.\n"
    return program, Customer(shop, gateway.removesuffix("_gateway/"))


def test_it_runs_stops_and_goes_on(tmp_path):
    program, customer = start(tmp_path)
    with program, customer:
        number = customer.order()
        customer.pay(number)
        wait_until(lambda: customer.state(number) == "paid")
        customer.refund(number)
        assert program.end(signal.SIGINT) == (0, "")

    program, customer = start(tmp_path)
    with program, customer:
        customer.let_time_pass()
        wait_until(lambda: customer.state(number) == "refunded")
        assert customer.received() == "¥0.00"
        assert program.end(signal.SIGTERM) == (0, "")


def test_a_port_that_is_taken(monkeypatch, capsys):
    monkeypatch.setattr(signal, "signal", lambda *_: None)  # it is pytest's process
    with socket.create_server(("127.0.0.1", 0)) as other:
        assert main(["--port", str(other.getsockname()[1])]) == 1
    assert capsys.readouterr().err.startswith("The shop cannot start: ")
