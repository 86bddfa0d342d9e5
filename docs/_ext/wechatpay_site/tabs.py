"""Sets of tabs, as sphinx-design writes and drives them.

Its script turns all sets of a group to the tab that was chosen in one of them, and remembers it in
the browser. Tabs made here and those of a guide's `tab-set` directive are alike to it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from .markup import Html, element

__all__ = ["Tab", "tabs"]


class Tab(NamedTuple):
    """One tab.

    Attributes:
        key: by which it is the same tab in every set of its group.
        label: to click on.
        content: what it shows.
    """

    key: str
    label: str
    content: Html


def tabs(group: str, number: int, given: Iterable[Tab]) -> Html:
    """A set of tabs of which the first is open, until the reader has chosen.

    Args:
        group: the sets that turn together, on this page and on others.
        number: of the set, unique on its page.
        given: the tabs.
    """
    children: list[Html] = []
    for index, tab in enumerate(given):
        ident = f"{group}-{number}-{tab.key}"
        children += (
            element("input", type="radio", id=ident, name=f"{group}-{number}", checked=index == 0),
            element(
                "label",
                tab.label,
                class_="sd-tab-label",
                for_=ident,
                data_sync_group=group,
                data_sync_id=tab.key,
                aria_controls=f"{ident}-content",
            ),
            element("div", tab.content, class_="sd-tab-content docutils", id=f"{ident}-content"),
        )
    return element("div", *children, class_="sd-tab-set docutils")
