"""A kernel of Jupyter: what a notebook gets from it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

from tests.prompt.test_calls import NATIVE

from .conftest import needs

needs("ipykernel", "jupyter_client")

SETUP = """
from wechatpay_chain import Response, WeChatPay
wxpay = WeChatPay(mchid="1900000109")
Response(200, {}, b'{"code_url": "weixin://x"}')
"""


@pytest.fixture(scope="module")
def kernel() -> Iterator[Any]:
    client: Any = import_module("jupyter_client")
    manager = client.KernelManager()
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    manager._kernel_spec = client.kernelspec.KernelSpec(
        argv=argv, display_name="Python", language="python"
    )
    manager.start_kernel()
    channels = manager.client()
    channels.start_channels()
    try:
        channels.wait_for_ready(timeout=120)
        yield channels
    finally:
        channels.stop_channels()
        manager.shutdown_kernel(now=True)


def test_a_notebook_gets_html_completion_and_help(kernel: Any) -> None:
    sent = list[dict[str, Any]]()
    kernel.execute_interactive(SETUP, timeout=120, output_hook=sent.append)
    (shown,) = [each["content"]["data"] for each in sent if each["msg_type"] == "execute_result"]
    assert "NOT VERIFIED" in shown["text/html"]
    assert "NOT VERIFIED" in shown["text/plain"]

    for code, first in ((NATIVE, "json="), (f'{NATIVE}\n    json={{"amount": {{"', "total")):
        found = kernel.complete(code, len(code), reply=True, timeout=120)["content"]
        assert found["matches"][0] == first
    helped = kernel.inspect(NATIVE, len(NATIVE), reply=True, timeout=120)["content"]
    assert "Native下单" in helped["data"]["text/plain"]
