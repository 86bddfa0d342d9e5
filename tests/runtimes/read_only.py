"""Refunds, which show the merchant's certificate, where no file can be written.

`test_read_only` runs it, perhaps in a mount namespace whose file systems are read-only. `hook` has
Python itself reject every file that is to be written.
"""

from __future__ import annotations

import asyncio
import errno
import os
import sys
import tempfile
from typing import Any

from . import shop

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
FORBIDDEN = ("os.mkdir", "os.rename", "tempfile.mkdtemp", "tempfile.mkstemp")


def reject_writing(event: str, arguments: tuple[Any, ...]) -> None:
    is_written = event == "open" and not isinstance(arguments[0], int) and arguments[2] & WRITES
    if is_written or event in FORBIDDEN:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))


def refund(number: str, part: str) -> dict[str, Any]:
    return {
        "appid": os.environ["SHOP_APPID"],
        "mch_id": shop.wxpay.mchid,
        "out_trade_no": number,
        "out_refund_no": f"{number}-{part}",
        "total_fee": 100,
        "refund_fee": 30,
    }


async def refund_async(number: str) -> None:
    shop.tolerate_slowness()
    xml = refund(number, "async")
    done = await shop.wxpay.v2.secapi.pay.refund.post_async(xml=xml, security=True)
    assert done.verified


def main(number: str, how: str) -> None:
    if how == "hook":
        sys.addaudithook(reject_writing)
    try:
        raise AssertionError(f"files can be written: {tempfile.gettempdir()}")
    except FileNotFoundError:
        pass  # "No usable temporary directory found"
    done = shop.wxpay.v2.secapi.pay.refund.post(xml=refund(number, "sync"), security=True)
    assert done.verified
    asyncio.run(refund_async(number))


if __name__ == "__main__":
    main(*sys.argv[1:])
