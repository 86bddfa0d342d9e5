"""Notifications: created, stored, and sent until they are acknowledged.

Sources: https://pay.weixin.qq.com/doc/v3/merchant/4012791861 (the schedule, and what acknowledges)
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from ...crypto import aes, digest, rsa
from ...messages import canonical, xml
from ...messages.canonical import SCHEME
from ..messages.request_id import request_id
from ..store.clock import Clock
from ..store.identity import Identity
from ..store.store import Store

__all__ = ["RETRY_INTERVALS", "Outbox", "queue_of"]

RETRY_INTERVALS = (
    15,
    15,
    30,
    180,
    *(600, 1200, 1800, 1800, 1800, 3600),
    *(10800,) * 3,
    21600,
    21600,
)
"""Seconds from one attempt to the next; after the last one it is given up."""

Notice = dict[str, Any]


class Outbox:
    """The notifications of one gateway.

    Args:
        store: keeps them.
        clock: times them.
        identity: gives the identity that signs, as it is at the moment.
    """

    def __init__(self, store: Store, clock: Clock, identity: Callable[[], Identity]) -> None:
        self._store = store
        self._clock = clock
        self._identity = identity
        self.changed: Callable[[], None] = lambda: None
        """Called when there may be something new to deliver."""

    def post(
        self,
        url: str,
        event: str,
        resource: Mapping[str, Any],
        *,
        summary: str = "",
        original_type: str = "transaction",
        resource_type: str = "encrypt-resource",
        associated_data: str | None = None,
    ) -> str:
        """Send an APIv3 notification; the id it has in the outbox.

        Args:
            url: where to.
            event: its type, `TRANSACTION.SUCCESS` say.
            resource: what it carries encrypted.
            summary: one line in Chinese.
            original_type: of the resource.
            resource_type: as the envelope calls it.
            associated_data: what is authenticated beside it; by default its type.
        """
        identity, nonce = self._identity(), canonical.nonce(12)
        associated = original_type if associated_data is None else associated_data
        plain = json.dumps(resource, ensure_ascii=False, separators=(",", ":"))
        body = {
            "id": str(uuid.uuid4()),
            "create_time": self._clock.rfc3339(),
            "resource_type": resource_type,
            "event_type": event,
            "summary": summary or event,
            "resource": {
                "original_type": original_type,
                "algorithm": "AEAD_AES_256_GCM",
                "ciphertext": aes.gcm_encrypt(plain, identity.apiv3_key, nonce, associated),
                "associated_data": associated,
                "nonce": nonce,
            },
        }
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        return self._keep("v3", url, event, dict(resource), text)

    def post_v2(
        self,
        url: str,
        event: str,
        fields: Mapping[str, Any],
        *,
        sign_type: str = digest.MD5,
        sealed: Mapping[str, Any] | None = None,
    ) -> str:
        """Send an APIv2 notification; the id it has in the outbox.

        Args:
            url: where to.
            event: what it is called here; APIv2 has no name for it on the wire.
            fields: what it carries in the clear.
            sign_type: how it is signed, unless `fields` say so themselves.
            sealed: what it carries in `req_info` instead of a sign (a refund's notice).
        """
        identity = self._identity()
        content = _as_text(fields)
        content["nonce_str"] = canonical.nonce()
        if sealed is not None:
            inner = xml.dumps(_as_text(sealed), root="root")
            key = digest.md5(identity.secret).lower()
            content["req_info"] = aes.ecb_encrypt(inner, key)
        else:
            if content.get("sign_type") in (digest.MD5, digest.HMAC_SHA256):
                sign_type = content["sign_type"]
            elif "sign_type" in content:
                content["sign_type"] = sign_type
            content["sign"] = digest.sign(sign_type, canonical.fields(content), identity.secret)
        return self._keep("v2", url, event, dict(sealed or fields), xml.dumps(content))

    def _keep(
        self, protocol: str, url: str, event: str, resource: dict[str, Any], body: str
    ) -> str:
        with self._store.transaction():
            notice = {
                "protocol": protocol,
                "url": url,
                "event": event,
                "resource": resource,
                "body": body,
                "created": self._clock.now(),
                "state": "PENDING",
                "next": self._clock.now(),
                "asked": 0,
                "attempts": [],
            }
            number = self._store.append("notice", notice)
            self._write({"id": number, **notice})
        self.changed()
        return number

    def _write(self, notice: Notice) -> None:
        """Keep a notification as it is now, and its place among those that are due."""
        number, moment = notice["id"], notice["next"]
        before = self._store.get("pending", number)
        if before is not None:
            self._dequeue(before.get("queue", ""), before["due"])
        self._store.put("notice", number, notice)
        if moment is None:
            self._store.delete("pending", number)
        else:
            key, name = _due(number, moment), queue_of(notice["url"])
            self._store.put("pending", number, {"id": number, "due": key, "queue": name})
            self._store.put(_kind(name), key, {"id": number, "next": moment})
            if self._store.get("queue", name) is None:
                self._store.put("queue", name, {"queue": name})

    def _dequeue(self, name: str, key: str) -> None:
        self._store.delete(_kind(name), key)
        if not self._store.first(_kind(name), 1):
            self._store.delete("queue", name)

    def post_v2_event(
        self, url: str, event: str, fields: Mapping[str, Any], resource: Mapping[str, Any]
    ) -> str:
        """Send an APIv2 notification that is encrypted as APIv3's are (deposits, for one).

        Args:
            url: where to.
            event: its type.
            fields: what it carries in the clear.
            resource: what it carries encrypted.
        """
        nonce, plain = canonical.nonce(12), json.dumps(resource, ensure_ascii=False)
        sealed = {
            "algorithm": digest.HMAC_SHA256,
            "event_id": str(uuid.uuid4()),
            "event_create_time": self._clock.compact(),
            "event_type": event,
            "event_algorithm": "AEAD_AES_256_GCM",
            "event_nonce": nonce,
            "event_associated_data": "",
            "event_ciphertext": aes.gcm_encrypt(plain, self._identity().apiv3_key, nonce),
        }
        content = _as_text(fields) | sealed
        content["nonce_str"] = canonical.nonce()
        secret = self._identity().secret
        content["sign"] = digest.sign(digest.HMAC_SHA256, canonical.fields(content), secret)
        return self._keep("v2", url, event, dict(resource), xml.dumps(content))

    def get(self, number: str) -> Notice | None:
        """One notification with all its attempts; None if there is none of this id."""
        return self._store.get("notice", number)

    def all(self, limit: int = 200) -> list[Notice]:
        """Notifications, newest first."""
        return self._store.all("notice", newest_first=True, limit=limit)

    def pending(self) -> list[Notice]:
        """Those that were not acknowledged yet, and are not given up; soonest first."""
        waiting = [self.get(each["id"]) for each in self._store.all("pending")]
        return sorted((each for each in waiting if each), key=lambda notice: notice["next"])

    def next_due(self, most: int) -> list[tuple[str, float]]:
        """The ids of those that are due first, and when, by the gateway's time; soonest first.

        Each receiver has its own queue, so that none is held up by what waits for another.

        Args:
            most: how many at most, of each receiver.
        """
        found = [
            (each["id"], each["next"])
            for name in self._queues()
            for each in self._store.first(_kind(name), most)
        ]
        return sorted(found, key=lambda each: each[1])

    def forget(self, number: str, moment: float) -> None:
        """Remove a deleted notification from its queue."""
        with self._store.transaction():
            for name in self._queues():
                self._dequeue(name, _due(number, moment))

    def _queues(self) -> list[str]:
        """The receivers that something waits for; an older version kept all in one queue."""
        return ["", *(each["queue"] for each in self._store.all("queue"))]

    def resend(self, number: str) -> bool:
        """Deliver once more, now, whatever became of it; False if there is none of this id."""
        with self._store.transaction():
            notice = self.get(number)
            if notice is None:
                return False
            notice.update(state="PENDING", next=self._clock.now(), asked=notice["asked"] + 1)
            self._write(notice)
        self.changed()
        return True

    def headers(self, notice: Notice) -> dict[str, str]:
        """The header fields of one attempt: each is signed anew."""
        if notice["protocol"] == "v2":
            return {"Content-Type": "text/xml; charset=utf-8"}
        identity = self._identity()
        stamp, nonce = canonical.timestamp(), canonical.nonce()
        message = canonical.response(stamp, nonce, notice["body"].encode())
        return {
            "Content-Type": "application/json; charset=utf-8",
            "Wechatpay-Timestamp": stamp,
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Serial": identity.signing_key_name,
            "Wechatpay-Signature": rsa.sign(message, identity.platform_key),
            "Wechatpay-Signature-Type": SCHEME,
            "Request-ID": request_id(),
        }

    def record_attempt(
        self,
        sent: Notice,
        *,
        status: int | None,
        body: str,
        error: str = "",
        probe: bool = False,
    ) -> Notice:
        """Write down an attempt, and when the next one is due if it was not acknowledged.

        Args:
            sent: the notification as it was when the attempt started.
            status: HTTP status; None where there was no response.
            body: of the response.
            error: why there was no response.
            probe: whether it was one. The notification itself follows at once.
        """
        done = status is not None and acknowledged(sent["protocol"], status, body)
        attempt = {
            "time": self._clock.now(),
            "status": status,
            "answer": body[:4096],
            "error": error,
            "acknowledged": done,
            **({"probe": True} if probe else {}),
        }
        with self._store.transaction():
            notice = self.get(sent["id"])
            if notice is None:
                return sent  # it was withdrawn meanwhile
            notice["attempts"].append(attempt)
            tried = sum("probe" not in each for each in notice["attempts"])
            if notice["asked"] > sent["asked"] or probe:
                notice["next"] = self._clock.now()  # somebody asked for another meanwhile
            elif done or notice["state"] == "DELIVERED":  # of two at once, one was
                notice["state"], notice["next"] = "DELIVERED", None
            elif tried > len(RETRY_INTERVALS):
                notice["state"], notice["next"] = "GIVEN_UP", None
            else:
                notice["next"] = self._clock.now() + RETRY_INTERVALS[tried - 1]
            self._write(notice)
        return notice


def queue_of(url: object) -> str:
    """The queue of a notification: named after the origin of its address, if it has one."""
    try:
        at = urlsplit(str(url))
        return f"{at.scheme}://{at.hostname}:{at.port}"[:200]
    except ValueError:
        return "no address"


def _kind(name: str) -> str:
    return f"due {name}".rstrip()


def _due(number: str, moment: float) -> str:
    """A key of the schedule: in the order of its text it is in that of time."""
    return f"{moment:020.6f} {number}"


def _as_text(fields: Mapping[str, Any]) -> dict[str, str]:
    """Fields as APIv2 carries them: all of them text, and what is nested as JSON."""
    return {name: _text(value) for name, value in fields.items() if value is not None}


def _text(value: Any) -> str:
    """A value as it comes out of XML again, which is what its sign must cover."""
    if isinstance(value, dict | list | bool):
        value = json.dumps(value, ensure_ascii=False)
    return xml.clean(str(value))


def acknowledged(protocol: str, status: int, body: str) -> bool:
    """Whether a response acknowledges a notification."""
    if protocol == "v3":
        return status in (200, 204)
    try:
        return status == 200 and xml.loads(body.encode()).get("return_code") == "SUCCESS"
    except ValueError:
        return False
