"""The same order, sent four ways, sync and async. Each yields a function that makes one call."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, closing, contextmanager
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import urllib3
import wechatpayv3
import wechatpayv3.async_
from yarl import URL

from wechatpay_chain import WeChatPay
from wechatpay_chain.flow import Transport
from wechatpay_chain.transport.curl import CurlTransport

from .floor import Floor
from .merchant import APIV3_KEY, APPID, MCHID, NATIVE, ORDER, PLATFORM_ID, SERIAL, Keys

Call = Callable[[], object]
AsyncCall = Callable[[], Awaitable[object]]
TARGET = f"/{NATIVE}"
PARAMETERS = {name: value for name, value in ORDER.items() if name not in ("appid", "mchid")}


@contextmanager
def urllib3_floor(base: str, keys: Keys) -> Iterator[Call]:
    floor, where = Floor(keys), urlsplit(base)
    timeout = urllib3.Timeout(connect=5, read=30)
    with urllib3.HTTPConnectionPool(str(where.hostname), where.port, timeout=timeout) as pool:

        def call() -> None:
            body, headers = floor.prepare("POST", TARGET, ORDER)
            answer = pool.urlopen("POST", TARGET, body=body, headers=headers, retries=False)
            _expect(answer.status)
            floor.check(answer.headers, answer.data)

        yield call


@contextmanager
def chain(base: str, keys: Keys) -> Iterator[Call]:
    with _chain(base, keys) as wxpay:
        yield lambda: wxpay.v3.pay.transactions.native.post(json=ORDER)


@contextmanager
def chain_over_curl(base: str, keys: Keys) -> Iterator[Call]:
    with closing(CurlTransport()) as transport:
        wxpay = _chain(base, keys, transport)
        yield lambda: wxpay.v3.pay.transactions.native.post(json=ORDER)


@contextmanager
def wechatpayv3_sync(base: str, keys: Keys) -> Iterator[Call]:
    wxpay = wechatpayv3.WeChatPay(
        **_settings(keys), wechatpay_type=wechatpayv3.WeChatPayType.NATIVE
    )
    wxpay._core._gate_way = base.rstrip("/")
    yield lambda: _expect(wxpay.pay(**PARAMETERS)[0])


@asynccontextmanager
async def aiohttp_floor(base: str, keys: Keys) -> AsyncIterator[AsyncCall]:
    floor, url = Floor(keys), URL(base + NATIVE)
    # The settings are the ones that the library chose, so that what it adds is all that shows.
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=30),
    ) as session:

        async def call() -> None:
            body, headers = floor.prepare("POST", TARGET, ORDER)
            async with session.request("POST", url, data=body, headers=headers) as answer:
                _expect(answer.status)
                floor.check(answer.headers, await answer.read())

        yield call


@asynccontextmanager
async def chain_async(base: str, keys: Keys) -> AsyncIterator[AsyncCall]:
    async with _chain(base, keys) as wxpay:
        yield lambda: wxpay.v3.pay.transactions.native.post_async(json=ORDER)


@asynccontextmanager
async def chain_over_curl_async(base: str, keys: Keys) -> AsyncIterator[AsyncCall]:
    async with aclosing(CurlTransport()) as transport:
        wxpay = _chain(base, keys, transport)
        yield lambda: wxpay.v3.pay.transactions.native.post_async(json=ORDER)


@asynccontextmanager
async def wechatpayv3_async(base: str, keys: Keys) -> AsyncIterator[AsyncCall]:
    async with wechatpayv3.async_.AsyncWeChatPay(
        **_settings(keys), wechatpay_type=wechatpayv3.async_.WeChatPayType.NATIVE
    ) as wxpay:
        wxpay._core._gate_way = base.rstrip("/")

        async def call() -> None:
            _expect((await wxpay.pay(**PARAMETERS))[0])

        yield call


def _chain(base: str, keys: Keys, transport: Transport | None = None) -> WeChatPay:
    return WeChatPay(
        mchid=MCHID,
        serial=SERIAL,
        private_key=keys.merchant_private,
        certs={PLATFORM_ID: keys.platform_public},
        base_uri=base,
        transport=transport,
    )


def _settings(keys: Keys) -> dict[str, Any]:
    return {
        "mchid": MCHID,
        "private_key": keys.merchant_private,
        "cert_serial_no": SERIAL,
        "appid": APPID,
        "apiv3_key": APIV3_KEY,
        "timeout": (5, 30),
        "public_key": keys.platform_public,
        "public_key_id": PLATFORM_ID,
    }


def _expect(status: int) -> None:
    if status != 200:
        raise RuntimeError(f"the server said {status}: this contender sent something else")
