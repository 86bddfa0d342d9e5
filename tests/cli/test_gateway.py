"""The subcommands of `wechatpay-chain gateway`, which control a running one."""

from __future__ import annotations

import shlex
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.cli.support import data, failed, lines, run
from tests.cli.test_guide import GUIDES, commands
from tests.servers import NotificationServer
from wechatpay_chain.cli.gateway import bills, client, controls, records, scenarios, snapshots
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.testing.fault_names import NAMES

WRITTEN = (
    *controls.COMMANDS,
    *records.COMMANDS,
    *bills.COMMANDS,
    *snapshots.COMMANDS,
    *scenarios.COMMANDS,
)
"""The commands that are not made of a product's controls."""
NOBODY = "http://127.0.0.1:1/notify"


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Gateway]]:
    """A gateway that runs, and its directory."""
    place = tmp_path_factory.mktemp("gateway")
    with Gateway(data=place) as gateway:
        yield place, gateway


@pytest.fixture
def gateway(directory: tuple[Path, Gateway]) -> Iterator[Gateway]:
    yield directory[1]
    directory[1].faults.clear()


@pytest.fixture
def here(directory: tuple[Path, Gateway]) -> tuple[str, str]:
    """The option that says which gateway is meant."""
    return ("--data", str(directory[0]))


@pytest.fixture
def shop() -> Iterator[str]:
    """An address where notifications are acknowledged."""
    with NotificationServer() as server:
        yield server.url


def ordered(gateway: Gateway, number: str) -> str:
    with gateway.client() as wxpay:
        wxpay.v3.pay.transactions.native.post(
            json={
                "appid": gateway.identity.appid,
                "mchid": gateway.identity.mchid,
                "description": "QQ公仔",
                "out_trade_no": number,
                "notify_url": NOBODY,
                "amount": {"total": 100},
            }
        )
    return number


def test_pay(gateway: Gateway, here: tuple[str, str]) -> None:
    number = ordered(gateway, "cli-pay")
    shown = dict(
        line.split() for line in lines("gateway", "fail", number, *here) if "fen" not in line
    )
    assert shown == {"out_trade_no": number, "state": "PAYERROR"}
    shown = dict(line.split(maxsplit=1) for line in lines("gateway", "pay", number, *here))
    assert list(shown) == ["out_trade_no", "state", "total", "transaction_id"]
    assert (shown["state"], shown["total"]) == ("SUCCESS", "100 fen")
    assert "INVALID_REQUEST" in failed("gateway", "pay", number, *here)
    assert "ORDER_NOT_EXIST" in failed("gateway", "fail", "a/b?c", *here)


def test_pay_as_somebody(gateway: Gateway, here: tuple[str, str]) -> None:
    number = ordered(gateway, "cli-openid")
    order = data("gateway", "pay", number, "--openid", "oUpF8", *here)
    assert (order["state"], order["openid"]) == ("SUCCESS", "oUpF8")
    assert order["out_trade_no"] == number


def test_complain(gateway: Gateway, here: tuple[str, str]) -> None:
    number = ordered(gateway, "cli-complain")
    assert "INVALID_REQUEST" in failed("gateway", "complain", number, "坏了", *here)
    gateway.pay(number)
    told = lines("gateway", "complain", number, "坏了", "--phone", "139", *here)
    shown = dict(line.split() for line in told)
    assert (shown["out_trade_no"], shown["complaint_state"]) == (number, "PENDING")
    made = data("gateway", "complain", number, "坏了", "--problem", "REFUND", *here)
    assert (made["problem_type"], made["complaint_detail"]) == ("REFUND", "坏了")


def presigned(gateway: Gateway) -> str:
    user = {"out_user_id": "1", "organization_id": "O1"}
    with gateway.client() as wxpay:
        response = wxpay["v3/offlineface/contracts/presign"].post(
            json={"business_name": "K12", "facepay_user": user}
        )
    return str(response.json()["presign_token"])


def test_sign_contract(gateway: Gateway, here: tuple[str, str]) -> None:
    token = presigned(gateway)
    shown = dict(line.split() for line in lines("gateway", "sign-contract", token, *here))
    assert shown["contract_state"] == "CONTRACTED"
    assert "RESOURCE_NOT_EXISTS" in failed("gateway", "sign-contract", token, *here)


def test_fill(gateway: Gateway, here: tuple[str, str]) -> None:
    given = ("100", "--difference", "amount=2", "--difference", "fee=1", "--seed", "7")
    shown = dict(line.split() for line in lines("gateway", "fill", *given, *here))
    assert shown.items() >= {"orders": "100", "amount": "2", "fee": "1"}.items()
    made = data("gateway", "fill", "400", "--differences", "every", "--form", "partner", *here)
    assert made["expected"]["merchant"] == 2
    wrong = failed("gateway", "fill", "9", "--difference", "amount", *here, code=2)
    assert "expected CLASS=N, such as amount=3" in wrong
    assert "are not enough" in failed("gateway", "fill", "1", "--difference", "amount=3", *here)


def test_bills(gateway: Gateway, here: tuple[str, str]) -> None:
    shown = dict(line.split() for line in lines("gateway", "bills", "--fee-rate", "0.006", *here))
    assert shown == {"fee_rate": "0.0060", "next_day": "False", "parts": "1"}
    changed = data("gateway", "bills", "--fee-rate", "0", "--next-day", *here)
    assert changed == {"fee_rate": "0.0000", "next_day": True, "parts": 1}
    assert data("gateway", "bills", "--at-once", *here)["next_day"] is False
    assert "fee_rate" in failed("gateway", "bills", "--fee-rate", "much", *here)


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [("90", 90), ("90s", 90), ("6m", 360), ("2h", 7200), ("1d", 86400), ("1h30m", 5400)],
)
def test_advance(gateway: Gateway, here: tuple[str, str], duration: str, seconds: int) -> None:
    before = gateway.state.clock.offset
    (line,) = lines("gateway", "advance", duration, *here)
    assert line.startswith("time  20")
    assert gateway.state.clock.offset - before == pytest.approx(seconds, abs=1)
    assert set(data("gateway", "advance", "0", *here)) >= {"time"}


@pytest.mark.parametrize("duration", ["", "x", "6x", "m", "6m!", "1h 30m"])
def test_a_duration_that_is_none(here: tuple[str, str], duration: str) -> None:
    assert "expected seconds, or 90s, 6m, 2h, 1d, 1h30m" in failed(
        "gateway", "advance", duration, *here, code=2
    )


@pytest.mark.parametrize(
    ("event", "options"),
    [("TRANSACTION.SUCCESS", ()), ("transaction-success", ("--protocol", "v2"))],
)
def test_trigger(
    gateway: Gateway, here: tuple[str, str], shop: str, event: str, options: tuple[str, ...]
) -> None:
    shown = dict(
        line.split(maxsplit=1)
        for line in lines("gateway", "trigger", event, "--to", shop, *options, *here)
    )
    assert (shown["event"], shown["to"], shown["status"]) == (event, shop, "200")
    assert "SUCCESS" in shown["answer"]
    assert shown["id"] == gateway.notifications()[0]["id"]


def test_trigger_with_content(
    gateway: Gateway,
    here: tuple[str, str],
    shop: str,
    tmp_path: Path,
) -> None:
    path = tmp_path / "refund.json"
    path.write_text('{"out_trade_no": "订单1"}', "utf-8")
    for given in ('{"out_trade_no": "订单1"}', f"@{path}"):
        sent = data(
            "gateway", "trigger", "REFUND.SUCCESS", "--to", shop, "--resource", given, *here
        )
        assert sent["resource"]["out_trade_no"] == "订单1"
        assert sent["attempts"][0]["acknowledged"]


def test_trigger_of_one_product(gateway: Gateway, here: tuple[str, str], shop: str) -> None:
    sent = data(
        *("gateway", "trigger", "REFUND.SUCCESS", "--variant", "partner", "--to", shop, *here)
    )
    assert sent["resource"]["sp_mchid"] == gateway.identity.mchid
    assert "mchid" not in sent["resource"]
    said = failed("gateway", "trigger", "REFUND.SUCCESS", "--variant", "x", "--to", shop, *here)
    assert "direct, partner, ecommerce" in said


@pytest.mark.parametrize(
    ("given", "code", "problem"),
    [
        ("{", 2, "not JSON"),
        ("[]", 2, "expected a JSON object"),
        ("@/no/such/file", 1, "'/no/such/file' cannot be read: No such file"),
    ],
)
def test_content_that_is_none(
    here: tuple[str, str], given: str, code: int, problem: str, gateway: Gateway
) -> None:
    before = len(gateway.notifications())
    said = failed("gateway", "trigger", "X", "--to", NOBODY, "--resource", given, *here, code=code)
    assert problem in said
    assert len(gateway.notifications()) == before


def test_trigger_that_nobody_acknowledges(here: tuple[str, str]) -> None:
    result = run("gateway", "trigger", "REFUND.SUCCESS", "--to", NOBODY, *here)
    assert result.exit_code == 1
    assert "status  ClientConnectorError" in result.stdout
    assert "did not acknowledge it: ClientConnectorError" in result.stderr
    assert "gateway advance 15s" in result.stderr


def test_trigger_of_a_type_that_is_none(here: tuple[str, str]) -> None:
    assert "REFUND.SUCCESS" in failed("gateway", "trigger", "REFUND.SUCCES", "--to", NOBODY, *here)
    assert "expected an http or https address" in failed(
        "gateway", "trigger", "REFUND.SUCCESS", "--to", "nowhere", *here
    )


def test_a_delivery_that_takes_too_long(
    gateway: Gateway, here: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(controls, "DELIVERY_TIMEOUT", 0)
    said = failed("gateway", "trigger", "REFUND.SUCCESS", "--to", NOBODY, *here)
    assert "did not deliver notification" in said


def test_faults(gateway: Gateway, here: tuple[str, str]) -> None:
    assert run("gateway", "faults", *here).stderr == "no fault is set\n"
    assert lines("gateway", "faults", "v3/pay/*", "bad_signature", "--times", "3", *here) == [
        "v3/pay/*\tbad_signature\t3 times"
    ]
    lines("gateway", "faults", "*", "status", "--status", "503", "--body", "busy", *here)
    lines("gateway", "faults", "v2/*", "delay", "--seconds", "0.5", *here)
    assert data("gateway", "faults", *here) == [
        {"match": "v3/pay/*", "fault": "bad_signature", "times": 3},
        {"match": "*", "fault": "status", "times": None, "status": 503, "body": "busy"},
        {"match": "v2/*", "fault": "delay", "times": None, "seconds": 0.5},
    ]
    assert "delay has no option 'status'" in failed(
        "gateway", "faults", "*", "delay", "--status", "503", *here
    )
    assert data("gateway", "faults", "--clear", *here) == []
    assert gateway.faults.all() == []


def test_a_fault_that_is_none(here: tuple[str, str]) -> None:
    assert "FAULT is missing: expected one of" in failed("gateway", "faults", "*", *here, code=2)
    assert "is not one of" in failed("gateway", "faults", "*", "nothing", *here, code=2)


def test_the_help_names_every_fault() -> None:
    text = run("gateway", "faults", "--help").stdout
    assert all(name in text for name in NAMES)


def test_which_gateway_is_meant(directory: tuple[Path, Gateway], gateway: Gateway) -> None:
    place = str(directory[0])
    for options in (
        ("gateway", "--data", place, "faults"),
        ("gateway", "faults", "--data", place),
        ("gateway", "faults", "--gateway", gateway.base_uri),
        ("gateway", "faults", "--gateway", gateway.base_uri, "--data", "nowhere"),
        ("gateway", "--data", "nowhere", "faults", "--data", place),
    ):
        assert data(*options) == []


def test_no_gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "BASE_URI", "http://127.0.0.1:1/")
    assert failed("gateway", "pay", "x").splitlines() == [
        "Error: no gateway responds at http://127.0.0.1:1/ (Connection refused)",
        "To start one: wechatpay-chain gateway",
        "If it runs elsewhere, pass --gateway URL, or --data DIR with its data directory.",
    ]
    missing = failed("gateway", "pay", "x", "--data", str(tmp_path))
    assert missing.splitlines() == [
        f"Error: '{tmp_path / 'gateway.json'}' cannot be read: No such file or directory",
        "To create it: wechatpay-chain gateway --data DIR",
    ]
    for content in ("{", "[]", "{}"):
        (tmp_path / "gateway.json").write_text(content)
        assert "was not written by a gateway" in failed(
            "gateway", "pay", "x", "--data", str(tmp_path)
        )
    for address in ("x", "ftp://127.0.0.1/", "http://"):
        assert "is not the address of a gateway" in failed(
            "gateway", "pay", "x", "--gateway", address
        )


def answering(content: bytes, status: int = 200) -> Callable[[], Iterator[str]]:
    """What stands where a gateway should."""

    def serve() -> Iterator[str]:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                """Stay quiet."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()
        server.server_close()

    return serve


@pytest.mark.parametrize(
    "serve",
    [
        answering(b"<html>"),
        answering(b"<html>", 404),
        answering(b'{"code": "NOT_FOUND"}', 404),
        answering(b"", 502),
    ],
)
def test_something_else_answers(serve: Callable[[], Iterator[str]]) -> None:
    for address in serve():
        said = failed("gateway", "faults", "--gateway", address)
        assert said == f"Error: the server at {address} is not a gateway of this version\n"


def test_snapshots(gateway: Gateway, here: tuple[str, str]) -> None:
    taken = data("gateway", "snapshot", "empty", *here)
    assert taken["name"] == "empty"
    ordered(gateway, "cli-snapshot")
    shown = dict(
        line.split(maxsplit=1) for line in lines("gateway", "restore", "empty", "--elapsed", *here)
    )
    assert shown == {"name": "empty", "time": taken["time"]}
    assert "cli-snapshot" not in {each["out_trade_no"] for each in gateway.orders()}
    assert "no snapshot 'a/b'" in failed("gateway", "restore", "a/b", *here)
    assert "letters, digits" in failed("gateway", "snapshot", "a/b", *here)


def test_a_scenario(gateway: Gateway, here: tuple[str, str], tmp_path: Path) -> None:
    path = tmp_path / "scenario.yaml"
    path.write_text("version: 1\norders:\n- {out_trade_no: cli-load, total: 1}\n")
    loaded = data("gateway", "load", str(path), *here)
    assert gateway.identity.mchid in loaded["merchants"]
    assert "cli-load" in {each["out_trade_no"] for each in gateway.orders()}
    path.write_text("version: 1\norders:\n- {out_trade_no: cli-load}\n")
    assert f"{path}:3: orders[0]: total is missing" in failed("gateway", "load", str(path), *here)
    path.write_text("version: 1\norders:\n- {out_trade_no: cli-load, total: 2}\n")
    assert "orders[0]: OUT_TRADE_NO_USED" in failed("gateway", "load", str(path), *here)


def test_the_guides_commands(
    gateway: Gateway,
    here: tuple[str, str],
    shop: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ordered(gateway, "native-0001")
    token = presigned(gateway)
    (tmp_path / "refund.json").write_text("{}")
    (tmp_path / "scenario.yaml").write_text("version: 1")
    monkeypatch.chdir(tmp_path)
    shown = commands(GUIDES[0], gateway=True)
    names = set()
    for command in shown:
        words = shlex.split(command)[2:]
        if words[0].startswith("-"):
            continue  # runs one: other tests do
        names.add(words[0])
        meant = {"http://127.0.0.1:8000/notify": shop, "TOKEN": token}
        words = [meant.get(word, word) for word in words]
        result = run("gateway", *words, *here)
        assert result.exit_code == 0, (command, result.output)
    elsewhere = {"fail", "expire", "resend", "tail"}  # test_gateway_records runs them
    assert names | elsewhere == {each.name for each in WRITTEN} | {"transfers"}


@pytest.mark.parametrize("guide", GUIDES, ids=["en", "zh"])
def test_every_command_is_in_the_guide(guide: Path) -> None:
    text = guide.read_text("utf-8")
    assert [name for each in WRITTEN if (name := f"| `gateway {each.name} ") not in text] == []
