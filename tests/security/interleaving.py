"""Stray, informational and late responses between real ones, on connections that are kept.

`python -m tests.security.interleaving --count 10000` tries that many sequences in each world.
"""

from __future__ import annotations

import argparse
import asyncio
import random
from typing import Any

from tests.support import Keys, new_key
from tests.wire.responses import Signed, head, http
from tests.wire.server import Do, Received, Server, Step
from wechatpay_chain import WeChatPay, WeChatPayError

CALLS = 4
TIMEOUT = (2, 0.5)
ACTIONS = (
    *("own", "own", "own behind 100", "own behind 103 and 199", "own and a stray"),
    *(
        "own and half a stray",
        "not signed",
        "not signed and a stray",
        "refused",
        "refused unsigned",
    ),
    *("204 and a stray", "304 and a stray", "101 and a stray", "102 and a stray", "half of it"),
    *("too many 103 and a stray", "badly signed and a stray", "of another order"),
)


def steps(action: str, number: str, signed: Signed) -> list[Step]:
    """What the server does to the request for an order."""
    own = signed.json({"out_trade_no": number, "n": "own"})
    stray = signed.json({"out_trade_no": "another", "n": "stray"})
    empty = signed.headers(b"")
    table: dict[str, list[Step]] = {
        "own": [own],
        "own behind 100": [head(100), own],
        "own behind 103 and 199": [head(103) + head(199) + own],
        "own and a stray": [own + stray],
        "own and half a stray": [own + stray[:50]],
        "not signed": [http(200, b"{}")],
        "not signed and a stray": [http(200, b"{}"), stray],
        "refused": [signed.json({"code": "X"}, 400)],
        "refused unsigned": [http(500, b"{}"), stray],
        "204 and a stray": [head(204, empty) + stray],
        "304 and a stray": [head(304, empty) + stray],
        "101 and a stray": [head(101) + stray],
        "102 and a stray": [head(102, {"Content-Length": "2"}) + b"{}", stray],
        "half of it": [own[:-3], Do.CLOSE],
        "too many 103 and a stray": [head(103) * 9 + stray],
        "badly signed and a stray": [http(200, b"[]", signed.headers(b"{}")) + stray],
        "of another order": [stray],
    }
    return table[action]


class Interleaving:
    """One client, one server, and sequences of calls; each response must be its call's own."""

    def __init__(self, keys: Keys) -> None:
        self._signed = Signed(keys)
        self.server = Server()
        self.wxpay: WeChatPay = keys.client(base_uri=self.server.url, timeout=TIMEOUT)
        self._actions: dict[str, str] = {}
        self._number = 0
        self.server.each(self._answer)

    def _answer(self, received: Received) -> list[Step]:
        number = received.target.rpartition("/")[2]
        return steps(self._actions[number], number, self._signed)

    def chain(self, action: str) -> tuple[str, Any]:
        """A fresh order's number, and the chain that asks for it."""
        self._number += 1
        number = f"order{self._number}"
        self._actions = {number: action}
        path = "v3/pay/transactions/out-trade-no/{out_trade_no}"
        return number, self.wxpay.chain(path)

    def sync(self, actions: list[str]) -> None:
        for action in actions:
            number, chain = self.chain(action)
            try:
                response = chain.get(out_trade_no=number)
            except WeChatPayError:
                continue
            judge(response, number, action)

    async def asynchronous(self, actions: list[str]) -> None:
        for action in actions:
            number, chain = self.chain(action)
            try:
                response = await chain.get_async(out_trade_no=number)
            except WeChatPayError:
                continue
            judge(response, number, action)


def judge(response: Any, number: str, action: str) -> None:
    """A success is verified, and the request's own."""
    assert response.verified, action
    if response.content:
        assert response.json() == {"out_trade_no": number, "n": "own"}, action


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    rng = random.Random(arguments.seed)
    sequences = [rng.choices(ACTIONS, k=CALLS) for _ in range(arguments.count)]
    run = Interleaving(Keys(merchant=new_key(), platform=new_key()))

    async def every() -> None:
        async with run.wxpay:
            for sequence in sequences:
                run.server.requests.clear()
                await run.asynchronous(sequence)

    with run.server:
        with run.wxpay:
            for sequence in sequences:
                run.server.requests.clear()
                run.sync(sequence)
        asyncio.run(every())
    print(f"{arguments.count} sequences of {CALLS} calls in each world: each answer its own")  # noqa: T201


if __name__ == "__main__":
    main()
