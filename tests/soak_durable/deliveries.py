"""Notifications as WeChat Pay delivers them at its worst: repeated, shuffled, twice at once."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from wechatpay_chain.crypto import aes, rsa
from wechatpay_chain.gateway.store.identity import Identity
from wechatpay_chain.messages import canonical

__all__ = ["Event", "Platform", "events", "shuffled"]

CHINA = timezone(timedelta(hours=8))
START = datetime(2026, 11, 26, 10, tzinfo=CHINA)


@dataclass(frozen=True)
class Event:
    """What happened to an order, and its notification.

    Attributes:
        order: the order's number.
        position: of the event among those of its order, from 0.
        fen: what the order's book gains.
    """

    order: str
    position: int
    fen: int

    @property
    def event_type(self) -> str:
        return "REFUND.SUCCESS" if self.position else "TRANSACTION.SUCCESS"

    @property
    def occurred(self) -> datetime:
        return START + timedelta(seconds=self.position)

    def body(self, apiv3_key: str) -> bytes:
        resource: dict[str, Any] = {"out_trade_no": self.order, "transaction_id": f"42{self.order}"}
        if self.position:
            resource["refund_id"] = f"50{self.order}{self.position}"
            resource["amount"] = {"total": 100, "refund": -self.fen}
        else:
            resource["amount"] = {"total": self.fen}
            resource["payer"] = {"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"}
        nonce = "fdasflkja484"
        return json.dumps(
            {
                "id": f"EV-{self.order}-{self.position}",
                "create_time": self.occurred.isoformat(),
                "resource_type": "encrypt-resource",
                "event_type": self.event_type,
                "summary": "支付成功",
                "resource": {
                    "algorithm": "AEAD_AES_256_GCM",
                    "original_type": "transaction",
                    "ciphertext": aes.gcm_encrypt(json.dumps(resource), apiv3_key, nonce, ""),
                    "associated_data": "",
                    "nonce": nonce,
                },
            }
        ).encode()


def events(count: int) -> list[Event]:
    """So many events: a payment and three refunds of each order."""
    return [
        Event(f"S{number:06}", position, -20 if position else 100)
        for number in range(count // 4)
        for position in range(4)
    ]


@dataclass
class Platform:
    """Signs and delivers; what is not acknowledged is delivered again.

    Attributes:
        identity: the gateway's keys.
        port: of the receiver.
        deliveries: requests that were replied to.
        acknowledged: replies with 204.
        seconds: how long each reply took.
    """

    identity: Identity
    port: int
    deliveries: int = 0
    acknowledged: int = 0
    seconds: list[float] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _local: threading.local = field(default_factory=threading.local)

    def deliver_all(
        self, every: Iterable[Event], *, threads: int, rate: float | None = None
    ) -> None:
        """Deliver events until each is acknowledged.

        Args:
            every: in the order in which they are delivered.
            threads: that deliver at once.
            rate: deliveries a second, at most.
        """
        begun = time.monotonic()
        with ThreadPoolExecutor(threads) as pool:
            futures = []
            for number, event in enumerate(every):
                if rate is not None:
                    time.sleep(max(0.0, begun + number / rate - time.monotonic()))
                futures.append(pool.submit(self.deliver, event))
            for future in futures:
                future.result()

    def deliver(self, event: Event) -> None:
        body = event.body(self.identity.apiv3_key)
        while True:
            status, seconds = self._post(body)
            with self._lock:
                self.deliveries += status != 0
                if status == 204:
                    self.acknowledged += 1
                    self.seconds.append(seconds)
                    return
            time.sleep(0.1)  # WeChat Pay waits longer

    def _post(self, body: bytes) -> tuple[int, float]:
        stamp, nonce = str(int(time.time())), canonical.nonce(32)
        message = f"{stamp}\n{nonce}\n".encode() + body + b"\n"
        headers = {
            "Content-Type": "application/json",
            "Wechatpay-Timestamp": stamp,
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Serial": self.identity.public_key_id,
            "Wechatpay-Signature": rsa.sign(message, self.identity.platform_key),
        }
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            self._local.connection = connection
        begun = time.monotonic()
        try:
            connection.request("POST", "/notify", body, headers)
            response = connection.getresponse()
            response.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            self._local.connection = None
            return 0, 0.0
        return response.status, time.monotonic() - begun


def shuffled(every: list[Event], deliveries: int) -> list[Event]:
    """Events with repetitions, a part of which stand side by side."""
    chance = random.Random(11)
    repeated = chance.choices(every, k=max(0, deliveries - len(every)))
    half = len(repeated) // 2
    twins = Counter(repeated[:half])
    groups = [[event] * (1 + twins[event]) for event in every]
    groups += [[event] for event in repeated[half:]]
    chance.shuffle(groups)
    return [event for group in groups for event in group]
