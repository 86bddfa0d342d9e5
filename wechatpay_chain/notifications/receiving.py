"""A client's methods for notifications: verification, decryption, and the recipient."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING, Any, cast

from ..flow import Effect, Transport, run, run_async
from ..keys.credential import Credential
from ..keys.platform_keys import PlatformKeys
from ..middleware import observers
from ..middleware.sensitive import catalogue_needed
from ..utils.secret import Secret
from .notification import Notification
from .v2 import open_v2
from .v3 import open_stored, open_v3

if TYPE_CHECKING:
    from ..typed.notifications import AnyNotification

__all__ = ["Receiving"]


class Receiving:
    """The part of a client that receives notifications."""

    __slots__ = ()

    _apiv3_key: Secret[bytes] | None
    _credential: Credential | None
    _mchid: str
    _platform: PlatformKeys
    _secret: Secret[str]
    _sensitive: bool
    _transport: Transport

    def notify(
        self, headers: Any, body: str | bytes | Mapping[str, Any] | None = None
    ) -> AnyNotification:
        """Verify and decrypt an APIv3 notification.

        Args:
            headers: the request headers from your framework: any mapping (including Django's
                `META`) or pairs; or the `event` of an API gateway (AWS Lambda, Tencent SCF).
            body: the raw request body; omit it for an event, which contains the body.

        Raises:
            SignatureError: it is not from WeChat Pay; respond with 401 and do not process it.
            DecryptionError: `apiv3_key` does not decrypt it; with `sensitive="auto"`, also if the
                merchant's key does not decrypt one of its fields.
            ConfigurationError: `certs` or `apiv3_key` is missing.
        """
        flow = observers.notification(self._notice(headers, body), self._mchid)
        return run(flow, self._transport)

    async def notify_async(
        self, headers: Any, body: str | bytes | Mapping[str, Any] | None = None
    ) -> AnyNotification:
        """Async variant of `notify`; fetching a certificate does not block the event loop."""
        flow = observers.notification(self._notice(headers, body), self._mchid)
        return await run_async(flow, self._transport)

    def _notice(self, headers: Any, body: Any) -> Generator[Effect, Any, AnyNotification]:
        notice = yield from open_v3(headers, body, self._platform, self._apiv3_key)
        return cast("AnyNotification", (yield from self._decrypted(notice)))

    def _reopened(self, content: bytes) -> Generator[Effect, Any, Notification]:
        """Decrypt a stored APIv3 notification that was verified on arrival."""
        return (yield from self._decrypted(open_stored(content, self._apiv3_key)))

    def _decrypted(self, notice: Notification) -> Generator[Effect, Any, Notification]:
        if self._sensitive:
            with catalogue_needed():
                from .encrypted_fields import decrypt_fields
            notice = yield from decrypt_fields(notice, self._credential)
        return notice._replace(mchid=self._mchid)

    def notify_v2(self, body: str | bytes | Mapping[str, Any]) -> Notification:
        """Verify an APIv2 notification's `sign`, or decrypt a refund notification's `req_info`.

        Args:
            body: the raw request body; or the `event` of an API gateway.

        Raises:
            SignatureError: it is not from WeChat Pay.
            DecryptionError: `secret` does not decrypt it, or `apiv3_key` its `event_ciphertext`.
            ConfigurationError: `secret` is missing, or the `apiv3_key` that the notification
                requires.
        """
        return run(observers.notification(self._notice_v2(body), self._mchid), self._transport)

    def _notice_v2(self, body: Any) -> Generator[Effect, Any, Notification]:
        yield from ()  # a flow like the one for APIv3, without effects
        return open_v2(body, self._secret, self._apiv3_key)._replace(mchid=self._mchid)
