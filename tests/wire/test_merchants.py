"""Many merchants over real sockets: one transport for all, and nothing of a dropped one stays."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support import MERCHANT_SERIAL, PUBLIC_KEY_ID, pem
from wechatpay_chain import ConfigurationError, Merchants

pytestmark = pytest.mark.usefixtures("nothing_left_open")

MCHIDS = [str(1900000000 + number) for number in range(12)]


@pytest.fixture
def rows(keys):
    key = pem(keys.merchant).decode()
    return {mchid: {"serial": MERCHANT_SERIAL, "private_key": key} for mchid in MCHIDS}


@pytest.fixture
def merchants(rows, keys, server, signed):
    def script(received):
        return [signed.json({"authorization": received.headers["authorization"]})]

    server.each(script)
    return Merchants(
        rows,
        max_clients=3,
        certs={PUBLIC_KEY_ID: keys.platform.public_key()},
        base_uri=server.url,
        timeout=(5, 5),
    )


def assert_its_own(response, mchid):
    assert f'mchid="{mchid}"' in response.json()["authorization"]
    assert response.verified


def test_they_share_connections(merchants, server):
    with merchants:
        for mchid in MCHIDS * 2:
            assert_its_own(merchants[mchid].v3.pay.get(), mchid)
    assert server.connections == 1
    assert_its_own(merchants[MCHIDS[0]].v3.pay.get(), MCHIDS[0])  # closed, and of use again
    merchants.close()
    assert server.connections == 2


async def test_they_share_connections_on_a_loop(merchants, server):
    async with merchants:
        for mchid in MCHIDS * 2:
            client = await merchants.get_async(mchid)
            assert_its_own(await client.v3.pay.get_async(), mchid)
    assert server.connections == 1


def test_threads_call_for_all_of_them_while_some_are_reloaded(merchants):
    def work(at):
        mchid = MCHIDS[at % len(MCHIDS)]
        client = merchants.reload(mchid) if at % 5 == 0 else merchants[mchid]
        assert_its_own(client.v3.pay.get(), mchid)

    with merchants, ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(240)))


async def test_tasks_call_for_all_of_them_while_some_are_reloaded(merchants):
    async def work(at):
        mchid = MCHIDS[at % len(MCHIDS)]
        get = merchants.reload_async if at % 5 == 0 else merchants.get_async
        assert_its_own(await (await get(mchid)).v3.pay.get_async(), mchid)

    async with merchants:
        await asyncio.gather(*(work(at) for at in range(240)))


def test_two_loops_in_a_row(merchants):
    async def work():
        async with merchants:
            client = await merchants.get_async(MCHIDS[0])
            assert_its_own(await client.v3.pay.get_async(), MCHIDS[0])

    asyncio.run(work())
    asyncio.run(work())


def test_closing_waits_for_a_call_of_a_dropped_client(merchants, server, signed):
    go_on = threading.Event()
    server.each(
        lambda received: [
            go_on,
            signed.json({"authorization": received.headers["authorization"]}),
        ]
    )
    client = merchants[MCHIDS[0]]
    for mchid in MCHIDS[1:5]:
        merchants[mchid]
    assert MCHIDS[0] not in merchants._clients
    with ThreadPoolExecutor(2) as pool:
        call = pool.submit(client.v3.pay.get)
        while not server.requests:
            pass
        closing = pool.submit(merchants.close)
        while not merchants._calls._closings:
            pass
        with pytest.raises(ConfigurationError, match="Merchants is being closed"):
            merchants[MCHIDS[1]].v3.pay.get()
        assert not closing.done()
        go_on.set()
        assert_its_own(call.result(5), MCHIDS[0])
        closing.result(5)
