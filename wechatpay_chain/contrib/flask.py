"""Flask integration: receives notifications and stores them in the inbox.

app.register_blueprint(blueprint(inbox, "/wechatpay/notify"))
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from ..utils.exceptions import ConfigurationError
from ..utils.translation import _

if TYPE_CHECKING:
    from ..durable import Inbox

__all__ = ["blueprint"]


def blueprint(inbox: Inbox, path: str = "/wechatpay/notify") -> Blueprint:
    """Return a blueprint for the notification URL.

    It replies after the notification is committed, with 4xx if it is not from WeChat Pay, and with
    503 while the database is unavailable. A body larger than `inbox.max_body_size` is not read to
    its end.

    Args:
        inbox: receives the notifications, on a sync engine.
        path: the path of your `notify_url`; a `<mchid>` in it names the merchant.

    Raises:
        ConfigurationError: the inbox's engine is async.
    """
    if inbox.database.is_async:
        raise ConfigurationError(
            _("the inbox's engine is async, but Flask is sync: use create_engine")
        )
    made = Blueprint("wechatpay", __name__)

    @made.post(path)
    def receive(mchid: str | None = None) -> Response:
        request.max_content_length = sys.maxsize  # the inbox itself rejects large bodies
        body = request.stream.read(inbox.max_body_size + 1)
        reply = inbox.receive(request.headers, body, mchid=mchid)
        return Response(reply.body, reply.status, reply.headers)

    return made
