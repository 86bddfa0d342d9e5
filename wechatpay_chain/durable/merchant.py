"""One merchant's client, or the clients of many merchants, behind one interface."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ..client import WeChatPay
from ..errors import SignatureError
from ..flow import Call
from ..merchants import Merchants
from ..messages import xml
from ..messages.headers import Headers
from ..notifications.notification import Notification
from ..utils.display import printable
from ..utils.exceptions import ConfigurationError, UnknownMerchant
from ..utils.translation import _

__all__ = ["Merchant"]


class Merchant:
    """Calls a `WeChatPay`, or the right client of a `Merchants`.

    Args:
        wxpay: the client or the `Merchants`.
        is_async: whether to call the async methods.

    Raises:
        ConfigurationError: `wxpay` is neither.
    """

    def __init__(self, wxpay: WeChatPay | Merchants, is_async: bool) -> None:
        if not isinstance(wxpay, WeChatPay | Merchants):
            raise ConfigurationError(
                _(
                    "wxpay is of type {type}: expected a WeChatPay or a Merchants",
                    type=type(wxpay).__name__,
                )
            )
        self._wxpay = wxpay
        self.is_async = is_async

    def number(self, mchid: str | None) -> str:
        """Return the merchant ID of a call.

        Raises:
            ConfigurationError: it is missing and there are many merchants, or it differs from the
                only client's.
        """
        if isinstance(self._wxpay, Merchants):
            if not mchid:
                raise ConfigurationError(
                    _("mchid is missing: with several merchants, pass the mchid")
                )
            return mchid
        if mchid is not None and mchid != self._wxpay.mchid:
            raise UnknownMerchant(
                _(
                    "merchant {mchid} is not the client's merchant, {mchid_2}",
                    mchid=printable(mchid, 80),
                    mchid_2=self._wxpay.mchid,
                )
            )
        return self._wxpay.mchid

    @property
    def notify_url(self) -> str | None:
        """The only client's notification URL; None if it has none, or for many merchants."""
        return None if isinstance(self._wxpay, Merchants) else self._wxpay.notify_url

    def client(self, mchid: str) -> Generator[Call, Any, WeChatPay]:
        """Return a merchant's client.

        Raises:
            UnknownMerchant: the merchant does not exist.
        """
        wxpay = self._wxpay
        if isinstance(wxpay, Merchants):
            get: Any = wxpay.get_async if self.is_async else wxpay.__getitem__
            client: WeChatPay = yield Call(get, mchid)
            return client
        self.number(mchid)
        return wxpay

    def verified(
        self, headers: Headers, content: bytes, mchid: str | None, *, is_v2: bool
    ) -> Generator[Call, Any, Notification]:
        """Verify and decrypt a notification.

        Args:
            headers: the headers as received.
            content: the body as received.
            mchid: the expected recipient; None to determine it.
            is_v2: whether it is an APIv2 notification.

        Raises:
            SignatureError: it is not from WeChat Pay.
            DecryptionError: the merchant's key does not decrypt it.
            UnknownMerchant: the recipient is not known.
        """
        wxpay = self._wxpay
        if is_v2:
            whose = mchid or (_named(content) if isinstance(wxpay, Merchants) else wxpay.mchid)
            client = yield from self.client(whose)
            return client.notify_v2(content)
        notify: Any = wxpay.notify_async if self.is_async else wxpay.notify
        if isinstance(wxpay, Merchants):
            found: Notification = yield Call(notify, headers, content, mchid)
            return found
        yield from self.client(mchid or wxpay.mchid)
        own: Notification = yield Call(notify, headers, content)
        return own


def _named(content: bytes) -> str:
    """Return the merchant ID in an APIv2 notification, to select the client that verifies it.

    Raises:
        SignatureError: it contains none.
    """
    try:
        fields = xml.loads(content)
    except ValueError as error:
        raise SignatureError(
            _("it is not usable as XML: {error}", error=error), reason="missing"
        ) from None
    named = fields.get("mch_id") or fields.get("combine_mch_id")
    if isinstance(named, str):
        return named
    raise SignatureError(_("it does not name a merchant"), reason="missing")
