"""`wechatpay-chain gateway` for other machines: the control token, and the variables of `--env`."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.support import failed, lines, run
from wechatpay_chain import WeChatPay
from wechatpay_chain.cli.gateway.environment import variables
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway.request_lines import RequestLines, request_line

TOKEN = "0123456789abcdefABCDEF-._~"


@pytest.fixture(scope="module", params=["files", "inline"])
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, Gateway]]:
    place = tmp_path_factory.mktemp("gateway")
    inline = request.param == "inline"
    with Gateway(data=place, control_token=TOKEN, inline_keys=inline) as gateway:
        gateway.add_merchant(mchid="1900000777")
        yield place, gateway


def test_the_variables_make_a_client(served: tuple[Path, Gateway]) -> None:
    place, gateway = served
    for chosen, mchid in (((), gateway.identity.mchid), (("--mchid", "1900000777"), "1900000777")):
        told = lines("gateway", "--data", str(place), "--env", *chosen)
        found = dict(shlex.split(line)[0].split("=", 1) for line in told)
        assert found["WECHATPAY_MCHID"] == mchid
        with WeChatPay.from_env(found) as wxpay:
            assert wxpay.v3.certificates.get().verified
        names = '"$WECHATPAY_MCHID/$WECHATPAY_PRIVATE_KEY"'
        script = f"set -a; {chr(10).join(told)}\nprintf %s {names}"
        shell = subprocess.run(["sh", "-c", script], capture_output=True, check=True, env={})
        key = found["WECHATPAY_PRIVATE_KEY"]
        assert shell.stdout.decode() == f"{mchid}/{key}"
        assert all("\n" not in value for value in found.values())


def test_a_running_gateway_is_asked_for_them(
    served: tuple[Path, Gateway], monkeypatch: pytest.MonkeyPatch
) -> None:
    from wechatpay_chain.cli.gateway import client

    monkeypatch.setattr(client, "BASE_URI", served[1].base_uri)
    told = run("gateway", "--env", WECHATPAY_CONTROL_TOKEN=TOKEN).stdout
    assert "WECHATPAY_PRIVATE_KEY=private.pkcs8://" in told
    assert "/ rejects this command: its control token is" in failed("gateway", "--env")


def test_a_merchant_that_is_not_there(served: tuple[Path, Gateway]) -> None:
    told = failed("gateway", "--data", str(served[0]), "--env", "--mchid", "1")
    assert "has no merchant '1'" in told
    assert "1900000777" in told


def test_a_command_has_the_token_from_the_directory_or_the_environment(
    served: tuple[Path, Gateway],
) -> None:
    place, gateway = served
    assert run("gateway", "faults", "--data", str(place)).exit_code == 0
    at = ("--gateway", gateway.base_uri)
    assert run("gateway", "faults", *at, WECHATPAY_CONTROL_TOKEN=TOKEN).exit_code == 0
    assert run("gateway", "--control-token", TOKEN, "transfers", *at).exit_code == 0
    assert "/ rejects this command: its control token is" in failed("gateway", "faults", *at)
    refused = run("gateway", "faults", *at, WECHATPAY_CONTROL_TOKEN=TOKEN[::-1])
    assert refused.exit_code == 1
    assert TOKEN[::-1] not in refused.output


def test_variables_do_not_leave_out_what_a_client_needs(served: tuple[Path, Gateway]) -> None:
    described = served[1].describe()
    found = variables(described, None)
    assert {*found} >= {f"WECHATPAY_{name}" for name in ("APIV3_KEY", "SECRET", "PUBLIC_KEY_ID")}
    assert all(found.values())


def test_a_bad_token_is_rejected_before_anything_listens(tmp_path: Path) -> None:
    told = failed("gateway", "--data", str(tmp_path), "--control-token", "short")
    assert "control_token is 5 characters" in told
    told = failed("gateway", "--data", str(tmp_path), "--public-url", "gateway")
    assert "public_url" in told


def entry(**changes: Any) -> dict[str, Any]:
    return {
        "time": 0.0,
        "method": "POST",
        "target": "/v3/pay/transactions/native",
        "status": 401,
        "steps": [{"name": "signature", "passed": False, "note": "wrong\x1b[31m"}],
        "milliseconds": 1.25,
        "fault": "delay",
        "kind": None,
        **changes,
    }


def test_a_line_says_what_failed_and_holds_no_escapes() -> None:
    line = request_line(entry())
    for part in ("POST", "401", "fault: delay", "signature: wrong\\x1b[31m"):
        assert part in line
    assert "\x1b" not in line
    assert len(request_line(entry(target="/" + "x" * 5000))) < 400


def test_lines_that_nobody_reads_are_counted() -> None:
    waiting, shown = RequestLines(), list[str]()
    for _ in range(1005):
        waiting.listen("request", entry())
    waiting.listen("order", {})
    waiting.print_until(lambda: len(shown) > 1000, shown.append, 0.01)
    assert len(shown) == 1001
    assert shown[-1].startswith("5 more requests")


@pytest.mark.skipif(os.name == "nt", reason="a shell of POSIX reads the lines")
def test_a_value_with_signs_of_a_shell_is_quoted(served: tuple[Path, Gateway]) -> None:
    from wechatpay_chain.cli.gateway.environment import lines as written

    described = {**served[1].describe(), "secret": "a'b $(c)"}
    (line,) = [each for each in written(described, None).splitlines() if "SECRET" in each]
    script = f'{line}\nprintf %s "$WECHATPAY_SECRET"'
    shell = subprocess.run(["sh", "-c", script], capture_output=True, check=True, env={})
    assert shell.stdout.decode() == "a'b $(c)"
