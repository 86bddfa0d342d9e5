"""`doctor`: against a gateway, with real failures on loopback."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from time import time
from typing import Any

import pytest

from tests.cli.support import data, failed, lines, run
from tests.support import new_key, pem
from wechatpay_chain.cli.gateway.environment import variables
from wechatpay_chain.gateway import Gateway


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gateway")


@pytest.fixture(scope="module")
def gateway(directory: Path) -> Iterator[Gateway]:
    with Gateway(data=directory) as gateway:
        yield gateway


@pytest.fixture
def environ(gateway: Gateway, directory: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    assert gateway.base_uri
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    described = json.loads((directory / "gateway.json").read_text("utf-8"))
    return {**variables(described, None), "CA": described["ca"], "TLS": described["tls_base_uri"]}


def checked(environ: dict[str, str], tmp_path: Path, code: int = 0) -> dict[str, dict[str, Any]]:
    """The checks of a profile, by their names."""
    path = tmp_path / "shop.env"
    path.write_text("".join(f'{name}="{value}"\n' for name, value in environ.items()), "utf-8")
    result = run("doctor", "--profile", str(path), "--json")
    assert result.exit_code == code, result.output
    return {each["name"]: each for each in json.loads(result.stdout)}


def test_all_is_well(gateway: Gateway, directory: Path) -> None:
    told = lines("doctor", "--gateway", str(directory))
    assert [line.split()[0] for line in told] == ["ok"] * len(told)
    names = [each["name"] for each in data("doctor", "--gateway", str(directory))]
    assert names == [
        "configuration",
        "merchant key",
        "WeChat Pay's keys",
        "APIv3 key",
        "platform certificate",
        "merchant certificate",
        "proxy",
        "host 127.0.0.1",
        "clock",
        "signed call",
        "APIv2 call",
    ]


def test_a_profile(environ: dict[str, str], tmp_path: Path) -> None:
    found = checked(environ, tmp_path)
    assert {each["state"] for each in found.values()} == {"ok"}
    assert "accepted with HTTP 200" in found["signed call"]["told"]
    assert "it matches the certificate" in found["merchant key"]["told"]


def test_another_key(environ: dict[str, str], tmp_path: Path) -> None:
    key = tmp_path / "other.pem"
    key.write_bytes(pem(new_key()))
    for name in ("MERCHANT_CERT", "MERCHANT_KEY"):
        del environ[f"WECHATPAY_{name}"]
    found = checked({**environ, "WECHATPAY_PRIVATE_KEY": str(key)}, tmp_path, 1)
    assert "not compared" in found["merchant key"]["told"]
    assert found["signed call"]["state"] == "fail"
    assert "SIGN_ERROR" in found["signed call"]["told"]
    assert "mchid, serial number and private key" in found["signed call"]["action"]


def test_a_key_that_is_not_the_certificates(environ: dict[str, str], tmp_path: Path) -> None:
    key = tmp_path / "other.pem"
    key.write_bytes(pem(new_key()))
    found = checked({**environ, "WECHATPAY_PRIVATE_KEY": str(key)}, tmp_path, 1)
    assert list(found) == ["configuration"]
    assert "in merchant: use both from the same download" in found["configuration"]["told"]


def test_another_secret(environ: dict[str, str], tmp_path: Path) -> None:
    found = checked({**environ, "WECHATPAY_SECRET": "0" * 32}, tmp_path, 1)
    assert found["signed call"]["state"] == "ok"
    assert found["APIv2 call"]["state"] == "fail"
    assert "WECHATPAY_SECRET" in found["APIv2 call"]["action"]
    del environ["WECHATPAY_SECRET"]
    assert "APIv2 call" not in checked(environ, tmp_path)


def test_another_key_of_wechat_pay(environ: dict[str, str], tmp_path: Path) -> None:
    public = tmp_path / "pub_key.pem"
    public.write_bytes(pem(new_key().public_key()))
    found = checked({**environ, "WECHATPAY_PUBLIC_KEY": str(public)}, tmp_path, 1)
    assert found["signed call"]["state"] == "fail"
    assert "on the merchant platform" in found["signed call"]["action"]


def test_a_host_that_nobody_reaches(environ: dict[str, str], tmp_path: Path) -> None:
    with socket.socket() as taken:  # bound, and not listening
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        base_uri = f"http://127.0.0.1:{port}/"
        found = checked({**environ, "WECHATPAY_BASE_URI": base_uri}, tmp_path, 1)
    host = found["host 127.0.0.1"]
    assert host["state"] == found["signed call"]["state"] == "fail"
    assert f"must reach 127.0.0.1 on port {port}" in host["action"]
    assert "clock" not in found


def test_an_authority_that_is_not_trusted(environ: dict[str, str], tmp_path: Path) -> None:
    secure = {**environ, "WECHATPAY_BASE_URI": environ["TLS"]}
    host = checked(secure, tmp_path, 1)["host 127.0.0.1"]
    assert host["told"].startswith("its TLS certificate is not trusted")
    assert "WECHATPAY_CA" in host["action"]
    trusting = checked({**secure, "WECHATPAY_CA": environ["CA"]}, tmp_path)
    assert trusting["host 127.0.0.1"]["told"].endswith("its TLS certificate is trusted")


class Late(BaseHTTPRequestHandler):
    """A server whose clock is two hours ahead."""

    def do_GET(self) -> None:
        self.send_response_only(401)
        self.send_header("Date", formatdate(time() + 7200, usegmt=True))
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def test_a_clock_that_is_off(environ: dict[str, str], tmp_path: Path) -> None:
    with HTTPServer(("127.0.0.1", 0), Late) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        base_uri = f"http://127.0.0.1:{server.server_port}/"
        found = checked({**environ, "WECHATPAY_BASE_URI": base_uri}, tmp_path, 1)
        server.shutdown()
    assert found["clock"]["state"] == "fail"
    assert found["clock"]["told"].endswith("s behind the server")
    assert "NTP" in found["clock"]["action"]


def test_half_a_merchant(tmp_path: Path) -> None:
    found = checked({"WECHATPAY_MCHID": "1900000109", "WECHATPAY_SERIAL": "1F"}, tmp_path, 1)
    assert list(found) == ["configuration"]
    assert "pass private_key and serial together" in found["configuration"]["told"]


def test_no_secret_is_told(environ: dict[str, str], tmp_path: Path) -> None:
    secrets = [environ["WECHATPAY_APIV3_KEY"], environ["WECHATPAY_SECRET"], "hunter2"]
    found = checked({**environ, "WECHATPAY_PROXY": "http://shop:hunter2@127.0.0.1:9"}, tmp_path, 1)
    assert found["proxy"]["told"] == "127.0.0.1:9"
    assert not [secret for secret in secrets if secret in json.dumps(found)]


def test_the_options_stand_behind_a_subcommand() -> None:
    message = failed("doctor", "--json", "error", "ORDERPAID", code=2)
    assert "put the options after error" in message
