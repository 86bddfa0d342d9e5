"""`wechatpay-chain mcp`: an assistant is given no keys, and what it is shown is escaped."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("mcp")

from wechatpay_chain import ConfigurationError, WeChatPayError
from wechatpay_chain.cli.failure import Failure
from wechatpay_chain.cli.mcp import snippets
from wechatpay_chain.cli.mcp.gateway_calls import GatewayCalls, _shown

SPELLINGS = [
    "gateway.json",
    "/_gateway/gateway.json",
    "%67ateway.json",
    "gateway%2ejson",
    "gateway%2Ejson/",
    "gateway.json#",
    "gateway.json#a?b",
    "gateway.json?a#b",
    "//gateway.json",
    "gateway.json%2f",
    "./gateway.json",
    "x/../gateway.json",
    "_gateway%2fgateway.json",
    "console/client/files/apiclient_key.pem",
]


@pytest.fixture(scope="module")
def calls() -> Iterator[GatewayCalls]:
    calls = GatewayCalls()
    yield calls
    calls.close()


def told(calls: GatewayCalls, path: str) -> str:
    try:
        return calls.control("GET", path)
    except (WeChatPayError, Failure) as error:
        return str(error)


@pytest.mark.parametrize("path", SPELLINGS)
def test_no_spelling_gives_the_keys(calls: GatewayCalls, path: str) -> None:
    text = told(calls, path)
    assert calls._own is not None
    identity = calls._own.identity
    for secret in ("PRIVATE KEY", identity.apiv3_key, identity.secret):
        assert secret not in text


@pytest.mark.parametrize(
    "path",
    [
        "_gateway/gateway.json",
        "/_gateway/gateway.json",
        "%5fgateway/gateway.json",
        "_gateway%2Fgateway.json",
        "//_gateway/gateway.json",
        "v3/../_gateway/gateway.json",
    ],
)
def test_a_call_is_no_way_to_the_control_api(calls: GatewayCalls, path: str) -> None:
    with pytest.raises(ConfigurationError):
        calls.call("GET", path, {})


def test_a_new_merchant_is_shown_without_its_keys(calls: GatewayCalls) -> None:
    text = calls.control("POST", "merchants", {"mchid": "1900000555"})
    assert '"mchid": "1900000555"' in text
    assert '"apiv3_key": "***"' in text
    assert '"secret": "***"' in text
    assert "PRIVATE KEY" not in text


def test_what_is_shown_is_escaped_and_bounded() -> None:
    assert _shown("a\n\x1b[31m\u202eb\r\u2028") == "a\n\\x1b[31m\\u202eb\\r\\u2028"
    assert len(_shown("x" * 10_000_000)) < 100_000


@pytest.mark.parametrize("source", ["(" * 5000, "-" * 100_000 + "1", "\0", "\ud800", "a." * 50_000])
def test_any_snippet_is_read(source: str) -> None:
    assert all(line.startswith("line ") for line in snippets.findings(source))
