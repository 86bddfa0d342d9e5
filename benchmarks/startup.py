"""What an import costs in a fresh interpreter, and which HTTP libraries come along with it."""

from __future__ import annotations

import json
import subprocess
import sys
from statistics import median

from .merchant import APIV3_KEY, APPID, MCHID, PLATFORM_ID, SERIAL, Keys
from .report import Figure, heading, line

PROGRAM = """
import json, sys, time
keys, begin = json.loads(sys.argv[1]), time.perf_counter()
import {module}
imported = time.perf_counter()
{client}
ready = time.perf_counter()
loaded = [name for name in ("aiohttp", "urllib3", "requests", "httpx") if name in sys.modules]
print(json.dumps([(imported - begin) * 1e3, (ready - begin) * 1e3, loaded]))
"""

OURS = PROGRAM.format(
    module="wechatpay_chain",
    client=f"""wechatpay_chain.WeChatPay(
    mchid="{MCHID}", serial="{SERIAL}", private_key=keys["merchant_private"],
    certs={{"{PLATFORM_ID}": keys["platform_public"]}})""",
)
THEIRS = PROGRAM.format(
    module="wechatpayv3",
    client=f"""wechatpayv3.WeChatPay(
    wechatpay_type=wechatpayv3.WeChatPayType.NATIVE, mchid="{MCHID}", appid="{APPID}",
    cert_serial_no="{SERIAL}", apiv3_key="{APIV3_KEY}", private_key=keys["merchant_private"],
    public_key=keys["platform_public"], public_key_id="{PLATFORM_ID}")""",
)


def measure(quick: bool) -> list[Figure]:
    """Import both, by turns, in interpreters of their own.

    Args:
        quick: fewer times.
    """
    keys = Keys.generate().dumps()
    programs = {"wechatpay_chain": OURS, "wechatpayv3": THEIRS}
    runs: dict[str, list[tuple[float, float, list[str]]]] = {name: [] for name in programs}
    for program in programs.values():
        _run(program, keys)  # writes the .pyc files, and warms the file cache
    for _ in range(5 if quick else 21):
        for name, program in programs.items():
            runs[name].append(_run(program, keys))
    heading(f"startup: median of {len(runs['wechatpayv3'])} fresh interpreters, milliseconds")
    line("", "import", "and a client", "", "HTTP libraries")
    for name, found in runs.items():
        loaded = " ".join(found[0][2]) or "none"
        line(f"  {name}", f"{_import(found):.1f}", f"{_ready(found):.1f}", "", loaded)
    ours, theirs = runs["wechatpay_chain"], runs["wechatpayv3"]
    return [
        Figure("import time / wechatpayv3", _import(ours) / _import(theirs), 1.0),
        Figure("HTTP libraries imported with it", len(ours[0][2]), 0, ""),
    ]


def _run(program: str, keys: str) -> tuple[float, float, list[str]]:
    done = subprocess.run(
        [sys.executable, "-c", program, keys], capture_output=True, text=True, check=True
    )
    imported, ready, loaded = json.loads(done.stdout)
    return imported, ready, loaded


def _import(runs: list[tuple[float, float, list[str]]]) -> float:
    return median(imported for imported, _, _ in runs)


def _ready(runs: list[tuple[float, float, list[str]]]) -> float:
    return median(ready for _, ready, _ in runs)
