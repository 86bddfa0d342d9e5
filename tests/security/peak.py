"""Makes calls that all fail, and prints by how many MiB the process has grown at its peak."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import sys
from pathlib import Path

from wechatpay_chain import TransportError, WeChatPay


def peak() -> int:
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most // (1024 * 1024 if sys.platform == "darwin" else 1024)


def main(world: str, url: str, folder: str, key_id: str, count: str) -> None:
    wxpay = WeChatPay(
        mchid="1900000109",
        serial="3775B6A45ACD588826D15E583A95F5DD11223344",
        private_key=Path(folder, "apiclient_key.pem"),
        certs={key_id: Path(folder, "pub_key.pem")},
        base_uri=url,
        retry=None,
    )
    before = peak()
    chain = wxpay.chain("v3/certificates")

    async def calls() -> None:
        async with wxpay:
            for coding in ("identity", "gzip") * (int(count) // 2):
                with contextlib.suppress(TransportError):
                    await chain.get_async(headers={"Accept-Encoding": coding})

    if world == "async":
        asyncio.run(calls())
    else:
        for coding in ("identity", "gzip") * (int(count) // 2):
            with contextlib.suppress(TransportError):
                chain.get(headers={"Accept-Encoding": coding})
        wxpay.close()
    print(peak() - before)  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
