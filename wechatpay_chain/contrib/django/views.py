"""Django views that receive notifications and store them in the inbox.

    urlpatterns = [path("wechatpay/notify", notify(inbox))]

Under WSGI, a body larger than `inbox.max_body_size` is not read to its end. Under ASGI, Django
reads the whole body into a file before it calls a view.
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
    """Return a view for the notification URL.

    It replies after the notification is committed, with 4xx if it is not from WeChat Pay, and with
    503 while the database is unavailable. It requires no CSRF token and no login, and is exempt
    from `ATOMIC_REQUESTS`.

    Args:
        inbox: receives the notifications. A `<mchid>` in the route names the merchant.

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
    """Async variant of `notify`."""

    async def view(request: HttpRequest, mchid: str | None = None) -> HttpResponse:
        body = _body(request, inbox)
        return _response(await inbox.receive_async(request.headers, body, mchid=mchid))

    public: Callable[..., Awaitable[HttpResponse]] = _public(view)
    return public


def outside_transactions(view: Any) -> Any:
    """Exempt a view from `ATOMIC_REQUESTS`, on all databases.

    Its changes are then committed when it commits them, not after it has returned.
    """
    for alias in connections:
        view = transaction.non_atomic_requests(using=alias)(view)
    return view


def _public(view: Any) -> Any:
    """Exempt a view from CSRF protection and login."""
    return csrf_exempt(login_not_required(require_POST(outside_transactions(view))))


def _body(request: HttpRequest, inbox: Inbox) -> bytes:
    """Return the body; if it is too large, only the part that the inbox needs to reject it."""
    body: bytes = request.read(inbox.max_body_size + 1)
    return body


def _response(reply: Reply) -> HttpResponse:
    return HttpResponse(reply.body, status=reply.status, headers=reply.headers)
