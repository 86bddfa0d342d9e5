"""Displays a verified and decrypted notification."""

from __future__ import annotations

from typing import Any, Protocol

from ..utils.translation import _
from .body import tree
from .known import webhook_of
from .layout import Facts, Line, Span, text
from .masking import shortened
from .view import View

__all__ = ["notification_view"]


class Notice(Protocol):
    """The displayed part of a `Notification`."""

    @property
    def id(self) -> str: ...
    @property
    def event_type(self) -> str: ...
    @property
    def create_time(self) -> str: ...
    @property
    def resource_type(self) -> str: ...
    @property
    def summary(self) -> str: ...
    @property
    def resource(self) -> Any: ...
    @property
    def version(self) -> str: ...
    @property
    def mchid(self) -> str: ...


def notification_view(notice: Notice) -> View:
    """Return the view of a notification: its type, its recipient, and its resource as a tree.

    Args:
        notice: a result of `notify`.
    """
    webhook = webhook_of(notice.event_type, notice.version)
    name = shortened(notice.event_type) or _("Notification")
    title: Line = (Span(name, "heading"),)
    if webhook is not None:
        title = (*title, Span(f"  {webhook.title}", "title"))
    if notice.mchid:
        badge = Span(_("verified for {mchid}", mchid=shortened(notice.mchid)), "good")
    else:
        badge = Span(_("not verified by a client"), "unsure")
    facts = [
        (name, text(shortened(value)))
        for name in ("id", "create_time", "summary", "resource_type", "version")
        if isinstance(value := getattr(notice, name), str) and value
    ]
    resource = notice.resource
    members = webhook.resource if webhook is not None else ()
    if not isinstance(resource, dict | list):
        shown = text(_("of type {type}; use .resource", type=type(resource).__name__), "aside")
        return View(title, (badge,), (Facts((*facts, ("resource", shown))),))
    return View(title, (badge,), (Facts(tuple(facts)), tree(resource, members, "resource")))
