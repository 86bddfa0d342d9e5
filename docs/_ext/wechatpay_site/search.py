"""What the search looks through: one script with the texts of all pages, held short.

There is no index of words, for Chinese has no spaces between them: 重采 is found in 查询重采请求
by looking for it there, and so is `collections` in `face-collections`. All texts together are small
enough for that. Sphinx's own search cuts the pages into the words of a dictionary, but a query at
its punctuation only, so it finds no more than what happens to be one word of that dictionary.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from wechatpay_chain.catalogue import Member, operations, products, webhooks

from .names import FOLDER, full_url, notification_page, operation_page, product_page
from .product_page import tagged
from .tables import rows

__all__ = ["Vocabulary", "from_catalogue", "script"]


class Vocabulary:
    """The names of all members, each once; pages refer to them by number."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def numbers(self, members: Iterable[Member]) -> list[int]:
        """Numbers for everything in some trees of members."""
        words = (f"{row.member.name} {row.member.title}".strip() for row in rows(members))
        return sorted({self._numbers.setdefault(word, len(self._numbers)) for word in words})

    def words(self) -> list[str]:
        """All of them, in the order of their numbers."""
        return list(self._numbers)


def from_catalogue() -> dict[str, Any]:
    """The operations, notifications and products: their names, and where their pages are."""
    vocabulary = Vocabulary()
    found = {
        "operations": [
            [
                operation.title,
                operation.method,
                operation.path,
                " ".join(tag for tag in operation.tags if tag != operation.product),
                _url(operation_page(operation)),
                int(operation.retired),
                vocabulary.numbers(
                    (
                        *operation.variables,
                        *operation.query,
                        *operation.headers,
                        *operation.body,
                        *operation.response,
                    )
                ),
            ]
            for operation in operations()
        ],
        "notifications": [
            [
                webhook.title,
                webhook.event,
                webhook.protocol,
                _url(notification_page(webhook)),
                vocabulary.numbers(webhook.resource),
            ]
            for webhook in webhooks()
        ],
        "products": [
            [
                product,
                " ".join(tag for tag in tagged(product) if tag != product),
                _url(product_page(product)),
            ]
            for product in products()
        ],
    }
    return {**found, "vocabulary": vocabulary.words()}


def _url(page: str) -> str:
    return f"{FOLDER}/{full_url(page)}"


def script(sections: Iterable[list[str]], names: Iterable[list[str]]) -> str:
    """The whole as a script, which a page may load even where it was opened from a disk.

    Args:
        sections: of the guides; see `documents`.
        names: of the Python reference; see there.
    """
    data = {**from_catalogue(), "sections": list(sections), "names": list(names)}
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return f"window.searchData = {text};\n"
