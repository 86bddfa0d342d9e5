"""Whose notifications and calls these are: one merchant's, or those of many."""

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
    """What asks a `WeChatPay`, or the right one of `Merchants`.

    Args:
        wxpay: either.
        is_async: whether its async methods are called.

    Raises:
        ConfigurationError: it is neither.
    """

    def __init__(self, wxpay: WeChatPay | Merchants, is_async: bool) -> None:
        if not isinstance(wxpay, WeChatPay | Merchants):
            raise ConfigurationError(
                _(
                    "wxpay is of type {type}: a WeChatPay or a Merchants is expected",
                    type=type(wxpay).__name__,
                )
            )
        self._wxpay = wxpay
        self.is_async = is_async

    def number(self, mchid: str | None) -> str:
        """Whose call it is.

        Raises:
            ConfigurationError: it is not said, and there are many merchants; or it is another's
                than the only client's.
        """
        if isinstance(self._wxpay, Merchants):
            if not mchid:
                raise ConfigurationError(_("mchid is missing: there are many merchants, say whose"))
            return mchid
        if mchid is not None and mchid != self._wxpay.mchid:
            raise UnknownMerchant(
                _(
                    "merchant {mchid} is not the client's, which is {mchid_2}",
                    mchid=printable(mchid, 80),
                    mchid_2=self._wxpay.mchid,
                )
            )
        return self._wxpay.mchid

    @property
    def notify_url(self) -> str | None:
        """The only client's; None where it has none, or there are many merchants."""
        return None if isinstance(self._wxpay, Merchants) else self._wxpay.notify_url

    def client(self, mchid: str) -> Generator[Call, Any, WeChatPay]:
        """A merchant's client.

        Raises:
            UnknownMerchant: it is not among those that there are.
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
        """A notification, verified and opened.

        Args:
            headers: as they came.
            content: the body as it came.
            mchid: whose it must be; None to find out.
            is_v2: whether it is one of APIv2's.

        Raises:
            SignatureError: it is not WeChat Pay's.
            DecryptionError: the merchant's key does not open it.
            UnknownMerchant: it is nobody's who is known here.
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
    """The merchant that an APIv2 notification names: who is asked to verify it.

    Raises:
        SignatureError: it names none.
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
    raise SignatureError(_("it names no merchant"), reason="missing")
