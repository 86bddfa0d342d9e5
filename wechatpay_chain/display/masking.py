"""What is not shown of a body: who the customer is, what opens something, what is encrypted.

A notebook is sent around and committed, so what stands in it is masked as a log is. The body itself
is not changed: `.json()` and `.resource` have all of it.
"""

from __future__ import annotations

import re

from ..messages.request import masked_target
from ..utils.display import printable

__all__ = ["HIDDEN", "ciphertext_size", "is_personal", "shortened", "without_openids"]

HIDDEN = "***"
PERSONAL = re.compile(
    "openid|phone|mobile|email|id_?card|id_(?:no|num)|identity_(?:no|num)|(?<!out_)card_no"
    "|bank_?account|account_(?:no|num|name)|(?<!program_)(?:user|real|true|transfer|driver)_?name$"
    "|^sign$|pay_?sign|passw|secret|signkey|encrypt_key|(?<!next_page_)token(?!_expire|_type)",
    re.IGNORECASE,
)
"""Parts of the names of members whose values nobody is shown."""
PRIVATE = ("姓名", "证件号", "身份证", "收款户名", "付款户名", "密钥", "密码")
"""Parts of their titles."""
CIPHERTEXT = re.compile("[A-Za-z0-9+/]+={0,2}", re.ASCII)
SIZES = {344: 256, 512: 384, 684: 512}
"""Characters of base64, and the bytes of an RSA key that they hold."""
OPENID = re.compile(r"(?<![\w-])o[\w-]{27}(?![\w-])")
"""What has the form of an openid, and in a text without names may be one."""
LONGEST = 200
"""Characters of a text."""


def is_personal(name: str, title: str = "") -> bool:
    """Whether a member holds what identifies a person, or opens something.

    Args:
        name: of the member.
        title: that the catalogue has of it; empty where it has none.
    """
    return PERSONAL.search(name) is not None or any(each in title for each in PRIVATE)


def ciphertext_size(text: str) -> int | None:
    """The bytes of what RSA has encrypted; None of a text that cannot be that.

    Args:
        text: of a member that travels encrypted.
    """
    size = SIZES.get(len(text))
    return size if size is not None and CIPHERTEXT.fullmatch(text) else None


def shortened(text: str, longest: int = LONGEST) -> str:
    """A text without tokens and openids, printable, and cut where it is long.

    Args:
        text: from outside.
        longest: characters that are shown.
    """
    shown = printable(masked_target(text[: 4 * longest]), longest)
    return f"{shown} ({len(text):,} characters)" if len(text) > longest else shown


def without_openids(text: str) -> str:
    """A text that has no names for what is in it, a bill's line say, without openids."""
    return OPENID.sub(HIDDEN, text)
