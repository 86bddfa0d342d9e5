"""A verified and decrypted notification, and the replies to it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from ..display.showing import showing
from ..messages import xml
from ..utils.display import printable

if TYPE_CHECKING:
    from ..display.view import View

__all__ = ["Notification", "Reply"]

LONGEST = 256
"""Maximum number of characters in a reply's message."""


class Reply(NamedTuple):
    """The response to WeChat Pay."""

    status: int
    headers: dict[str, str]
    body: bytes


@showing
class Notification(NamedTuple):
    """A notification that was verified as sent by WeChat Pay, and decrypted.

    Attributes:
        id: the notification's id. WeChat Pay may send a notification more than once, so process
            each id once. Empty for most APIv2 notifications, which have none.
        event_type: such as `TRANSACTION.SUCCESS`; empty for most APIv2 notifications.
        create_time: RFC 3339; APIv2 uses another form, or omits it.
        resource_type: `encrypt-resource`; empty for APIv2.
        summary: a short description; empty for APIv2.
        resource: the decrypted content; for unencrypted APIv2 notifications, their fields.
        raw: the parsed notification before decryption. For an APIv2 refund notification, it
            contains only `req_info`, because the other fields are not authenticated.
        version: `v2` or `v3`.
        mchid: the recipient: the merchant with the keys that verified and decrypted it.
    """

    id: str
    event_type: str
    create_time: str
    resource_type: str
    summary: str
    resource: Any
    raw: dict[str, Any]
    version: Literal["v2", "v3"] = "v3"
    mchid: str = ""

    def _view_(self) -> View:
        from ..display.notices import notification_view  # needed only for display

        return notification_view(self)

    def __repr__(self) -> str:
        # The content is the customer's data and must not be logged.
        return f"<Notification {printable(f'{self.id} {self.event_type}')}>"

    def success(self) -> Reply:
        """Return the reply that acknowledges the notification and ends its retries."""
        if self.version == "v2":
            return _xml_reply("SUCCESS", "OK")
        return Reply(204, {}, b"")

    def failure(self, why: str) -> Reply:
        """Return the reply that reports a failure; WeChat Pay sends the notification again later.

        Args:
            why: a short reason for WeChat Pay's records; control characters are escaped, and text
                after 256 characters is cut off.
        """
        told = printable(why, LONGEST)
        if self.version == "v2":
            return _xml_reply("FAIL", told)
        body = json.dumps({"code": "FAIL", "message": told}, ensure_ascii=False)
        return Reply(500, {"Content-Type": "application/json; charset=utf-8"}, body.encode())


def _xml_reply(code: str, message: str) -> Reply:
    body = xml.dumps({"return_code": code, "return_msg": message})
    return Reply(200, {"Content-Type": "text/xml; charset=utf-8"}, body.encode())
