"""`make shop`: gateway, shop and workers by one command."""

from __future__ import annotations

import os
import re
import signal
import socket
import sys

from tests.examples.running import ROOT, Customer, Program, wait_until


def start(folder):
    """What `make shop` runs, on free ports, and a customer of it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    shop = f"http://127.0.0.1:{port}"
    environment = {
        "SHOP_DATABASE": f"sqlite:///{folder}/shop.db",
        "SHOP_BILLS": f"{folder}/bills",
        "WECHATPAY_NOTIFY_URL": f"{shop}/wechatpay/notify",
    }
    gateway = ["-m", "wechatpay_chain", "gateway", "--port", "0", "--tls-port", "0", "--data"]
    server = [sys.executable, "-m", "uvicorn", "examples.shop.deployment:app"]
    command = [*gateway, f"{folder}/gateway", "run", *server, "--port", str(port)]
    command += ["--log-level", "warning"]
    program = Program([sys.executable, *command], {**os.environ, **environment})
    address = program.line().split()[-1]
    return program, Customer(shop, address.removesuffix("_gateway/"))


def test_it_runs_stops_and_goes_on(tmp_path):
    program, customer = start(tmp_path)
    with program, customer:
        wait_until(customer.is_open)
        number = customer.order()
        customer.pay(number)
        wait_until(lambda: customer.state(number) == "paid")
        customer.refund(number)
        code, said = program.end(signal.SIGINT)
        assert (code, said) in ((0, ""), (128 + signal.SIGINT, ""))

    program, customer = start(tmp_path)
    with program, customer:
        wait_until(customer.is_open)
        customer.let_time_pass()
        wait_until(lambda: customer.state(number) == "refunded")
        assert customer.received() == "¥0.00"
        assert program.end(signal.SIGTERM) == (128 + signal.SIGTERM, "")


def test_make_says_what_the_shop_asks_for():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    source = (ROOT / "examples" / "shop" / "deployment.py").read_text("utf-8")
    wanted = set(re.findall(r'environ\["(\w+)"\]', source))
    assert wanted <= set(re.findall(r"^shop: export (\w+) = ", makefile, re.M))
