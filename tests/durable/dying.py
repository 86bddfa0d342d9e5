"""A worker in a process of its own, whose handler kills the process after it has booked.

python -m tests.durable.dying KIND URL FOLDER SECONDS
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tests.contrib.django import project
from tests.durable.opened import world_class
from tests.durable.worlds import effects
from tests.support import APIV3_KEY, MCHID, PUBLIC_KEY_ID
from wechatpay_chain import Retry, WeChatPay
from wechatpay_chain.durable import Inbox

ATTEMPTS = 2


async def main(kind: str, url: str, folder: Path, now: float) -> None:
    project.configure()
    name, _, mode = kind.partition("-")
    world = world_class(kind)(name, url, is_async=mode == "async")
    certs = {PUBLIC_KEY_ID: folder / "pub_key.pem"}
    wxpay = WeChatPay(mchid=MCHID, certs=certs, apiv3_key=APIV3_KEY)
    retry = Retry(attempts=ATTEMPTS, initial=0)
    inbox = Inbox(world.engine, wxpay, retry=retry, clock=lambda: now)

    async def book(notice: Any, execute: Any) -> None:
        await execute(sa.insert(effects).values(order=notice.resource["out_trade_no"], amount=1))
        os.kill(os.getpid(), signal.SIGKILL)

    inbox.on("TRANSACTION.SUCCESS", key="out_trade_no")(world.handler(book))
    await world.call(inbox.run_once, 1)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), float(sys.argv[4])))
