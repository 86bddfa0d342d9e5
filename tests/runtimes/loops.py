"""Event loops that end in many ways, and none of them calls `aclose`; `test_loops` runs it.

Standard error has a line ahead of each ending. Whatever else is there is a warning.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import Any

from tests.support import send_over_curl
from wechatpay_chain import WeChatPay

path, scheme, transport = sys.argv[1:]
PATH = "v3/certificates"


def new_client() -> WeChatPay:
    return WeChatPay.from_gateway(path, tls=scheme == "tls")


def tolerate_slowness() -> None:
    """Have the debug mode of asyncio say nothing where the machine is slow."""
    asyncio.get_running_loop().slow_callback_duration = 60


async def calls(client: WeChatPay) -> None:
    tolerate_slowness()
    found = await asyncio.gather(*(client[PATH].get_async() for _ in range(3)))
    assert all(each.verified for each in found)


async def first_call(client: WeChatPay, called: Callable[[], None]) -> None:
    await calls(client)
    called()


def with_asyncio_run() -> None:
    client = new_client()
    for _ in range(2):
        asyncio.run(calls(client))


def with_a_runner() -> None:
    client = new_client()
    with asyncio.Runner() as runner:
        for _ in range(2):
            runner.run(calls(client))
    asyncio.run(calls(client))


def loop_closed_first() -> None:
    client = new_client()
    for _ in range(2):
        closed_at_once(calls(client))
    asyncio.run(calls(client))


def closed_at_once(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run a loop as before `asyncio.run` there was."""
    loop = asyncio.new_event_loop()
    loop.run_until_complete(coroutine)
    loop.close()


def client_dropped_first() -> None:
    loop = asyncio.new_event_loop()
    client = new_client()
    loop.run_until_complete(calls(client))
    del client
    gc.collect()
    loop.close()


def client_dropped_within_a_loop() -> None:
    async def main() -> None:
        client = new_client()
        await calls(client)
        del client
        gc.collect()

    asyncio.run(main())


def client_dropped_by_another_thread() -> None:
    clients = [new_client()]
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(calls(clients[0]), loop).result(30)
    clients.clear()
    gc.collect()

    async def end() -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*others)

    asyncio.run_coroutine_threadsafe(end(), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def calls_cancelled() -> None:
    async def main(client: WeChatPay) -> None:
        await calls(client)
        tasks = [asyncio.create_task(calls(client)) for _ in range(3)]
        await asyncio.sleep(0)
        del tasks

    asyncio.run(main(new_client()))
    loop = asyncio.new_event_loop()
    loop.run_until_complete(main(new_client()))
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
    loop.close()


def sync_client() -> None:
    client = new_client()
    assert client[PATH].get().verified
    del client

    async def main() -> None:
        tolerate_slowness()
        assert new_client()[PATH].get().verified

    asyncio.run(main())


def at_exit_with_global_clients() -> None:
    """One whose loop is closed, one whose loop still runs, and a sync one."""
    clients.extend(new_client() for _ in range(3))
    closed_at_once(calls(clients[0]))
    assert clients[1][PATH].get().verified
    called = threading.Event()

    def run() -> None:
        asyncio.set_event_loop(loop := asyncio.new_event_loop())
        loop.create_task(first_call(clients[2], called.set), name="call")
        loop.run_forever()

    threading.Thread(target=run, daemon=True).start()
    assert called.wait(30)


clients: list[WeChatPay] = []
ENDINGS = (
    with_asyncio_run,
    with_a_runner,
    loop_closed_first,
    client_dropped_first,
    client_dropped_within_a_loop,
    client_dropped_by_another_thread,
    calls_cancelled,
    sync_client,
    at_exit_with_global_clients,
)

if __name__ == "__main__":
    if transport == "curl":
        send_over_curl()
    for ending in ENDINGS:
        sys.stderr.write(f"{ending.__name__}\n")
        ending()
        gc.collect()
