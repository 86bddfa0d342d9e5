"""Notifications received by Flask: from `notify_url` into the inbox.

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
    """A blueprint with the address that notifications are posted to.

    It replies once the notification is committed, 4xx to what is not WeChat Pay's, and 503 while
    the database is down. A body beyond `inbox.max_body_size` is not read to its end.

    Args:
        inbox: that receives them, on a sync engine.
        path: of your `notify_url`; with `<mchid>` in it, it says whose notification it is.

    Raises:
        ConfigurationError: the inbox's engine is async.
    """
    if inbox.database.is_async:
        raise ConfigurationError(
            _("the inbox's engine is async, and Flask is sync: use create_engine")
        )
    made = Blueprint("wechatpay", __name__)

    @made.post(path)
    def receive(mchid: str | None = None) -> Response:
        request.max_content_length = sys.maxsize  # the inbox rejects what is too large
        body = request.stream.read(inbox.max_body_size + 1)
        reply = inbox.receive(request.headers, body, mchid=mchid)
        return Response(reply.body, reply.status, reply.headers)

    return made
