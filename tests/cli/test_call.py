"""`call`: what is sent to a gateway, what is asked before, and what bad input gets."""

from __future__ import annotations

import base64
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cli.support import failed, lines, plain_environment, process, run
from tests.cli.test_completion import offered
from tests.gateway.support import order
from wechatpay_chain import Response, catalogue
from wechatpay_chain.cli import output as output_module
from wechatpay_chain.cli.application import application
from wechatpay_chain.cli.call import shown, target
from wechatpay_chain.cli.call.inputs import json_body
from wechatpay_chain.cli.failure import Misuse
from wechatpay_chain.cli.gateway.environment import lines as environment_lines
from wechatpay_chain.cli.profile import assignments
from wechatpay_chain.crypto.keys import private_key
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.messages.canonical import request as canonical_request

NATIVE = "v3/pay/transactions/native"
REFUND = "v3/refund/domestic/refunds"


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gateway")


@pytest.fixture(scope="module")
def gateway(directory: Path) -> Iterator[Gateway]:
    with Gateway(data=directory) as gateway:
        yield gateway


@pytest.fixture
def here(gateway: Gateway, directory: Path) -> tuple[str, str]:
    assert gateway.base_uri
    return ("--gateway", str(directory))


@pytest.fixture
def profile(gateway: Gateway, directory: Path, tmp_path: Path) -> tuple[str, str]:
    """A profile with keys and a base URI of its own, as for WeChat Pay itself."""
    assert gateway.base_uri
    described = json.loads((directory / "gateway.json").read_text("utf-8"))
    path = tmp_path / "shop.env"
    path.write_text(environment_lines(described, None), "utf-8")
    return ("--profile", str(path))


@pytest.fixture
def body(gateway: Gateway, tmp_path: Path) -> str:
    path = tmp_path / "order.json"
    path.write_text(json.dumps(order(gateway, out_trade_no=tmp_path.name[-30:])), "utf-8")
    return f"@{path}"


@pytest.fixture
def nothing_sent(gateway: Gateway) -> Iterator[None]:
    before = [each["number"] for each in gateway.requests()]
    yield
    assert [each["number"] for each in gateway.requests()] == before


def answer(*arguments: str) -> Any:
    result = run("call", *arguments, "--output", "json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_an_order_is_placed_and_queried(
    gateway: Gateway, here: tuple[str, str], body: str, tmp_path: Path
) -> None:
    told = lines("call", "POST", NATIVE, "--json", body, *here)
    assert told[:2] == ["status      200", "verified    yes"]
    assert told[-1].startswith("└── code_url  http://127.0.0.1:")
    number = tmp_path.name[-30:]
    for path in (
        ("v3/pay/transactions/out-trade-no/" + number,),
        ("v3/pay/transactions/out-trade-no/{out_trade_no}", "--var", f"out_trade_no={number}"),
    ):
        found = answer("get", *path, "--query", f"mchid={gateway.identity.mchid}", *here)
        assert (found["status"], found["verified"]) == (200, True)
        assert found["body"]["trade_state"] == "NOTPAY"
        assert found["request_id"].endswith("-0")


def test_members_of_v2(gateway: Gateway, here: tuple[str, str]) -> None:
    xml = {
        "appid": gateway.identity.appid,
        "mch_id": gateway.identity.mchid,
        "out_trade_no": "v2-0001",
    }
    more = {
        "body": "shoes",
        "total_fee": 100,
        "spbill_create_ip": "127.0.0.1",
        "notify_url": "https://shop.example/notify",
    }
    words = [word for name, value in more.items() for word in ("--xml", f"{name}={value}")]
    words += ["--xml", json.dumps({**xml, "trade_type": "NATIVE", "product_id": "1"})]
    assert answer("POST", "v2/pay/unifiedorder", *words, *here)["body"]["result_code"] == "SUCCESS"
    gateway.pay("v2-0001")
    refund = {**xml, "out_refund_no": "r-1", "total_fee": "100", "refund_fee": "100"}
    made = answer("POST", "v2/secapi/pay/refund", "--xml", json.dumps(refund), *here)
    assert made["body"]["refund_fee"] == "100"  # over mutual TLS, which no option asked for


def test_what_the_merchant_has_is_added(gateway: Gateway, here: tuple[str, str]) -> None:
    made = json.dumps(order(gateway, out_trade_no="filled-0001"))
    assert answer("POST", NATIVE, "--json", made, *here)["status"] == 200
    path = "v3/pay/transactions/out-trade-no/filled-0001"
    assert answer("GET", path, *here)["body"]["mchid"] == gateway.identity.mchid
    found = answer("POST", "v2/pay/orderquery", "--xml", "out_trade_no=filled-0001", *here)
    assert found["body"]["mch_id"] == gateway.identity.mchid
    assert "mchid" in failed("call", "GET", path, "--no-fill", *here, code=2)


def test_without_the_check_wechat_pay_says_what_is_wrong(here: tuple[str, str]) -> None:
    arguments = ("call", "POST", NATIVE, "--json", '{"amount": 1}', "--no-fill", *here)
    assert "amount" in failed(*arguments, code=2)
    assert "PARAM_ERROR" in failed(*arguments, "--no-check")


def test_json_from_standard_input_and_a_header(gateway: Gateway, here: tuple[str, str]) -> None:
    made = json.dumps(order(gateway, out_trade_no="piped-0001"))
    arguments = ["call", "POST", NATIVE, "--json", "-", "--header", "X-Shop: 1", *here]
    result = CliRunner().invoke(application, arguments, input=made)
    assert result.exit_code == 0, result.output
    assert gateway.requests()[0]["headers"]["X-Shop"] == "1"


def test_an_upload_and_a_download(here: tuple[str, str], tmp_path: Path) -> None:
    picture = tmp_path / "license.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    found = answer("POST", "v3/merchant/media/upload", "--media", str(picture), *here)
    assert found["body"]["media_id"]
    saved = tmp_path / "certificates.json"
    found = answer("GET", "v3/certificates", "--sink", str(saved), *here)
    assert (found["body"], found["saved"]) == (None, str(saved))
    assert json.loads(saved.read_text("utf-8"))["data"]


def test_a_rejection_is_told_with_what_to_do_next(gateway: Gateway, here: tuple[str, str]) -> None:
    path = "v3/pay/transactions/out-trade-no/nothing-0001"
    arguments = ("call", "GET", path, "--query", f"mchid={gateway.identity.mchid}", *here)
    message = failed(*arguments)
    assert "ORDER_NOT_EXIST" in message
    assert re.search(r"wechatpay-chain doctor error [0-9A-F]+-268512771", message)
    result = run(*arguments, "--output", "json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert (told["status"], told["code"], told["number"]) == (404, "ORDER_NOT_EXIST", 268512771)


# --- live calls -------------------------------------------------------------------------------


@pytest.mark.usefixtures("nothing_sent")
def test_a_live_call_needs_yes_in_a_pipe(
    gateway: Gateway, profile: tuple[str, str], body: str
) -> None:
    message = failed("call", "POST", NATIVE, "--json", body, *profile, code=2)
    assert f"is a live call as merchant {gateway.identity.mchid} with amount.total ¥1.00" in message
    assert "Nothing was sent" in message
    assert "--yes" in message


@pytest.mark.usefixtures("nothing_sent")
def test_a_live_call_that_the_catalogue_does_not_know_needs_yes_too(
    profile: tuple[str, str],
) -> None:
    message = failed(
        "call", "POST", "v3/new/thing", "--json", "{}", "--unchecked", *profile, code=2
    )
    assert "POST v3/new/thing is a live call" in message


def test_yes_sends_it(profile: tuple[str, str], body: str) -> None:
    assert "code_url" in answer("POST", NATIVE, "--json", body, "--yes", *profile)["body"]


def test_a_question_is_not_asked_where_nothing_changes(
    gateway: Gateway, profile: tuple[str, str]
) -> None:
    assert answer("GET", "v3/certificates", *profile)["status"] == 200
    xml = ("--xml", f"mch_id={gateway.identity.mchid}", "--xml", f"appid={gateway.identity.appid}")
    result = run("call", "POST", "v2/pay/orderquery", *xml, "--xml", "out_trade_no=x", *profile)
    assert "ORDERNOTEXIST" in result.stderr


@pytest.mark.parametrize(("reply", "code"), [("y\n", 0), ("n\n", 2), ("\n", 2), ("", 2)])
def test_on_a_terminal_it_asks(
    gateway: Gateway,
    profile: tuple[str, str],
    body: str,
    monkeypatch: pytest.MonkeyPatch,
    reply: str,
    code: int,
) -> None:
    monkeypatch.setattr(target, "_someone_is_there", lambda: True)
    before = len(gateway.requests())
    arguments = ["call", "POST", NATIVE, "--json", body, *profile]
    result = CliRunner().invoke(application, arguments, input=reply)
    assert result.exit_code == code, result.output
    assert "Send it? [y/N]" in result.stderr
    assert len(gateway.requests()) - before == (1 if code == 0 else 0)


def test_every_operation_that_changes_something_is_asked_for() -> None:
    asked = [each for each in catalogue.operations() if not each.safe]
    assert {each.method for each in asked} == {"POST", "PUT", "PATCH", "DELETE"}
    paths = {each.path for each in asked}
    assert {REFUND, NATIVE, "v2/secapi/pay/refund", "v2/pay/micropay"} <= paths


# --- a dry run --------------------------------------------------------------------------------


@pytest.mark.usefixtures("nothing_sent")
def test_a_dry_run_shows_the_signed_request(
    gateway: Gateway, profile: tuple[str, str], body: str
) -> None:
    result = run("call", "POST", NATIVE, "--json", body, "--dry-run", *profile)
    assert result.exit_code == 0, result.output
    head, _, content = result.stdout.partition("\n\n")
    assert head.splitlines()[0] == f"POST /{NATIVE} HTTP/1.1"
    assert f'mchid="{gateway.identity.mchid}"' in head
    assert 'signature="***"' in head
    assert json.loads(content)["amount"] == {"total": 100, "currency": "CNY"}
    assert result.stderr == "nothing was sent; --reveal shows the signature\n"


@pytest.mark.usefixtures("nothing_sent")
def test_a_revealed_signature_is_the_one_that_verifies(
    directory: Path, profile: tuple[str, str], body: str
) -> None:
    arguments = ("POST", NATIVE, "--json", body, "--dry-run", "--reveal", *profile)
    told = answer(*arguments)
    parts = dict(re.findall(r'(\w+)="([^"]*)"', told["headers"]["Authorization"]))
    message = canonical_request(
        "POST", told["target"], parts["timestamp"], parts["nonce_str"], told["body"].encode()
    )
    key = private_key(directory / "keys" / "apiclient_key.pem").public_key()
    signature = base64.b64decode(parts["signature"])
    key.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())


def test_a_dry_run_of_v2_masks_the_sign(gateway: Gateway, here: tuple[str, str]) -> None:
    xml = ("--xml", f"mch_id={gateway.identity.mchid}", "--xml", "out_trade_no=x")
    told = "\n".join(lines("call", "POST", "v2/pay/orderquery", *xml, "--dry-run", *here))
    assert "<sign>***</sign>" in told
    query = ("--query", f"mch_id={gateway.identity.mchid}", "--query", "plan_id=1")
    told = "\n".join(lines("call", "GET", "v2/papay/entrustweb", *query, "--dry-run", *here))
    assert "&sign=***" in told


# --- bad input --------------------------------------------------------------------------------


def written(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    return f"@{path}"


@pytest.mark.usefixtures("nothing_sent")
@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\xef\xbb\xbf{}", "begins with a byte order mark (BOM)"),
        ("{}".encode("utf-16"), "begins with a byte order mark (BOM)"),
        ('{"a":"\u4e2d"}'.encode("gbk"), "is not valid UTF-8 at byte 6"),
        (b'{"a":1,}', "is not JSON"),
        (b'{"a":1,"a":2}', "'a' occurs twice"),
        (b'{"a":NaN}', "NaN is not valid JSON"),
        (b"1", "is not a JSON object or list"),
        (b"[" * 100_000, "nested too deeply"),
        (b"", "is not JSON"),
    ],
)
def test_a_file_that_is_no_json(
    profile: tuple[str, str], tmp_path: Path, content: bytes, says: str
) -> None:
    file = written(tmp_path / "body.json", content)
    assert says in failed("call", "POST", NATIVE, "--json", file, "--yes", *profile, code=2)


@pytest.mark.usefixtures("nothing_sent")
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("POST", "v3/pay/transactions/nativ"), f"POST   {NATIVE}"),
        (("GET", NATIVE), "POST   v3/pay/transactions/native"),
        (("POST", "pay/unifiedorder"), "POST v2/pay/unifiedorder"),
        (("POST", NATIVE, "--json", "@nowhere.json"), "'nowhere.json' cannot be read"),
        (("POST", NATIVE, "--query", "mchid"), "--query 'mchid': expected NAME=VALUE"),
        (("POST", NATIVE, "--header", "X"), "expected 'Name: value'"),
        (("POST", NATIVE, "--xml", "a=1"), "--xml is for APIv2: use --json for"),
        (("POST", "v2/pay/orderquery", "--json", "{}"), "--json is for APIv3: use --xml for"),
        (("POST", NATIVE, "--json", "{}"), "requires notify_url"),
        (("POST", NATIVE, "--json", '{"descripton": "x"}', "--no-fill"), "description"),
        (("POST", NATIVE, "--json", "{}", "--media", "nowhere.png"), "the file does not exist"),
        (("GET", "v3/pay/transactions/id/{transaction_id}"), "transaction_id"),
        (("FETCH", NATIVE), "FETCH"),
    ],
)
def test_arguments_that_cannot_be_sent(
    profile: tuple[str, str], arguments: tuple[str, ...], says: str
) -> None:
    assert says in failed("call", *arguments, "--yes", *profile, code=2)


@pytest.mark.usefixtures("nothing_sent")
@pytest.mark.parametrize(
    ("kept", "says"),
    [
        (("MCHID",), "is missing"),
        (("MCHID", "SERIAL"), "pass private_key and serial together"),
        (("SERIAL", "PRIVATE_KEY"), "WECHATPAY_MCHID is not set"),
        ((), "WECHATPAY_MCHID is not set"),
    ],
)
def test_a_profile_with_half_a_merchant(
    profile: tuple[str, str], tmp_path: Path, kept: tuple[str, ...], says: str
) -> None:
    written_lines = Path(profile[1]).read_text("utf-8").splitlines(keepends=True)
    names = {f"WECHATPAY_{name}" for name in kept}
    half = tmp_path / "half.env"
    half.write_text("".join(each for each in written_lines if each.partition("=")[0] in names))
    message = failed("call", "GET", "v3/certificates", "--profile", str(half), code=2)
    assert says in message


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("WECHATPAY_MCHID", "line 1: expected NAME=value"),
        ("# shop\n\nA=1\nB = a b\n", "line 4: expected NAME=value"),
        ("A=1\nA=2\n", "line 2: A is set twice"),
        ("WECHATPAY_MCHD=1", "did you mean WECHATPAY_MCHID"),
        ("\ufeffA=1", "byte order mark"),
    ],
)
def test_a_profile_that_is_none(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "shop.env"
    path.write_text(content, "utf-8")
    assert says in failed("call", "GET", "v3/certificates", "--profile", str(path), code=2)


def test_what_a_profile_may_look_like(
    profile: tuple[str, str], tmp_path: Path, directory: Path
) -> None:
    pem = (directory / "keys" / "apiclient_key.pem").read_text("utf-8")
    kept = [
        line
        for line in Path(profile[1]).read_text("utf-8").splitlines()
        if not line.startswith(("WECHATPAY_PRIVATE_KEY=", "WECHATPAY_SECRET="))
    ]
    path = tmp_path / "other.env"
    text = "\r\n".join([*kept, "  # a remark", 'export OTHER="a b" # more', ""])
    path.write_bytes(f'{text}WECHATPAY_PRIVATE_KEY="{pem}"'.encode())
    assert answer("GET", "v3/certificates", "--profile", str(path))["verified"] is True


def test_gateway_and_profile_exclude_each_other(
    here: tuple[str, str], profile: tuple[str, str]
) -> None:
    message = failed("call", "GET", "v3/certificates", *here, *profile, code=2)
    assert "use only one of --gateway and --profile" in message


@pytest.mark.usefixtures("nothing_sent")
def test_no_secret_is_told(directory: Path, profile: tuple[str, str], tmp_path: Path) -> None:
    text = Path(profile[1]).read_text("utf-8").replace("WECHATPAY_SECRET=", "WECHATPAY_SECRET= x ")
    path = tmp_path / "wrong.env"
    path.write_text(text, "utf-8")
    message = failed("call", "GET", "v3/certificates", "--profile", str(path), code=2)
    described = json.loads((directory / "gateway.json").read_text("utf-8"))
    assert described["secret"] not in message
    assert described["apiv3_key"] not in message


def test_encrypted_members_are_masked() -> None:
    complaint = catalogue.find("GET", "v3/merchant-service/complaints-v2/{complaint_id}")
    assert complaint is not None
    body = {"complaint_id": "1", "payer_phone": "13800000000", "other": [1]}
    assert shown._masked(body, complaint.response) == {**body, "payer_phone": "***"}


@pytest.mark.parametrize("reveal", [False, True])
def test_a_page_shows_encrypted_and_personal_members_only_if_asked(
    reveal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    complaint = catalogue.find("GET", "v3/merchant-service/complaints-v2/{complaint_id}")
    ciphertext, openid = base64.b64encode(bytes(256)).decode(), "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"
    body = {"complaint_id": "200201820200101080076610000", "payer_phone": ciphertext}
    content = json.dumps({**body, "payer_openid": openid}).encode()
    printed: list[str] = []
    monkeypatch.setattr(output_module, "write", printed.append)
    shown.result(Response(200, {}, content), complaint, None, reveal, "text")
    page = "".join(printed)
    assert body["complaint_id"] in page
    assert (ciphertext[:40] in page, openid in page) == (reveal, reveal)
    assert ("encrypted, 256 bytes" in page) is not reveal


def test_completion() -> None:
    assert offered("call", "P") == ["POST", "PUT", "PATCH"]
    assert offered("call", "GET", "v3/certif") == ["v3/certificates"]
    assert offered("call", "GET", "v3/certificates", "--output", "") == ["text", "json"]


# --- terminals, hostile answers, arbitrary input ----------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo terminals")
@pytest.mark.parametrize(("reply", "code"), [(b"n\n", 2), (b"y\n", 0)])
def test_in_a_pseudo_terminal(
    gateway: Gateway, profile: tuple[str, str], body: str, reply: bytes, code: int
) -> None:
    import pty

    before = len(gateway.requests())
    ours, theirs = pty.openpty()
    os.write(ours, reply)
    done = process(
        *("call", "POST", NATIVE, "--json", body, *profile),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        capture_output=False,
        env=plain_environment(TERM="xterm-256color"),
    )
    os.close(theirs)
    shown = os.read(ours, 65536).decode()
    os.close(ours)
    assert done.returncode == code
    assert "is a live call as merchant" in shown
    assert "Send it? [y/N]" in shown
    assert len(gateway.requests()) - before == (code == 0)


EVIL = "\x1b]0;owned\x07\r\nforged\u202e"


def test_a_hostile_answer_drives_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    content = json.dumps({EVIL: EVIL, "list": [EVIL, {"a": [None, True, {}]}]}).encode()
    response = Response(200, {"Request-ID": EVIL}, content)
    for output in ("text", "json"):
        with monkeypatch.context() as patch:
            told: list[str] = []
            patch.setattr(output_module, "write", told.append)
            shown.result(response, None, None, False, output)
        assert told
        assert not set("\x1b\x07\r\u202e") & set("".join(told))


def test_a_host_that_nobody_reaches(profile: tuple[str, str], tmp_path: Path) -> None:
    lines_kept = Path(profile[1]).read_text("utf-8").splitlines(keepends=True)
    path = tmp_path / "nowhere.env"
    others = [line for line in lines_kept if "BASE_URI" not in line]
    path.write_text("WECHATPAY_BASE_URI=http://127.0.0.1:9/\n" + "".join(others), "utf-8")
    message = failed("call", "GET", "v3/certificates", "--profile", str(path))
    assert "Nothing was sent" in message


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60).filter(lambda text: not text.startswith("@") and text != "-"))
def test_any_text_is_json_or_refused(text: str) -> None:
    try:
        value = json_body(text, "--json")
    except Misuse as error:
        assert "--json" in error.message
    else:
        assert json.loads(text) == value


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=80))
def test_no_profile_crashes_it(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzzed.env"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        found = assignments(path)
    except Misuse as error:
        assert "fuzzed.env" in error.message
    else:
        assert all(re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name) for name in found)


def without(profile: tuple[str, str], tmp_path: Path, *names: str) -> tuple[str, str]:
    """The profile without some of its variables."""
    text = Path(profile[1]).read_text("utf-8").splitlines(keepends=True)
    dropped = {f"WECHATPAY_{name}" for name in names}
    path = tmp_path / "less.env"
    path.write_text(
        "".join(each for each in text if each.partition("=")[0] not in dropped), "utf-8"
    )
    return ("--profile", str(path))


@pytest.mark.usefixtures("nothing_sent")
def test_a_dry_run_fetches_no_certificate(profile: tuple[str, str], tmp_path: Path) -> None:
    less = without(profile, tmp_path, "PUBLIC_KEY", "PUBLIC_KEY_ID", "CERTS")
    path = "v3/ecommerce/applyments/"
    arguments = ("call", "POST", path, "--json", '{"contact_info": {"contact_name": "张三"}}')
    message = failed(*arguments, "--no-check", "--no-fill", "--dry-run", *less, code=2)
    assert "this call needs WeChat Pay's key, and a dry run" in message


@pytest.mark.usefixtures("nothing_sent")
def test_a_dry_run_of_an_upload(profile: tuple[str, str], tmp_path: Path) -> None:
    picture = tmp_path / "license.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    arguments = ("POST", "v3/merchant/media/upload", "--media", str(picture), "--dry-run")
    assert re.fullmatch(r"\(\d+ bytes\)", answer(*arguments, *profile)["body"])


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"plain text", "plain text"),
        (b"\xff\xfe\x00", "(3 bytes; --sink FILE saves them)"),
        (b"", None),
    ],
)
def test_answers_that_are_no_object(
    content: bytes, told: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for form in ("json", "text"):
        printed: list[str] = []
        monkeypatch.setattr(output_module, "write", printed.append)
        shown.result(Response(200, {}, content), None, None, False, form)
        if form == "json":
            assert json.loads(printed[0])["body"] == told
        else:
            assert (told or "status") in printed[0]


def test_lists_are_masked_item_by_item() -> None:
    operation = catalogue.find("GET", "v3/merchant-service/complaints-v2")
    assert operation is not None
    body = {"data": [{"complaint_id": "1", "payer_phone": "138"}, 5]}
    masked = shown._masked(body, operation.response)
    assert masked == {"data": [{"complaint_id": "1", "payer_phone": "***"}, 5]}


def test_a_gateway_and_its_merchant_from_the_environment(gateway: Gateway, directory: Path) -> None:
    other = gateway.add_merchant().mchid
    environ = {"WECHATPAY_GATEWAY": str(directory / "gateway.json"), "WECHATPAY_MCHID": other}
    result = run("call", "GET", "v3/certificates", "--output", "json", **environ)
    assert json.loads(result.stdout)["status"] == 200
    told = run("doctor", "--json", **environ)
    assert json.loads(told.stdout)[0]["told"].startswith(f"merchant {other}, ")
    chosen = run("doctor", "--json", "--mchid", gateway.identity.mchid, **environ)
    assert json.loads(chosen.stdout)[0]["told"].startswith(f"merchant {gateway.identity.mchid}, ")
