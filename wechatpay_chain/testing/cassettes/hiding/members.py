"""Which members of a message may stand in a cassette as they are.

What is not known to be harmless is replaced. So a member that WeChat Pay adds tomorrow is replaced
until somebody lists it, and nothing personal is kept because nobody thought of it.
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
"""Names that are never kept, whatever they end in."""
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
"""Of a thing: nothing that a person has written for people."""
ANSWERS = frozenset({"Y", "N", "YES", "NO", "true", "false", "TRUE", "FALSE", "SUCCESS", "FAIL"})
CANNED = frozenset(
    {"return_msg", "err_code_des", "error_code_des", "trade_state_desc", "trade_state_des"}
)
"""Texts that WeChat Pay writes, and that say what has happened."""
LARGEST = 10**9
"""An integer that may be an amount, a count or a moment, whatever it is called."""


def plain_name(name: str) -> str:
    """A member's name in lower case, without the number that APIv2 counts with.

    Args:
        name: `coupon_id_0`, say.
    """
    return COUNTED.sub("", name).lower()


def is_merchant(name: str) -> bool:
    """Whether a member has a merchant's number, by its plain name."""
    return MERCHANT.search(name) is not None


def is_app(name: str) -> bool:
    """Whether a member has an appid, by its plain name."""
    return APP.search(name) is not None


class Rules:
    """What is kept of a message.

    Args:
        keep: names of members that are kept, whatever they are.
        hide: names of members that are replaced.
    """

    def __init__(self, keep: Collection[str], hide: Collection[str]) -> None:
        self._keep = frozenset(keep)
        self._hide = frozenset(hide)

    def wants(self, name: str) -> bool:
        """Whether somebody asked for a member to be kept."""
        return name in self._keep

    def rejects(self, name: str) -> bool:
        """Whether a member is replaced whatever its value is."""
        if name in self._keep:
            return False
        plain = plain_name(name)
        return name in self._hide or (
            PERSONAL.search(plain) is not None and SIGN.search(plain) is None
        )

    def is_canned(self, name: str) -> bool:
        """Whether a member has a text of WeChat Pay's, which may quote what was sent."""
        return name in CANNED and name not in self._hide

    def keeps(self, name: str, value: Any) -> bool:
        """Whether a member may stand as it is.

        Args:
            name: of the member.
            value: text, a number, a truth value, or None.
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
    """Whether a name is that of an order, a merchant or another thing with a number."""
    return (
        plain in IDENTIFIERS
        or MERCHANT.search(plain) is not None
        or APP.search(plain) is not None
        or THING.search(plain) is not None
    )
