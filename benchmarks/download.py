"""A gibibyte through `sink=`: how much memory it takes, and how fast it goes.

Each download runs in a process of its own (`python -m benchmarks.download`), so one cannot use what
another has left over.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from wechatpay_chain import WeChatPay

from .merchant import MCHID, PLATFORM_ID, SERIAL, Keys
from .report import Figure, heading, line
from .serving import serving

MIB = 1 << 20
PATHS = {"unsigned": "v3/billdownload/file", "signed": "v3/benchmarks/signed-file"}
STATUS = Path("/proc/self/status")
WARM_UP = 8 * MIB


def measure(quick: bool) -> list[Figure]:
    """Download four times: sync and async, a file that is signed and one that is not.

    Args:
        quick: a smaller file.
    """
    size = (64 if quick else 1024) * MIB
    heading(f"download: {size // MIB} MiB through sink=, resident memory after a warm-up")
    if not STATUS.exists():
        line("  skipped: /proc/self/status is needed, which only Linux has")
        return []
    keys = Keys.generate()
    line("", "growth", "throughput")
    figures = []
    with serving(keys, [WARM_UP, size]) as base:
        for mode in ("sync", "async"):
            for kind in PATHS:
                growth, seconds = _run(base, keys, mode, kind, size)
                speed = f"{size / MIB / seconds:.0f} MiB/s"
                line(f"  {mode}, {kind}", f"{growth:.1f} MiB", speed)
                name = f"memory growth, {size // MIB} MiB {kind} {mode}"
                figures.append(Figure(name, growth, 16, "MiB"))
    return figures


def _run(base: str, keys: Keys, mode: str, kind: str, size: int) -> tuple[float, float]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.download", base, mode, PATHS[kind], str(size)],
        input=keys.dumps(),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    growth, seconds = json.loads(done.stdout)
    return growth, seconds


def main(base: str, mode: str, path: str, size: int) -> None:
    """Download once small, once large; print growth in MiB and seconds."""
    keys = Keys.loads(sys.stdin.read())
    wxpay = WeChatPay(
        mchid=MCHID,
        serial=SERIAL,
        private_key=keys.merchant_private,
        certs={PLATFORM_ID: keys.platform_public},
        base_uri=base,
    )
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner() as runner:
        target = Path(folder, "file.gz")

        def fetch(length: int) -> None:
            chain, options = wxpay.chain(path), {"query": {"size": length}, "sink": target}
            response = (
                chain.get(options) if mode == "sync" else runner.run(chain.get_async(options))
            )
            if target.stat().st_size != length or response.verified is not ("signed" in path):
                raise RuntimeError(f"{response!r}: not the file that was asked for")

        fetch(WARM_UP)
        before, begin = _kilobytes("VmRSS"), time.perf_counter()
        fetch(size)
        seconds = time.perf_counter() - begin
        # The high-water mark misses no moment; where it dates from the warm-up it overstates.
        print(json.dumps([(_kilobytes("VmHWM") - before) / 1024, seconds]))
        runner.run(wxpay.aclose())


def _kilobytes(name: str) -> int:
    for entry in STATUS.read_text().splitlines():
        if entry.startswith(f"{name}:"):
            return int(entry.split()[1])
    raise RuntimeError(f"no {name} in {STATUS}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
