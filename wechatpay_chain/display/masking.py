"""Masks parts of a body: the customer's identity, credentials, and encrypted values.

Notebooks are shared and committed, so their output is masked like a log. The body itself is not
changed: `.json()` and `.resource` contain everything.
"""

from __future__ import annotations

import re

from ..messages.request import masked_target
from ..utils.display import printable
from ..utils.translation import _

__all__ = ["HIDDEN", "ciphertext_size", "is_personal", "shortened", "without_openids"]

HIDDEN = "***"
PERSONAL = re.compile(
    "openid|phone|mobile|email|id_?card|id_(?:no|num)|identity_(?:no|num)|(?<!out_)card_no"
    "|bank_?account|account_(?:no|num|name)|(?<!program_)(?:user|real|true|transfer|driver)_?name$"
    "|^sign$|pay_?sign|passw|secret|signkey|encrypt_key|(?<!next_page_)token(?!_expire|_type)",
    re.IGNORECASE,
)
"""Parts of the names of members with values that are never displayed."""
PRIVATE = ("姓名", "证件号", "身份证", "收款户名", "付款户名", "密钥", "密码")
"""Parts of the titles of such members."""
CIPHERTEXT = re.compile("[A-Za-z0-9+/]+={0,2}", re.ASCII)
SIZES = {344: 256, 512: 384, 684: 512}
"""Base64 lengths in characters, and the corresponding RSA key sizes in bytes."""
OPENID = re.compile(r"(?<![\w-])o[\w-]{27}(?![\w-])")
"""A text in the form of an openid, which may be one if its name is unknown."""
LONGEST = 200
"""Maximum characters of a text."""


def is_personal(name: str, title: str = "") -> bool:
    """Return whether a member identifies a person, or is a credential.

    Args:
        name: the name of the member.
        title: its title in the catalogue, or empty.
    """
    return PERSONAL.search(name) is not None or any(each in title for each in PRIVATE)


def ciphertext_size(text: str) -> int | None:
    """Return the length of an RSA ciphertext in bytes, or None if the text cannot be one.

    Args:
        text: the value of an encrypted member.
    """
    size = SIZES.get(len(text))
    return size if size is not None and CIPHERTEXT.fullmatch(text) else None


def shortened(text: str, longest: int = LONGEST) -> str:
    """Return a text without tokens and openids, printable, and cut if it is long.

    Args:
        text: an external text.
        longest: maximum number of characters.
    """
    shown = printable(masked_target(text[: 4 * longest]), longest)
    if len(text) <= longest:
        return shown
    return _("{shown} ({count:,} characters)", shown=shown, count=len(text))


def without_openids(text: str) -> str:
    """Remove openids from a text without member names, such as a line of a bill."""
    return OPENID.sub(HIDDEN, text)
