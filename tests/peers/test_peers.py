"""Clients that we did not write, against the gateway: each verifies it with its own code."""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from wechatpay_chain.gateway import Gateway

HERE = Path(__file__).parent
MODULES = Path(os.environ.get("PEERS", HERE.parents[1] / ".venv" / "peers"))
"""Where `make peers` installs what comes from npm."""


@pytest.fixture(params=["public_key", "certificate"])
def gateway(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Gateway]:
    with Gateway(data=tmp_path / "gateway", signs_with=request.param) as gateway:
        yield gateway
        gateway.state.ledger.check()


@pytest.fixture
def receiver() -> Iterator[tuple[str, queue.Queue[tuple[dict[str, str], bytes]]]]:
    """An address on this machine, and what is posted to it."""
    arrived: queue.Queue[tuple[dict[str, str], bytes]] = queue.Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            arrived.put((dict(self.headers), body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/notify", arrived
    server.shutdown()
    server.server_close()
    thread.join()


def pay(gateway: Gateway, number: str) -> None:
    url = f"{gateway.base_uri}_gateway/transactions/{number}/pay"
    with urllib.request.urlopen(urllib.request.Request(url, method="POST")) as answer:
        assert json.loads(answer.read())["state"] == "SUCCESS"


def test_wechatpayv3(gateway: Gateway, receiver: Any, tmp_path: Path) -> None:
    wechatpayv3 = pytest.importorskip("wechatpayv3", reason="make peers installs it")
    told = gateway.describe()
    url, arrived = receiver
    public_key = {
        "public_key": Path(told["platform"]["public_key"]).read_text(),
        "public_key_id": told["platform"]["public_key_id"],
    }
    (tmp_path / "certs").mkdir()
    shutil.copy(told["platform"]["certificate"], tmp_path / "certs" / "platform.pem")
    certificate = {"cert_dir": str(tmp_path / "certs")}
    shop = wechatpayv3.WeChatPay(
        wechatpay_type=wechatpayv3.WeChatPayType.NATIVE,
        mchid=told["mchid"],
        private_key=Path(told["private_key"]).read_text(),
        cert_serial_no=told["serial"],
        appid=told["appid"],
        apiv3_key=told["apiv3_key"],
        notify_url=url,
        **(public_key if gateway.identity.signs_with == "public_key" else certificate),
    )
    shop._core._gate_way = told["base_uri"].rstrip("/")  # it has no argument for that
    name = "python"

    def succeed(answer: tuple[int, Any]) -> Any:
        code, message = answer
        assert code in (200, 204), message
        return json.loads(message) if message else None

    def order(number: str) -> Any:
        return succeed(
            shop.pay(
                description="Image形象店-QQ公仔",
                out_trade_no=number,
                amount={"total": 100},
                pay_type=wechatpayv3.WeChatPayType.NATIVE,
            )
        )

    assert order(f"{name}-1")["code_url"]
    assert succeed(shop.query(out_trade_no=f"{name}-1"))["trade_state"] == "NOTPAY"
    pay(gateway, f"{name}-1")
    headers, body = arrived.get(timeout=10)
    notice = shop.callback(headers, body.decode())
    assert notice["event_type"] == "TRANSACTION.SUCCESS"
    assert notice["resource"]["out_trade_no"] == f"{name}-1"
    assert notice["resource"]["amount"]["payer_total"] == 100
    assert succeed(shop.query(out_trade_no=f"{name}-1"))["trade_state"] == "SUCCESS"
    refund = succeed(
        shop.refund(
            out_trade_no=f"{name}-1",
            out_refund_no=f"{name}-r",
            amount={"refund": 40, "total": 100, "currency": "CNY"},
        )
    )
    assert refund["amount"]["refund"] == 40
    assert succeed(shop.query_refund(f"{name}-r"))["refund_id"] == refund["refund_id"]
    order(f"{name}-2")
    assert succeed(shop.close(f"{name}-2")) is None
    assert succeed(shop.query(out_trade_no=f"{name}-2"))["trade_state"] == "CLOSED"


def test_wechatpay_axios_plugin(gateway: Gateway) -> None:
    node = shutil.which("node")
    if node is None or not (MODULES / "node_modules" / "wechatpay-axios-plugin").exists():
        if os.environ.get("PEERS_TEST") == "required":
            pytest.fail(f"no node, or nothing in {MODULES}: run make peers")
        pytest.skip("needs node, and make peers")
    assert gateway.state.folder is not None
    description = gateway.state.folder / "gateway.json"
    done = subprocess.run(
        [node, str(HERE / "axios.cjs"), str(description), str(MODULES)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["ordered"]["code_url"]
    assert (seen["before"], seen["after"], seen["at_last"]) == ("NOTPAY", "SUCCESS", "CLOSED")
    assert seen["notified"]["out_trade_no"] == "Axios-0001"
    assert seen["notified"]["amount"]["payer_total"] == 100
    assert seen["refund"]["refund_id"] == seen["refunded"]["refund_id"]
    assert seen["refund"]["amount"]["refund"] == 40
    assert seen["closed"] == 204
