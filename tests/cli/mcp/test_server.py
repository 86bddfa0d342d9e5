"""`wechatpay-chain mcp`, by the official package's own client."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters

from tests.cli.support import failed
from wechatpay_chain import ConfigurationError, Request
from wechatpay_chain.cli.mcp import server as tools
from wechatpay_chain.cli.mcp import type_checker
from wechatpay_chain.cli.mcp.gateway_calls import GatewayCalls, OneOrigin
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.messages.authority import WECHAT_PAY_DOMAINS, Origin
from wechatpay_chain.messages.headers import Headers

NATIVE = "v3/pay/transactions/native"
LIVE = "https://api.mch.weixin.qq.com"


@pytest.fixture
def calls() -> Iterator[GatewayCalls]:
    calls = GatewayCalls()
    yield calls
    calls.close()


def asked(calls: GatewayCalls, *wanted: tuple[str, dict[str, Any]]) -> list[tuple[bool, str]]:
    """What some tools answer: whether it is an error, and the text."""

    async def ask() -> list[tuple[bool, str]]:
        async with Client(tools.server(calls)) as client:
            return [text_of(await client.call_tool(name, given)) for name, given in wanted]

    return asyncio.run(ask())


def text_of(result: Any) -> tuple[bool, str]:
    (content,) = result.content
    return bool(result.is_error), content.text


def test_an_assistant_finds_an_operation_and_code_for_it(calls: GatewayCalls) -> None:
    found, shown, code, near = asked(
        calls,
        ("search_operations", {"words": "native 下单"}),
        ("show_operation", {"operation": "wxpay.v3.pay.transactions.native.post"}),
        ("show_code", {"operation": f"POST {NATIVE}", "style": "bracket"}),
        ("show_operation", {"operation": "POST v3/pay/transactions/nativ"}),
    )
    assert not found[0]
    assert f"POST {NATIVE}  Native下单" in found[1].splitlines()
    assert "out_trade_no" in shown[1]
    assert code[1].count(f'wxpay["{NATIVE}"]') == 2
    assert near[0]
    assert NATIVE in near[1]


def test_an_assistant_has_a_payment_of_the_gateway(calls: GatewayCalls) -> None:
    ((_, listed),) = asked(calls, ("control_gateway", {"method": "GET", "path": "merchants"}))
    mchid, appid = (listed.split(f'"{name}": ')[1] for name in ("mchid", "apps"))
    order = {
        "mchid": mchid.split('"')[1],
        "appid": appid.split('"')[1],
        "description": "tea",
        "out_trade_no": "assistant-1",
        "notify_url": "https://shop.example.com/paid",
        "amount": {"total": 990},
    }
    query = {"mchid": order["mchid"]}
    where = "v3/pay/transactions/out-trade-no/assistant-1"
    made, paid, told = asked(
        calls,
        ("call_gateway", {"method": "POST", "path": NATIVE, "json": order}),
        ("control_gateway", {"method": "POST", "path": "transactions/assistant-1/pay"}),
        ("call_gateway", {"method": "GET", "path": where, "query": query}),
    )
    assert made[1].startswith("HTTP 200, Request-ID ")
    assert "code_url" in made[1]
    assert not paid[0]
    assert '"trade_state":"SUCCESS"' in told[1]


def test_an_error_of_the_gateway_is_told_and_explained(calls: GatewayCalls) -> None:
    wrong, explained, unknown = asked(
        calls,
        ("call_gateway", {"method": "POST", "path": NATIVE, "json": {"amount": {"total": 0}}}),
        ("explain_error", {"code": "OUT_TRADE_NO_USED", "operation": f"POST {NATIVE}"}),
        ("explain_error", {"code": "NOTHING"}),
    )
    assert "PARAM_ERROR" in wrong[1]
    assert explained[1].startswith("403 OUT_TRADE_NO_USED: ")
    assert unknown[1] == "NOTHING is unknown; see the message of the error"


@pytest.mark.parametrize(
    "path",
    [f"{LIVE}/v3/certificates", "https://api2.wechatpay.cn/v3/certificates", "https://example.com"],
)
def test_there_is_no_way_to_another_host(calls: GatewayCalls, path: str) -> None:
    ((is_error, text),) = asked(calls, ("call_gateway", {"method": "GET", "path": path}))
    assert is_error
    assert LIVE not in text or "assistants can only call the gateway at https://127.0.0.1:" in text


@pytest.mark.parametrize("domain", WECHAT_PAY_DOMAINS)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_wechat_pay_is_no_gateway(domain: str, scheme: str) -> None:
    with pytest.raises(ConfigurationError, match="is WeChat Pay: assistants can only call a"):
        OneOrigin(Origin(f"{scheme}://api.{domain}"), verify=True)


def test_the_transport_sends_to_its_own_origin_only() -> None:
    transport = OneOrigin(Origin("https://127.0.0.1:9"), verify=True)
    request = Request("GET", Origin("https://127.0.0.1:10"), "/", Headers(), None)
    for send in (transport.send, transport.send_async):
        with pytest.raises(ConfigurationError, match="https://127.0.0.1:10"):
            send(request)
    transport.close()


def test_a_gateway_that_runs_already_is_called(tmp_path: Path) -> None:
    with Gateway(data=tmp_path) as gateway:
        for at in (str(tmp_path), str(tmp_path / "gateway.json"), gateway.base_uri):
            calls = GatewayCalls(at)
            told, keys = asked(
                calls,
                ("call_gateway", {"method": "GET", "path": "v3/certificates"}),
                ("control_gateway", {"method": "GET", "path": "/_gateway/gateway.json?x=1"}),
            )
            calls.close()
            assert told[1].startswith("HTTP 200")
            assert keys[0]
            assert "contains the gateway's keys; call_gateway uses" in keys[1]
        assert len(gateway.requests()) == 3


def test_a_snippet_is_checked_and_does_not_run(calls: GatewayCalls, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    right = f'open({str(mark)!r}, "w").close()\nanswer = await wxpay.v3.certificates.get_async()'
    checker = type_checker.installed()
    fine, wrong, broken = asked(
        calls,
        ("check_snippet", {"source": right}),
        ("check_snippet", {"source": "wxpay.v3.certificates.get().jsn()"}),
        ("check_snippet", {"source": "wxpay.("}),
    )
    if checker is None:
        assert fine == wrong == (False, "no type checker is installed: pip install mypy")
    else:
        assert fine == (False, f"no errors found by the catalogue and {checker}")
        assert wrong[1].startswith("line 1: ")
        assert "jsn" in wrong[1]
    assert broken[1] == "line 1: not Python: invalid syntax"
    assert not mark.exists()


def test_pyright_checks_as_well() -> None:
    pytest.importorskip("pyright", reason="make lint installs it")
    (line,) = type_checker.complaints("wxpay.v3.certificates.get().jsn()", "pyright")
    assert line.startswith("line 1: ")
    assert "jsn" in line


def test_it_speaks_over_standard_input_and_output() -> None:
    parameters = StdioServerParameters(
        command=sys.executable, args=["-m", "wechatpay_chain", "mcp"], cwd=Path.cwd()
    )

    async def ask() -> tuple[list[str], tuple[bool, str]]:
        async with Client(parameters) as client:
            names = [tool.name for tool in (await client.list_tools()).tools]
            given = {"method": "GET", "path": "v3/certificates"}
            return names, text_of(await client.call_tool("call_gateway", given))

    names, told = asyncio.run(ask())
    assert sorted(names) == [
        "call_gateway",
        "check_snippet",
        "control_gateway",
        "explain_error",
        "search_operations",
        "show_code",
        "show_operation",
    ]
    assert told[1].startswith("HTTP 200")


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "wechatpay_chain.cli.mcp.server")
    monkeypatch.delattr("wechatpay_chain.cli.mcp.server")
    for name in [each for each in sys.modules if each.partition(".")[0] == "mcp"]:
        monkeypatch.setitem(sys.modules, name, None)
    assert failed("mcp").splitlines() == [
        "Error: the package mcp is not installed",
        'Install it: pip install "wechatpay-chain[mcp]"',
    ]
