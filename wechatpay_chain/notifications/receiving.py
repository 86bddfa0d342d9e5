"""What a client does with notifications: verify them, decrypt them, say whose they are."""

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
            headers: of the request, as your framework has them: any mapping (Django's `META`
                too), or pairs; or the `event` of an API gateway (AWS Lambda, Tencent SCF).
            body: of the request, as it came, to the byte; of an event it is taken by itself.

        Raises:
            SignatureError: it is not from WeChat Pay; answer with 401 and do nothing.
            DecryptionError: `apiv3_key` does not open it; with `sensitive="auto"` also where the
                merchant's key does not open a field in it.
            ConfigurationError: `certs` or `apiv3_key` is missing.
        """
        flow = observers.notification(self._notice(headers, body), self._mchid)
        return run(flow, self._transport)

    async def notify_async(
        self, headers: Any, body: str | bytes | Mapping[str, Any] | None = None
    ) -> AnyNotification:
        """The same on the running event loop, which fetching a certificate does not block."""
        flow = observers.notification(self._notice(headers, body), self._mchid)
        return await run_async(flow, self._transport)

    def _notice(self, headers: Any, body: Any) -> Generator[Effect, Any, AnyNotification]:
        notice = yield from open_v3(headers, body, self._platform, self._apiv3_key)
        return cast("AnyNotification", (yield from self._decrypted(notice)))

    def _reopened(self, content: bytes) -> Generator[Effect, Any, Notification]:
        """An APIv3 notification that was verified when it came, and kept as it came."""
        return (yield from self._decrypted(open_stored(content, self._apiv3_key)))

    def _decrypted(self, notice: Notification) -> Generator[Effect, Any, Notification]:
        if self._sensitive:
            with catalogue_needed():
                from .encrypted_fields import decrypt_fields
            notice = yield from decrypt_fields(notice, self._credential)
        return notice._replace(mchid=self._mchid)

    def notify_v2(self, body: str | bytes | Mapping[str, Any]) -> Notification:
        """Check an APIv2 notification's `sign`, or open the `req_info` of a refund notice.

        Args:
            body: of the request, as it came; or the `event` of an API gateway.

        Raises:
            SignatureError: it is not from WeChat Pay.
            DecryptionError: `secret` does not open it, or `apiv3_key` its `event_ciphertext`.
            ConfigurationError: `secret` is missing, or the `apiv3_key` that it takes.
        """
        return run(observers.notification(self._notice_v2(body), self._mchid), self._transport)

    def _notice_v2(self, body: Any) -> Generator[Effect, Any, Notification]:
        yield from ()  # a flow like that of APIv3's, which needs no effect
        return open_v2(body, self._secret, self._apiv3_key)._replace(mchid=self._mchid)
