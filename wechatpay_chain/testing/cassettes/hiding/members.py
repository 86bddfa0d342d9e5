"""Rules for the members of a message that a cassette may contain unchanged.

All members are replaced unless they are known to be harmless. A new member of WeChat Pay is
therefore replaced until it is added here, and no personal data is kept by oversight.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from ....messages.identifiers import IDENTIFIERS

__all__ = ["Rules", "is_merchant", "is_app", "plain_name"]

COUNTED = re.compile(r"(_\$?[nm\d]+)+$")
PERSONAL = re.compile(
    "openid|union_?id|user|person|owner|ubo|birth|period_(begin|end)|phone|mobile|tel$|mail|identi|cred|creid"
    "|cert|passport|licen[sc]e|plate|card_?(no|num|address|copy)|bank_?(no|acc|card|num)|account_?n"
    "|acc_no|id_?(card|doc|no|num)|taxpayer|tax_id|contact|legal|admin|driver|student|password"
    "|secret|token|sign$|signature|signkey|paysign|_key$|^key$|auth_code|ip$|serial"
)
"""Names that are never kept, whatever their suffix is."""
SIGN = re.compile("^(sign|hash|tar|contract)_type$")
TIME = re.compile("(time|date|_at|_start|_end|_begin)$")
MOMENT = re.compile(
    r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?|\d{8}|\d{14}"
)
EXACT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
STATE = re.compile(
    "(state|status|type|mode|scene|channel|currency|algorithm|level|flag|scope|method|way|unit"
    "|bank_code|customs)$"
)
FAILURE = re.compile("(return|result|error|err|fail|failure|sub)_code$")
CODE = re.compile("[A-Za-z0-9_.-]{1,64}")
CONSTANT = re.compile(r"[A-Z][A-Z0-9_.\-]{0,62}|[a-z][a-z_]{0,30}|\d{1,3}")
AMOUNT = re.compile(
    "(^|_)(amount|fee|total|count|num|quantity|price|rate|limit|offset|days|day|sequence|index"
    "|version|size|times|refund|discount|balance|percent|ratio)$"
)
NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,6})?%?")
MERCHANT = re.compile("(mch|merchant)_?id$|^mchid$|belong_merchant$|creator_merchant$")
APP = re.compile("appid$|app_id$")
THING = re.compile(
    "^out_.*_no$|request_no$|(order|bill|batch|refund|trade|apply|detail|return|settle|transfer)_no$"
    "|(stock|coupon|card|activity|service|plan|template|store|brand|batch|detail|complaint|applyment"
    "|media|task|contract|refund|transaction|order|receipt|business|product|sub_order|bill)_id$"
)
NAME = re.compile(r"[\w.-]{1,50}")
"""The form of an identifier; text written by people does not match."""
ANSWERS = frozenset({"Y", "N", "YES", "NO", "true", "false", "TRUE", "FALSE", "SUCCESS", "FAIL"})
CANNED = frozenset(
    {"return_msg", "err_code_des", "error_code_des", "trade_state_desc", "trade_state_des"}
)
"""Members with texts that WeChat Pay writes to describe an event."""
LARGEST = 10**9
"""Maximum of an integer that is kept as an amount, a count or a time, whatever its name is."""


def plain_name(name: str) -> str:
    """Return a member's name in lower case, without APIv2's numbering.

    Args:
        name: the name, such as `coupon_id_0`.
    """
    return COUNTED.sub("", name).lower()


def is_merchant(name: str) -> bool:
    """Return whether a plain name is that of a merchant ID."""
    return MERCHANT.search(name) is not None


def is_app(name: str) -> bool:
    """Return whether a plain name is that of an appid."""
    return APP.search(name) is not None


class Rules:
    """Decides which members of a message are kept.

    Args:
        keep: names of members that are always kept.
        hide: names of members that are replaced.
    """

    def __init__(self, keep: Collection[str], hide: Collection[str]) -> None:
        self._keep = frozenset(keep)
        self._hide = frozenset(hide)

    def wants(self, name: str) -> bool:
        """Return whether the user asked to keep a member."""
        return name in self._keep

    def rejects(self, name: str) -> bool:
        """Return whether a member is replaced regardless of its value."""
        if name in self._keep:
            return False
        plain = plain_name(name)
        return name in self._hide or (
            PERSONAL.search(plain) is not None and SIGN.search(plain) is None
        )

    def is_canned(self, name: str) -> bool:
        """Return whether a member has a text of WeChat Pay, which may quote the request."""
        return name in CANNED and name not in self._hide

    def keeps(self, name: str, value: Any) -> bool:
        """Return whether a member is kept unchanged.

        Args:
            name: the name of the member.
            value: text, a number, a bool, or None.
        """
        if name in self._keep:
            return True
        if value is None or isinstance(value, bool) or value == "":
            return True
        if self.rejects(name):
            return False
        plain = plain_name(name)
        if isinstance(value, int | float):
            known = TIME.search(plain) or AMOUNT.search(plain) or _is_thing(plain)
            return abs(value) < LARGEST or bool(known)
        if value in ANSWERS or EXACT.fullmatch(value):
            return True
        return bool(
            (TIME.search(plain) and MOMENT.fullmatch(value))
            or (STATE.search(plain) and CONSTANT.fullmatch(value))
            or (FAILURE.search(plain) and CODE.fullmatch(value))
            or (AMOUNT.search(plain) and NUMBER.fullmatch(value))
            or (_is_thing(plain) and NAME.fullmatch(value))
        )


def _is_thing(plain: str) -> bool:
    """Return whether a name identifies an order, a merchant or another numbered object."""
    return (
        plain in IDENTIFIERS
        or MERCHANT.search(plain) is not None
        or APP.search(plain) is not None
        or THING.search(plain) is not None
    )
