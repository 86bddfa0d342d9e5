"""Two thousand merchants in one process: how soon they are ready, and how a notification is found.

A few key pairs serve them all, because making 2,000 takes minutes; each is loaded 2,000 times all
the same. Time and memory are taken in an interpreter of their own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

from .merchant import Keys
from .report import Figure, heading, line

PROGRAM = """
import gc, json, resource, sys, time
from wechatpay_chain import Merchants
from wechatpay_chain.crypto import aes, rsa

given = json.loads(sys.stdin.read())
keys, count, each_has_a_key = given["keys"], given["count"], given["each_has_a_key"]
serial, mchids = given["serial"], [str(1900000000 + number) for number in range(count)]


def key_id(number):
    return f"PUB_KEY_ID_{number if each_has_a_key else 0:034d}"


def apiv3_key(number):
    return f"{number:032d}"


def certs(number):
    return {key_id(number): keys[0]["platform_public"]}


def notification(number):
    nonce, told = "fdasflkja484", {"out_trade_no": "1217752501201407", "attach": "x" * 700}
    sealed = {
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": aes.gcm_encrypt(json.dumps(told), apiv3_key(number), nonce, "transaction"),
        "associated_data": "transaction",
        "nonce": nonce,
    }
    body = json.dumps({"id": "1", "event_type": "TRANSACTION.SUCCESS", "resource": sealed})
    stamp = str(int(time.time()))
    signature = rsa.sign(f"{stamp}\\n{nonce}\\n{body}\\n", keys[0]["platform_private"])
    return {
        "Wechatpay-Timestamp": stamp,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Serial": key_id(number),
        "Wechatpay-Signature": signature,
    }, body.encode()


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


rows = {
    mchid: {
        "serial": serial,
        "private_key": keys[number % len(keys)]["merchant_private"],
        "certs": certs(number),
        "apiv3_key": apiv3_key(number),
    }
    for number, mchid in enumerate(mchids)
}
rsa.sign("warm", keys[0]["merchant_private"])
gc.collect()
before, begin = resident(), time.process_time()
merchants = Merchants(rows, check_keys=given["check_keys"])
for mchid in mchids:
    merchants[mchid].credential
ready = time.process_time() - begin
for mchid in mchids if given["sign"] else ():
    merchants[mchid].credential.sign(b"x")  # OpenSSL keeps what it computes for a key
gc.collect()
memory = resident() - before
begin = time.process_time()
for mchid in mchids:
    merchants[mchid]
kept = (time.process_time() - begin) / count

told, times = [notification(number) for number in range(0, count, count // 20)], []
for number, (headers, body) in zip(range(0, count, count // 20), told):
    begin = time.process_time()
    notice = merchants.notify(headers, body)
    times.append(time.process_time() - begin)
    assert notice.mchid == mchids[number], notice.mchid
print(json.dumps([ready, memory, kept, sorted(times)[len(times) // 2], max(times)]))
"""

SERIAL = "3775B6A45ACD588826D15E583A95F5DD8E4BF2A1"
COUNT = 2000


def measure(quick: bool) -> list[Figure]:
    """Make a client of each merchant, sign with each, and receive notifications.

    Args:
        quick: a single run of each.
    """
    keys = [json.loads(Keys.generate().dumps()) for _ in range(4)]
    runs = 1 if quick else 5
    own = list(_runs(runs, keys, each_has_a_key=True))
    shared = list(_runs(runs, keys, each_has_a_key=False))
    checked = next(_runs(1, keys, count=100, check_keys=True))
    heading(f"merchants: {COUNT:,} in one process, CPU time, best of {runs} runs")
    ready, memory = min(run[0] for run in own), max(run[1] for run in own)
    line("  all clients made", f"{ready:.2f} s", f"{ready / COUNT * 1e6:.0f} µs each")
    line("  of them with check_keys=True", "", f"{checked[0] / 100 * 1e6:,.0f} µs each")
    line("  memory after each has signed", f"{memory / 2**20:.1f} MiB", _kib(memory))
    line("  merchants[mchid] of one that is kept", "", f"{min(r[2] for r in own) * 1e6:.2f} µs")
    line("", "median ms", "longest ms")
    line("  a notification, each has a key of its own", *_milliseconds(own))
    line("  a notification, all have the same key", *_milliseconds(shared))
    return [
        Figure(f"{COUNT:,} merchants ready", ready, 2, "s"),
        Figure("their memory", memory / 2**20, 100, "MiB"),
        Figure("a notification finds its merchant", min(r[4] for r in own) * 1e3, 5, "ms"),
        Figure("the same where all share one key", min(r[4] for r in shared) * 1e3, 5, "ms"),
    ]


def _runs(
    times: int,
    keys: list[dict[str, str]],
    *,
    count: int = COUNT,
    each_has_a_key: bool = True,
    check_keys: bool = False,
) -> Iterator[list[float]]:
    given = {
        "keys": keys,
        "count": count,
        "each_has_a_key": each_has_a_key,
        "check_keys": check_keys,
        "serial": SERIAL,
        "sign": not check_keys,
    }
    for _ in range(times):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            input=json.dumps(given),
            capture_output=True,
            text=True,
            check=True,
        )
        yield json.loads(done.stdout)


def _kib(memory: float) -> str:
    return f"{memory / COUNT / 1024:.1f} KiB each"


def _milliseconds(runs: list[list[float]]) -> tuple[str, str]:
    return f"{min(r[3] for r in runs) * 1e3:.3f}", f"{min(r[4] for r in runs) * 1e3:.3f}"
