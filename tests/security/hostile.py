"""A server of hostile answers, made from a seed; `python -m tests.security.hostile` runs many.

Each kind is a function of a random number generator that returns a script of the loopback server.
Whatever it sends, a call ends, with a verified response of its own or with an error of the library.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import os
import random
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support import APIV3_KEY, SECRET, Keys, new_key, pem
from tests.wire.responses import Signed, chunk, dumps, head, http
from tests.wire.server import Do, Server, Step
from wechatpay_chain import WeChatPayError

Random = random.Random
Kind = Callable[[Random, Signed], list[Step]]

CHUNKED = {"Transfer-Encoding": "chunked"}
LIMIT = 64 * 1024
TIMEOUT = (2, 0.05)
OWN = {"n": "own"}

KINDS: dict[str, Kind] = {}


def kind(function: Kind) -> Kind:
    KINDS[function.__name__] = function
    return function


def noise(rng: Random, most: int = 400) -> bytes:
    return rng.randbytes(rng.randint(0, most))


def text(rng: Random, most: int = 40) -> bytes:
    signs = b"abc019 \t:;,=\"'%\x00\x1b\x7f\x80\xff\xc3\xa9"
    return bytes(rng.choice(signs) for _ in range(rng.randint(0, most)))


def flood(piece: bytes, times: int = 40) -> Step:
    def send(connection: Any) -> None:
        for _ in range(times):
            connection.sendall(piece)

    return send


@kind
def garbage(rng: Random, signed: Signed) -> list[Step]:
    return [noise(rng), Do.CLOSE]


@kind
def status_lines(rng: Random, signed: Signed) -> list[Step]:
    line = rng.choice(
        [
            *(b"HTTP/1.1", b"HTTP/2.0 200 OK", b"HTTP/9.9 200", b"HTTP/1.1 20", b"HTTP/1.1 -200 x"),
            *(b"HTTP/1.1 999 x", b"HTTP/1.1 000 x", b"http/1.1 200 OK", b"HTTP/1.1 2000 x"),
            *(
                b"HTTP/1.1\t200\tOK",
                b"HTTP/0.9 200 OK",
                b"ICY 200 OK",
                b"HTTP/1.1 200 " + text(rng),
            ),
        ]
    )
    return [line + b"\r\nContent-Length: 2\r\n\r\n{}", Do.CLOSE]


@kind
def lengths(rng: Random, signed: Signed) -> list[Step]:
    length = rng.choice(
        [
            *("9" * 20, "9" * 5000, str(2**31), str(2**63), str(2**64), "-1", "+2", "0x2", "2, 2"),
            *("2,3", "1_0", "", " ", "2 ", "٢", "1e3", "²", "NaN", "00000000002"),
        ]
    )
    return [head(200, {"Content-Length": length}) + b"{}", rng.choice([Do.CLOSE, Do.STALL])]


@kind
def two_framings(rng: Random, signed: Signed) -> list[Step]:
    fields = [("Content-Length", str(rng.randint(0, 9))), ("Content-Length", "2")]
    fields += rng.choice([[], [("Transfer-Encoding", "chunked")]])
    rng.shuffle(fields)
    return [head(200, fields) + chunk(b"{}") + chunk(b"") + signed.json({"n": "stray"}), Do.CLOSE]


@kind
def transfer_codings(rng: Random, signed: Signed) -> list[Step]:
    coding = rng.choice(["gzip, chunked", "chunked, gzip", "identity", "xchunked", "chunked;q=1"])
    return [head(200, {"Transfer-Encoding": coding}) + chunk(b"{}") + chunk(b""), Do.CLOSE]


@kind
def chunk_sizes(rng: Random, signed: Signed) -> list[Step]:
    size = rng.choice([b"zz", b"-1", b"+2", b"0x2", b"", b" 2", b"2 ", b"f" * 16, b"f" * 17])
    return [head(200, CHUNKED) + size + b"\r\n{}\r\n0\r\n\r\n", Do.CLOSE]


@kind
def chunk_extensions(rng: Random, signed: Signed) -> list[Step]:
    return [head(200, CHUNKED) + b"2;" + text(rng) + b"\r\n{}\r\n0\r\n\r\n", Do.CLOSE]


@kind
def endless_chunk_extensions(rng: Random, signed: Signed) -> list[Step]:
    return [head(200, CHUNKED), flood(b"1;" + b"x" * 8000 + b"\r\n{\r\n")]


@kind
def endless_bodies(rng: Random, signed: Signed) -> list[Step]:
    framed = rng.choice([True, False])
    piece = b"x" * 16_000
    fields = CHUNKED if framed else {"Connection": "close"}
    return [head(rng.choice([200, 404, 500]), fields), flood(chunk(piece) if framed else piece)]


@kind
def endless_headers(rng: Random, signed: Signed) -> list[Step]:
    return [b"HTTP/1.1 200 OK\r\n", flood(rng.choice([b"X: y\r\n" * 2000, b"x" * 16_000]))]


@kind
def endless_trailers(rng: Random, signed: Signed) -> list[Step]:
    return [head(200, CHUNKED) + chunk(b"{}") + b"0\r\n", flood(b"X: " + b"y" * 9000 + b"\r\n")]


@kind
def trailers(rng: Random, signed: Signed) -> list[Step]:
    body = dumps(OWN)
    fields = {**signed.headers(body), **CHUNKED}
    return [head(200, fields) + chunk(body) + b"0\r\n" + text(rng) + b"\r\n\r\n", Do.CLOSE]


@kind
def informational(rng: Random, signed: Signed) -> list[Step]:
    statuses = [rng.choice([100, 101, 102, 103, 199]) for _ in range(rng.randint(1, 12))]
    fields = rng.choice([{}, {"Content-Length": "2"}, {"Link": "x" * 500}])
    return [*(head(status, fields) for status in statuses), signed.json(OWN)]


@kind
def bodiless(rng: Random, signed: Signed) -> list[Step]:
    status = rng.choice([204, 304])
    fields = rng.choice([{}, {"Content-Length": "40"}, CHUNKED])
    return [head(status, {**signed.headers(b""), **fields}), signed.json({"n": "stray"})]


@kind
def strays(rng: Random, signed: Signed) -> list[Step]:
    stray = signed.json({"n": "stray"})
    return [signed.json(OWN) + stray[: rng.randint(1, len(stray))]]


@kind
def strays_behind_errors(rng: Random, signed: Signed) -> list[Step]:
    status = rng.choice([200, 302, 401, 404, 500])
    return [http(status, rng.choice([b"", b"{}", b"<html>"])), signed.json({"n": "stray"})]


@kind
def codings(rng: Random, signed: Signed) -> list[Step]:
    coding = rng.choice(["gzip", "deflate", "br", "zstd", "x-gzip", "gzip, gzip", "compress", "é"])
    packed = gzip.compress(b"\0" * rng.choice([10, 5_000_000]), 1)
    return [http(200, packed[: rng.choice([None, -9])], {"Content-Encoding": coding})]


@kind
def resets(rng: Random, signed: Signed) -> list[Step]:
    whole = signed.json(OWN)
    return [whole[: rng.randint(0, len(whole) - 1)], rng.choice([Do.RESET, Do.CLOSE])]


@kind
def stalls(rng: Random, signed: Signed) -> list[Step]:
    whole = head(103) + signed.json(OWN)
    return [whole[: rng.randint(0, len(whole) - 1)], Do.STALL]


@kind
def header_fields(rng: Random, signed: Signed) -> list[Step]:
    name = rng.choice([b"X", b"", b"X Y", b" X", b"X\x00", b"Content-Type", b"Set-Cookie", b":"])
    value = rng.choice([text(rng), "…".encode(), b"a\r\n folded", b"a\nb", b"x" * 70_000])
    return [b"HTTP/1.1 200 OK\r\n" + name + b": " + value + b"\r\nContent-Length: 2\r\n\r\n{}"]


@kind
def signatures(rng: Random, signed: Signed) -> list[Step]:
    body = dumps(OWN)
    fields: dict[str, Any] = signed.headers(body)
    for name in rng.sample(sorted(fields), rng.randint(1, 4)):
        fields[name] = rng.choice([b"", b"0", b"9" * 5000, b"-1", text(rng), "１".encode(), b"=="])
    return [
        http(200, body, {name: value for name, value in fields.items() if b"\n" not in _b(value)})
    ]


@kind
def bodies(rng: Random, signed: Signed) -> list[Step]:
    body = rng.choice(
        [
            *(b"[" * 50_000, b'{"a":' * 20_000, b"\xff\xfe", b'"\\ud800"', b"1" * 60_000, b"NaN"),
            *(b"", noise(rng), b'{"code":5,"message":{"a":[]},"detail":"\\u0000"}', b"null"),
        ]
    )
    status = rng.choice([200, 400, 401, 404, 429, 500, 599])
    return [http(status, body, {**signed.headers(body), "Content-Type": "application/json"})]


@kind
def content_types(rng: Random, signed: Signed) -> list[Step]:
    value = rng.choice([b"text/html; charset=nonsense", b"/", b";;;", text(rng), b"x" * 3000])
    value = value.replace(b"\n", b"").replace(b"\x00", b"")
    return [http(rng.choice([200, 500]), b"<title>\x1b[2J</title>", [("Content-Type", value)])]


@kind
def redirects(rng: Random, signed: Signed) -> list[Step]:
    place = rng.choice(["http://[::1", "//evil.example", "\\evil", "javascript:1", "/" * 3000])
    return [http(rng.choice([301, 302, 303, 307, 308, 300]), b"", {"Location": place})]


@kind
def line_ends(rng: Random, signed: Signed) -> list[Step]:
    whole = signed.json(OWN)
    return [whole.replace(b"\r\n", rng.choice([b"\n", b"\r", b"\n\r", b"\r\r\n"])), Do.CLOSE]


@kind
def other_protocols(rng: Random, signed: Signed) -> list[Step]:
    hello = rng.choice([b"SSH-2.0-x\r\n", b"\x16\x03\x01\x00\x05hello", b"PRI * HTTP/2.0\r\n\r\n"])
    return [hello, rng.choice([Do.CLOSE, Do.STALL])]


@kind
def connection_fields(rng: Random, signed: Signed) -> list[Step]:
    value = rng.choice(["close", "Keep-Alive", "upgrade, close", "", "x" * 2000])
    more = rng.choice([{}, {"Keep-Alive": "timeout=-1"}, {"Upgrade": "h2c"}])
    return [signed(dumps(OWN), headers={"Connection": value, **more})]


@kind
def nothing(rng: Random, signed: Signed) -> list[Step]:
    return [rng.choice([b"", b"\r\n", b"\r\n" * 50, b"\x00"]), rng.choice([Do.CLOSE, Do.STALL])]


@kind
def drips(rng: Random, signed: Signed) -> list[Step]:
    def drip(connection: Any) -> None:
        for _ in range(100):
            connection.sendall(b"x")
            time.sleep(0.02)

    begin = rng.choice(
        [b"HTTP/1.1 200 ", b"HTTP/1.1 200 OK\r\nX: ", head(200, CHUNKED) + b"ff\r\n"]
    )
    return [begin, drip]


def _b(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value


class Run:
    """Calls against the server, one by one, whose outcomes are counted by kind.

    Args:
        keys: of both sides.
        seed: everything that is sent follows from it.
    """

    def __init__(self, keys: Keys, seed: int) -> None:
        self._rng = random.Random(seed)
        self._signed = Signed(keys)
        self._secrets = [SECRET, APIV3_KEY, *pem(keys.merchant).decode().split("\n")[1:-2]]
        self._server = Server()
        self._server.each(self._answer)
        self._wxpay = keys.client(
            base_uri=self._server.url, timeout=TIMEOUT, max_response_size=LIMIT
        )
        self._now = ""
        self.outcomes: Counter[tuple[str, str]] = Counter()

    def _answer(self, received: Any) -> list[Step]:
        return KINDS[self._now](self._rng, self._signed)

    def sync(self, count: int) -> None:
        with self._server, self._wxpay:
            for chain in self._chains(count):
                self._judge(chain.get)

    def asynchronous(self, count: int) -> None:
        async def main() -> None:
            async with self._wxpay:
                for chain in self._chains(count):
                    try:
                        response = await chain.get_async()
                    except Exception as error:  # noqa: BLE001 - it is judged
                        self._judge(_raiser(error))
                    else:
                        self._judge(lambda response=response: response)

        with self._server:
            asyncio.run(main())

    def _chains(self, count: int) -> Any:
        names = sorted(KINDS)
        for n in range(count):
            self._now = names[n % len(names)]
            self._server.requests.clear()
            yield self._wxpay.chain(f"v3/certificates/{n}")

    def _judge(self, call: Callable[[], Any]) -> None:
        try:
            response = call()
            outcome = "verified"
            assert response.verified, f"{self._now}: a response that nobody signed"
            if response.content:
                assert response.json() == OWN or self._now == "bodies", f"{self._now}: not its own"
        except WeChatPayError as error:
            outcome = type(error).__name__
            self._assert_no_secret(error)
        self.outcomes[self._now, outcome] += 1

    def _assert_no_secret(self, error: BaseException) -> None:
        sent = [each.headers.get("authorization", "") for each in self._server.requests]
        shown = ""
        link: BaseException | None = error
        while link is not None:
            shown += f"{link} {link!r}"
            link = link.__cause__
        for secret in (*self._secrets, *filter(None, sent)):
            assert secret not in shown, f"{self._now}: a secret in the text"


def _raiser(error: Exception) -> Callable[[], Any]:
    def call() -> Any:
        raise error

    return call


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    keys = Keys(merchant=new_key(), platform=new_key())
    for world in ("sync", "asynchronous"):
        begin, descriptors = time.monotonic(), open_descriptors()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        run = Run(keys, arguments.seed)
        getattr(run, world)(arguments.count)
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
        left = open_descriptors() - descriptors
        seconds = time.monotonic() - begin
        print(f"{world}: {arguments.count} answers in {seconds:.0f} s, +{grown} MiB, +{left} fds")  # noqa: T201
        for (name, outcome), number in sorted(run.outcomes.items()):
            print(f"  {name:28} {outcome:20} {number}")  # noqa: T201
        assert grown < 200, "memory grew"
        assert left <= 2, "descriptors are left open"


def open_descriptors() -> int:
    folder = Path("/proc/self/fd")
    return len(os.listdir(folder)) if folder.is_dir() else 0  # noqa: PTH208


if __name__ == "__main__":
    sys.exit(main())
