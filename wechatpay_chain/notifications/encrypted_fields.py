"""Decrypts the sensitive fields of a notification, which the catalogue lists."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from .. import catalogue
from ..flow import Effect
from ..keys.credential import Credential
from ..middleware.v3.field_encryption import decrypted, marks_of, unreadable
from ..utils.translation import _
from .notification import Notification

__all__ = ["decrypt_fields"]


def decrypt_fields(
    notification: Notification, credential: Credential | None
) -> Generator[Effect, Any, Notification]:
    """Return a notification with the sensitive fields of its resource decrypted.

    Args:
        notification: a verified notification.
        credential: holds the private key; None leaves the fields encrypted.

    Raises:
        DecryptionError: a field cannot be decrypted.
    """
    try:
        webhook = catalogue.webhook(notification.event_type)
    except OSError as error:
        raise unreadable(error) from error
    if webhook is None or credential is None:
        return notification
    what = _("the notification {event}", event=webhook.event)
    advice = _('A client without sensitive="auto" receives it unchanged')
    resource = yield from decrypted(
        notification.resource, marks_of(webhook.resource), credential, what, advice
    )
    return notification._replace(resource=resource)
