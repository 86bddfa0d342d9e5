"""A hundred thousand distinct ids in paths: nothing of them may stay."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterator

from wechatpay_chain import WeChatPay
from wechatpay_chain.testing.mock import MockTransport

from .merchant import MCHID, PLATFORM_ID, SERIAL, Keys
from .report import Figure, heading, line

SETTLED = 1_000
"""Ids that go ahead, so that what is filled once (caches, code, counters) is full."""


def measure(quick: bool) -> list[Figure]:
    """Bind a call for each id, send some of them, and see what is still allocated.

    Args:
        quick: fewer ids.
    """
    bound, sent = (20_000, 500) if quick else (100_000, 4_000)
    keys = Keys.generate()
    mock = MockTransport(
        lambda request: {"refund_id": request.path.rpartition("/")[2]},
        sign={PLATFORM_ID: keys.platform_private},
    )
    wxpay = WeChatPay(
        mchid=MCHID,
        serial=SERIAL,
        private_key=keys.merchant_private,
        certs={PLATFORM_ID: keys.platform_public},
        transport=mock,
    )
    ids = (f"5030{number:024d}" for number in range(10**6))
    tracemalloc.start()
    _bind(wxpay, ids, SETTLED)
    _send(wxpay, mock, ids, SETTLED // 4)
    before = _allocated()
    _bind(wxpay, ids, bound)
    binding = _allocated() - before
    _send(wxpay, mock, ids, sent)
    growth = _allocated() - before
    tracemalloc.stop()
    heading("memory: bytes still allocated after distinct ids in paths")
    line(f"  {bound:,} bound in brackets", f"{binding:,}")
    line(f"  and {sent:,} sent, half of them as a template variable", f"{growth:,}")
    # A few KiB come and go with the interpreter's own free lists; one id kept each would be MiBs.
    return [Figure(f"growth over {bound + sent:,} ids", growth / 1024, 64, "KiB")]


def _bind(wxpay: WeChatPay, ids: Iterator[str], count: int) -> None:
    for _, identifier in zip(range(count), ids, strict=False):
        _ = wxpay[f"v3/refunds/id/{identifier}"].get


def _send(wxpay: WeChatPay, mock: MockTransport, ids: Iterator[str], count: int) -> None:
    for number, identifier in zip(range(count), ids, strict=False):
        if number % 2:
            wxpay[f"v3/refunds/id/{identifier}"].get()
        else:
            wxpay.v3.refunds.id._refund_id_.get(refund_id=identifier)
        mock.requests.clear()  # the mock keeps them, for tests to look at


def _allocated() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]
