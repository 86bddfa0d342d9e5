"""What the aiohttp transport hands to aiohttp, and what it makes of aiohttp's exceptions."""

from __future__ import annotations

import asyncio
import inspect
from functools import partial
from types import SimpleNamespace

import aiohttp
import pytest
from aioresponses import aioresponses

from wechatpay_chain import RateLimited, TransportError, TransportTimeout

BASE = "https://api.mch.weixin.qq.com"


@pytest.fixture
def mocked(monkeypatch):
    """aioresponses, of which 0.7.9 knows nothing of what aiohttp 3.14 asks of a response."""
    response = aiohttp.ClientResponse
    if "stream_writer" in inspect.signature(response).parameters:
        response = partial(response, stream_writer=SimpleNamespace(output_size=0))
    with aioresponses() as mock:
        for verb in ("get", "post"):
            monkeypatch.setattr(mock, verb, partial(getattr(mock, verb), response_class=response))
        yield mock


@pytest.fixture
async def wxpay(keys):
    async with keys.client() as client:
        yield client


async def test_nothing_but_the_request_is_sent(mocked, wxpay, signed):
    mocked.post(f"{BASE}/v3/x", body=b"{}", headers=signed.headers(b"{}"))
    await wxpay.v3.x.post_async(json={"a": "中"}, timeout=(3, 7))
    (((_, arguments),),) = mocked.requests.values()
    assert arguments["data"] == '{"a":"中"}'.encode()
    assert arguments["allow_redirects"] is False
    assert arguments["proxy"] is None
    assert (arguments["timeout"].sock_connect, arguments["timeout"].sock_read) == (3, 7)
    assert arguments["timeout"].total is None


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (TimeoutError(), TransportTimeout),
        (aiohttp.ServerTimeoutError("x"), TransportTimeout),
        (aiohttp.ServerDisconnectedError(), TransportError),
        (aiohttp.ClientPayloadError("half"), TransportError),
        (aiohttp.ClientOSError(104, "reset"), TransportError),
        (aiohttp.ClientConnectionError("closed"), TransportError),
        (aiohttp.InvalidURL("x"), TransportError),
        (ConnectionResetError(104, "reset"), TransportError),
    ],
    ids=lambda value: getattr(value, "__name__", type(value).__name__),
)
async def test_no_exception_of_aiohttp_leaks_through(mocked, wxpay, raised, kind):
    mocked.post(f"{BASE}/v3/x", exception=raised)
    with pytest.raises(kind, match="POST https://api.mch.weixin.qq.com/v3/x") as caught:
        await wxpay.v3.x.post_async(json={})
    assert type(caught.value) is kind
    assert caught.value.__cause__ is raised


async def test_a_cancellation_is_nobodys_failure(mocked, wxpay):
    mocked.get(f"{BASE}/v3/x", exception=asyncio.CancelledError())
    with pytest.raises(asyncio.CancelledError):
        await wxpay.v3.x.get_async()


async def test_a_refusal_is_an_answer_like_any_other(mocked, wxpay, signed):
    body = b'{"code": "FREQUENCY_LIMITED"}'
    mocked.get(f"{BASE}/v3/x", status=429, body=body, headers=signed.headers(body))
    with pytest.raises(RateLimited) as caught:
        await wxpay.v3.x.get_async()
    assert (caught.value.code, caught.value.verified) == ("FREQUENCY_LIMITED", True)
