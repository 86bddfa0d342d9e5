"""A program that makes calls, forks, and goes on in both processes; `test_reuse` runs it."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from tests.support import MCHID, MERCHANT_SERIAL
from wechatpay_chain import WeChatPay


def main(world: str, base_uri: str, folder: str, key_id: str, bundle: str) -> int:
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
        for n in range(4):
            check(caller, n, wxpay[f"v3/{caller}/{n}"].get())

    async def awaited(caller: str) -> None:
        for n in range(4):
            check(caller, n, await wxpay[f"v3/{caller}/{n}"].get_async())

    def check(caller: str, n: int, response: object) -> None:
        assert response.json() == {"target": f"/v3/{caller}/{n}"}

    calls("before")
    child = os.fork()
    calls("parent" if child else "child")
    wxpay.close()
    if child:
        _, status = os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(status)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
