"""Creates and stores notifications, and schedules them until they are acknowledged.

Sources: https://pay.weixin.qq.com/doc/v3/merchant/4012791861 (schedule, acknowledgement)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from ...crypto import digest
from ...messages import xml
from ...testing.notices.envelopes import body_v2, body_v3, event_v2, headers_v3
from ..messages.request_id import request_id
from ..store.clock import Clock
from ..store.identity import Identity
from ..store.store import Store
from .key_ramp import signing_key_name

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
"""Seconds between attempts; after the last one, the delivery ends."""

Notice = dict[str, Any]


class Outbox:
    """The notifications of one merchant.

    Args:
        store: stores the notifications.
        clock: the gateway's clock.
        identity: returns the current identity, which signs the notifications.
    """

    def __init__(self, store: Store, clock: Clock, identity: Callable[[], Identity]) -> None:
        self._store = store
        self._clock = clock
        self._identity = identity
        self.changed: Callable[[], None] = lambda: None
        """Called when notifications may have become due."""

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
        """Send an APIv3 notification, and return its id in the outbox.

        Args:
            url: address of the receiver.
            event: type of the notification, such as `TRANSACTION.SUCCESS`.
            resource: content, which is encrypted.
            summary: one line in Chinese.
            original_type: original type of the resource.
            resource_type: type of the resource in the envelope.
            associated_data: additional authenticated data; by default the original type.
        """
        text = body_v3(
            event,
            resource,
            self._identity().apiv3_key,
            created=self._clock.rfc3339(),
            summary=summary,
            original_type=original_type,
            resource_type=resource_type,
            associated_data=associated_data,
        )
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
        """Send an APIv2 notification, and return its id in the outbox.

        Args:
            url: the destination.
            event: its name in the gateway; APIv2 itself does not name it.
            fields: the content that is not encrypted.
            sign_type: the sign type, unless `fields` contain one.
            sealed: the content of `req_info`, instead of a sign (notification of a refund).
        """
        body = body_v2(fields, self._identity().secret, sign_type=sign_type, sealed=sealed)
        return self._keep("v2", url, event, dict(sealed or fields), body)

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
        """Store a notification and its place in the schedule."""
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
        """Send an APIv2 notification with APIv3 encryption, such as for deposits.

        Args:
            url: the destination.
            event: its type.
            fields: the content that is not encrypted.
            resource: the encrypted content.
        """
        identity = self._identity()
        body = event_v2(
            event,
            fields,
            resource,
            identity.secret,
            identity.apiv3_key,
            created=self._clock.compact(),
        )
        return self._keep("v2", url, event, dict(resource), body)

    @property
    def identity(self) -> Identity:
        """The current identity, which signs notifications."""
        return self._identity()

    def get(self, number: str) -> Notice | None:
        """Return a notification with its attempts, or None if it does not exist."""
        return self._store.get("notice", number)

    def all(self, limit: int = 200) -> list[Notice]:
        """Return notifications, newest first."""
        return self._store.all("notice", newest_first=True, limit=limit)

    def pending(self) -> list[Notice]:
        """Return the pending notifications, the next due first."""
        waiting = [self.get(each["id"]) for each in self._store.all("pending")]
        return sorted((each for each in waiting if each), key=lambda notice: notice["next"])

    def next_due(self, most: int) -> list[tuple[str, float]]:
        """Return the ids and times of the next due notifications, the earliest first.

        Each receiver has its own queue, so a slow receiver does not delay others.

        Args:
            most: maximum number for each receiver.
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
        """Return the receivers with pending notifications; older versions used a single queue."""
        return ["", *(each["queue"] for each in self._store.all("queue"))]

    def resend(self, number: str) -> bool:
        """Deliver a notification again immediately, in any state; False if it does not exist."""
        with self._store.transaction():
            notice = self.get(number)
            if notice is None:
                return False
            notice.update(state="PENDING", next=self._clock.now(), asked=notice["asked"] + 1)
            self._write(notice)
        self.changed()
        return True

    def put_off(self, number: str, moment: float) -> Notice | None:
        """Reschedule a notification and return it, or None if it does not exist."""
        return self._change(number, next=moment, put_off=True)

    def give_up(self, number: str) -> Notice | None:
        """Stop delivering a notification and return it, or None if it does not exist."""
        return self._change(number, state="GIVEN_UP", next=None)

    def _change(self, number: str, **changes: Any) -> Notice | None:
        with self._store.transaction():
            notice = self.get(number)
            if notice is not None:
                notice.update(changes)
                self._write(notice)
        return notice

    def headers(self, notice: Notice) -> dict[str, str]:
        """Return the headers for one attempt, with a new signature."""
        if notice["protocol"] == "v2":
            return {"Content-Type": "text/xml; charset=utf-8"}
        identity = self._identity()
        serial = signing_key_name(self._store, self._clock, identity, notice)
        signed = headers_v3(notice["body"].encode(), serial, identity.platform_key)
        return {**signed, "Request-ID": request_id()}

    def record_attempt(
        self,
        sent: Notice,
        *,
        status: int | None,
        body: str,
        error: str = "",
        probe: bool = False,
    ) -> Notice:
        """Record an attempt, and schedule the next one if it was not acknowledged.

        Args:
            sent: the notification as it was when the attempt started.
            status: HTTP status; None if there was no response.
            body: response body.
            error: reason why there was no response.
            probe: True for a probe, which the notification itself follows immediately.
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
                return sent  # it was withdrawn in the meantime
            notice["attempts"].append(attempt)
            notice.pop("put_off", None)
            tried = sum("probe" not in each for each in notice["attempts"])
            if notice["asked"] > sent["asked"] or probe:
                notice["next"] = self._clock.now()  # another attempt was requested in the meantime
            elif done or notice["state"] == "DELIVERED":  # by one of two simultaneous attempts
                notice["state"], notice["next"] = "DELIVERED", None
            elif tried > len(RETRY_INTERVALS):
                notice["state"], notice["next"] = "GIVEN_UP", None
            else:
                notice["next"] = self._clock.now() + RETRY_INTERVALS[tried - 1]
            self._write(notice)
        return notice


def queue_of(url: object) -> str:
    """Return the queue of a notification: the origin of its address, if the address has one."""
    try:
        at = urlsplit(str(url))
        return f"{at.scheme}://{at.hostname}:{at.port}"[:200]
    except ValueError:
        return "no address"


def _kind(name: str) -> str:
    return f"due {name}".rstrip()


def _due(number: str, moment: float) -> str:
    """Return a schedule key that sorts by time."""
    return f"{moment:020.6f} {number}"


def acknowledged(protocol: str, status: int, body: str) -> bool:
    """Return True if a response acknowledges a notification."""
    if protocol == "v3":
        return status in (200, 204)
    try:
        return status == 200 and xml.loads(body.encode()).get("return_code") == "SUCCESS"
    except ValueError:
        return False
