"""A program that makes calls, forks, and goes on in both processes; `test_reuse` runs it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
from pathlib import Path

from tests.support import MCHID, MERCHANT_SERIAL, send_over_curl
from wechatpay_chain import WeChatPay


def main(world: str, transport: str, base_uri: str, folder: str, key_id: str, bundle: str) -> int:
    if transport == "curl":
        send_over_curl()
    wxpay = WeChatPay(
        mchid=MCHID,
        serial=MERCHANT_SERIAL,
        private_key=Path(folder, "apiclient_key.pem"),
        certs={key_id: Path(folder, "pub_key.pem")},
        base_uri=base_uri,
        verify=bundle,
    )

    def calls(caller: str) -> None:
        if world == "async":
            asyncio.run(awaited(caller))
            return
        if world == "kept" and caller != "child":
            runner.run(awaited(caller))
            return
        if world == "kept":
            left.extend(sockets_to(base_uri))
            asyncio.run(awaited(caller))
            return
        for n in range(4):
            check(caller, n, wxpay[f"v3/{caller}/{n}"].get())

    async def awaited(caller: str) -> None:
        asyncio.get_running_loop().slow_callback_duration = 60  # a slow machine is no fault
        for n in range(4):
            check(caller, n, await wxpay[f"v3/{caller}/{n}"].get_async())

    def check(caller: str, n: int, response: object) -> None:
        assert response.json() == {"target": f"/v3/{caller}/{n}"}

    left: list[str] = []
    runner = asyncio.Runner()  # of which no child takes the loop
    calls("before")
    child = os.fork()
    calls("parent" if child else "child")
    assert left == [], "the child has the parent's connections"
    wxpay.close()
    if child:
        runner.close()
        _, status = os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(status)
    if world == "kept":
        os._exit(0)  # a loop cannot be closed in a child: the parent has its selector, too
    return 0


def sockets_to(base_uri: str) -> list[str]:
    """The connections of this process to a server."""
    port, found = int(base_uri.rstrip("/").rpartition(":")[2]), []
    for number in range(3, 64):
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(number)) as each:
            if each.family == socket.AF_INET and each.getpeername()[1] == port:
                found.append(str(number))
    return found


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
