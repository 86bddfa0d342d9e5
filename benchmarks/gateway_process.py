"""A gateway in a process of its own, so that nobody else's work is on its account.

`python -m benchmarks.gateway_process DIR` says when it is ready, and how long that took; then it
answers each line on standard input by one of JSON, and ends when its standard input does.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from pathlib import Path

from wechatpay_chain.crypto import rsa
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway.store.identity import Identity

MESSAGE = b"1700000000\n0123456789ABCDEF0123456789ABCDEF\n" + b'{"code_url":"x"}\n' * 8
SIGNS = 200
STARTS = 21
ORDERS = 10_000
"""In a snapshot."""


def main(folder: str) -> None:
    """Serve until standard input ends."""
    with Gateway(data=folder) as gateway:
        _say({"ready": True})
        for line in sys.stdin:
            what = line.strip()
            if what == "sign":
                _say({"microseconds": _sign(gateway.identity)})
            elif what == "snapshot":
                _say(_snapshot(gateway.identity, Path(folder).with_name("snapshot.db")))
            elif what == "cpu":  # nothing is collected here: that would be on the account of orders
                _say({"cpu": time.process_time()})
            elif what == "start":
                _say({"milliseconds": _start(Path(folder).with_name("started"))})
            else:
                gc.collect()
                _say({"resident": _resident()})


def _sign(identity: Identity) -> float:
    """CPU of one RSA-2048 signature, as an answer's is made."""
    begin = time.thread_time()
    for _ in range(SIGNS):
        rsa.sign(MESSAGE, identity.platform_key)
    return (time.thread_time() - begin) / SIGNS * 1e6


def _start(folder: Path) -> list[float]:
    """Wall time from nothing to a gateway that listens; its keys are in the folder already."""
    Gateway(data=folder).stop()
    laps = []
    for _ in range(STARTS):
        begin = time.perf_counter()
        with Gateway(data=folder):
            laps.append((time.perf_counter() - begin) * 1e3)
    return laps


def _snapshot(identity: Identity, path: Path) -> dict[str, object]:
    """Wall time of a start from the file of a snapshot, and of a restore, with many paid orders."""
    order = {"out_trade_no": "benchmark", "total": 100, "trade_state": "SUCCESS", "count": ORDERS}
    prepared = Gateway(identity=identity)
    prepared.load({"version": 1, "orders": [order]})
    snapshot = prepared.snapshot()
    snapshot.save(path)
    starts, restores = [], []
    for _ in range(STARTS):
        begin = time.perf_counter()
        with Gateway(snapshot=path):
            starts.append((time.perf_counter() - begin) * 1e3)
        begin = time.perf_counter()
        prepared.restore(snapshot)
        restores.append((time.perf_counter() - begin) * 1e3)
    return {"orders": ORDERS, "starts": starts, "restores": restores}


def _resident() -> int:
    """Bytes of memory; 0 where the system does not tell."""
    path = Path("/proc/self/statm")
    return int(path.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if path.exists() else 0


def _say(what: dict[str, object]) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
