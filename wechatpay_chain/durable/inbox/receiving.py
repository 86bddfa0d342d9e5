"""Receives a notification: it is verified, stored and committed before it is acknowledged."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

from ...errors import APIError, SignatureError
from ...messages import xml
from ...messages.request import TransportError
from ...notifications.frameworks import message
from ...notifications.notification import Reply
from ...utils.display import printable
from ...utils.exceptions import DecryptionError, UnknownMerchant
from ..merchant import Merchant
from ..operations import Insert, Job, Steps, Transaction
from ..waking import woken
from .contents import notification_row
from .events import ordering_key
from .handlers import Handlers

__all__ = ["OUTCOMES", "receive"]

OUTCOMES = ("stored", "duplicate", "probe", "rejected", "too_large", "unavailable")
"""The outcomes of receiving, as counted."""

logger = logging.getLogger("wechatpay_chain")


def receive(
    headers: Any,
    body: Any,
    mchid: str | None,
    *,
    merchant: Merchant,
    handlers: Handlers,
    max_body_size: int,
    now: int,
    errors: tuple[type[Exception], ...],
    count: Callable[[str], None],
    wake: Callable[[int], Any] | None,
) -> Job[Reply]:
    """Receive a notification; the outcome is the reply.

    Args:
        headers: the request headers, in any form that `WeChatPay.notify` accepts.
        body: the raw request body.
        mchid: the merchant ID, if the notification URL contains it.
        merchant: the merchants that receive notifications.
        handlers: the handlers by event type.
        max_body_size: bytes.
        now: milliseconds.
        errors: the exceptions of the database.
        count: called with the outcome.
        wake: called with the id of a stored row.
    """
    fields, content = message(headers, body)
    is_v2 = content.lstrip()[:1] == b"<"
    if len(content) > max_body_size:
        count("too_large")
        return _failure(413, f"more than {max_body_size} bytes", is_v2)
    try:
        notice = yield from merchant.verified(fields, content, mchid, is_v2=is_v2)
        client = yield from merchant.client(notice.mchid)
    except SignatureError as error:
        count("probe" if error.reason == "probe" else "rejected")
        if error.reason != "probe":
            logger.warning("a notification is rejected: %s", error)
        return _failure(401, "the signature is invalid", is_v2)
    except (DecryptionError, UnknownMerchant) as error:
        count("rejected")
        logger.warning("a notification is rejected: %s", error)
        return _failure(400, "it cannot be decrypted", is_v2)
    except (TransportError, APIError) as error:  # a certificate could not be fetched
        count("unavailable")
        logger.error("a notification cannot be verified now: %s", error)
        return _failure(503, "try again later", is_v2)
    row = notification_row(client, notice, fields, content, now)
    handler = handlers.get(row["event_type"])
    row["ordering_key"] = ordering_key(notice.resource, handler.key if handler else None)

    def store(_: Any) -> Steps[int | None]:
        return (yield from Insert("inbox", row))

    try:
        id_ = yield from Transaction(store)
    except errors as error:
        count("unavailable")
        logger.error(
            "notification %s is not stored, WeChat Pay will send it again: %s",
            printable(row["notification_id"], 80),
            type(error).__name__,
        )
        return _failure(503, "try again later", is_v2)
    count("duplicate" if id_ is None else "stored")
    if id_ is not None:
        yield from woken(wake, id_)
    return notice.success()


def _failure(status: int, why: str, is_v2: bool) -> Reply:
    """Return the reply that tells WeChat Pay that the notification was not received."""
    if is_v2:
        body = xml.dumps({"return_code": "FAIL", "return_msg": why})
        return Reply(status, {"Content-Type": "text/xml; charset=utf-8"}, body.encode())
    text = json.dumps({"code": "FAIL", "message": why})
    return Reply(status, {"Content-Type": "application/json; charset=utf-8"}, text.encode())
