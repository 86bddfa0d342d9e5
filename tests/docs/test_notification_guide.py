"""The handler of docs/notifications.md behind a real server."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from tests.docs.support import ROOT, blocks
from tests.docs.test_code_runs import notification
from tests.support import Keys


@pytest.fixture
def app(keys: Keys) -> Any:
    guide = blocks(ROOT / "docs" / "notifications.md")
    (code,) = [block.code for block in guide if block.code.startswith("from aiohttp")]
    namespace: dict[str, Any] = {"__name__": "guide", "wxpay": keys.client()}
    exec(code, namespace)
    return namespace["app"]


async def test_answers_what_wechat_pay_expects(app: Any, keys: Keys) -> None:
    body = notification()
    genuine = keys.signed_headers(body)
    probe = {
        **genuine,
        "Wechatpay-Signature": f"WECHATPAY/SIGNTEST/{genuine['Wechatpay-Signature']}",
    }
    async with TestClient(TestServer(app)) as wechat_pay:
        assert (await wechat_pay.post("/notify", data=body, headers=genuine)).status == 204
        assert (await wechat_pay.post("/notify", data=body, headers=probe)).status == 401
        assert (await wechat_pay.post("/notify", data=body + b" ", headers=genuine)).status == 401
        assert (await wechat_pay.post("/notify", data=body)).status == 401
