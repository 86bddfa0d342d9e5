"""The fields of a notification that travel encrypted: the catalogue knows which."""

from __future__ import annotations

from .. import catalogue
from ..keys.credential import Credential
from ..middleware.v3.field_encryption import decrypter, marks_of, rewritten, unreadable
from .notification import Notification

__all__ = ["decrypt_fields"]


def decrypt_fields(notification: Notification, credential: Credential | None) -> Notification:
    """A notification with the fields of its resource decrypted.

    Args:
        notification: verified.
        credential: whose key opens them; None leaves them as they are.

    Raises:
        DecryptionError: one of them does not open.
    """
    try:
        webhook = catalogue.webhook(notification.event_type)
    except OSError as error:
        raise unreadable(error) from error
    if webhook is None or credential is None:
        return notification
    what = f"the notification {webhook.event}"
    advice = 'To a client without sensitive="auto" it comes as it is'
    change = decrypter(credential, what, advice)
    resource = rewritten(notification.resource, marks_of(webhook.resource), change)
    return notification._replace(resource=resource)
