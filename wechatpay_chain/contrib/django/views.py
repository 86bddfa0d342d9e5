"""Notifications received by Django: from `notify_url` into the inbox.

    urlpatterns = [path("wechatpay/notify", notify(inbox))]

Under WSGI, a body beyond `inbox.max_body_size` is not read to its end. Under ASGI, Django itself
reads a body to its end, into a file, before it calls any view.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_not_required
from django.db import connections, transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from ...utils.exceptions import ConfigurationError
from ...utils.translation import _

if TYPE_CHECKING:
    from ...durable import Inbox
    from ...notifications.notification import Reply

__all__ = ["notify", "notify_async", "outside_transactions"]


def notify(inbox: Inbox) -> Callable[..., HttpResponse]:
    """A view for the address that notifications are posted to.

    It replies once the notification is committed, 4xx to what is not WeChat Pay's, and 503 while
    the database is down. It needs no CSRF token and no login, and has no part in `ATOMIC_REQUESTS`.

    Args:
        inbox: that receives them. Where the route has `<mchid>` in it, it says whose notification
            it is.

    Raises:
        ConfigurationError: the inbox's engine is async.
    """
    if inbox.database.is_async:
        raise ConfigurationError(_("the inbox's engine is async: use notify_async"))

    def view(request: HttpRequest, mchid: str | None = None) -> HttpResponse:
        return _response(inbox.receive(request.headers, _body(request, inbox), mchid=mchid))

    public: Callable[..., HttpResponse] = _public(view)
    return public


def notify_async(inbox: Inbox) -> Callable[..., Awaitable[HttpResponse]]:
    """The same as an async view."""

    async def view(request: HttpRequest, mchid: str | None = None) -> HttpResponse:
        body = _body(request, inbox)
        return _response(await inbox.receive_async(request.headers, body, mchid=mchid))

    public: Callable[..., Awaitable[HttpResponse]] = _public(view)
    return public


def outside_transactions(view: Any) -> Any:
    """A view that `ATOMIC_REQUESTS` does not put into a transaction, on any database.

    What it stores is committed when it says so, and not when the view has returned.
    """
    for alias in connections:
        view = transaction.non_atomic_requests(using=alias)(view)
    return view


def _public(view: Any) -> Any:
    """A view that needs neither CSRF token nor login."""
    return csrf_exempt(login_not_required(require_POST(outside_transactions(view))))


def _body(request: HttpRequest, inbox: Inbox) -> bytes:
    """The body; of one that is too large as much as the inbox needs to reject it."""
    body: bytes = request.read(inbox.max_body_size + 1)
    return body


def _response(reply: Reply) -> HttpResponse:
    return HttpResponse(reply.body, status=reply.status, headers=reply.headers)
