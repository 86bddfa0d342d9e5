"""A notification that was verified and opened, and the replies to it."""

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
"""Characters of a reply's message."""


class Reply(NamedTuple):
    """What to answer WeChat Pay with."""

    status: int
    headers: dict[str, str]
    body: bytes


@showing
class Notification(NamedTuple):
    """What WeChat Pay told, once it is sure that it was WeChat Pay.

    Attributes:
        id: the notification's; it may come more than once, so handle each id once. Most of
            APIv2's have none, and it is empty there.
        event_type: such as `TRANSACTION.SUCCESS`; empty for most of APIv2's.
        create_time: RFC 3339; APIv2 has a form of its own, or none.
        resource_type: `encrypt-resource`; empty for APIv2.
        summary: a word or two for people; empty for APIv2.
        resource: the decrypted content; for APIv2 the fields where they are not encrypted.
        raw: the notification as it came, parsed. Of an APIv2 refund notice it holds `req_info`
            only: nothing vouches for the fields beside it.
        version: `v2` or `v3`.
        mchid: whose notification it is: the merchant whose keys verified and opened it.
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
        from ..display.notices import notification_view  # for those who look

        return notification_view(self)

    def __repr__(self) -> str:
        # Its content is the customer's, and stays out of logs.
        return f"<Notification {printable(f'{self.id} {self.event_type}')}>"

    def success(self) -> Reply:
        """The answer that says: understood, do not send it again."""
        if self.version == "v2":
            return _xml_reply("SUCCESS", "OK")
        return Reply(204, {}, b"")

    def failure(self, why: str) -> Reply:
        """The answer that says: not handled, send it again later.

        Args:
            why: a few words for WeChat Pay's records; control characters are escaped, and what is
                longer than 256 characters is cut.
        """
        told = printable(why, LONGEST)
        if self.version == "v2":
            return _xml_reply("FAIL", told)
        body = json.dumps({"code": "FAIL", "message": told}, ensure_ascii=False)
        return Reply(500, {"Content-Type": "application/json; charset=utf-8"}, body.encode())


def _xml_reply(code: str, message: str) -> Reply:
    body = xml.dumps({"return_code": code, "return_msg": message})
    return Reply(200, {"Content-Type": "text/xml; charset=utf-8"}, body.encode())
