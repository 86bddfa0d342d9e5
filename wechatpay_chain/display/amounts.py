"""Finds the amounts in a body, and converts them to yuan.

WeChat Pay uses integers in fen; APIv2 writes them as text. Amounts in other currencies have their
own units, and are displayed unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..catalogue.schema import Member

__all__ = ["amount", "currency_of"]

NAMED = re.compile("(?:^|_)(?:amount|amt|fee)$")
ALONE = frozenset(
    {
        *("total", "payer_total", "settlement_total", "discount_refund"),
        *("refund", "payer_refund", "settlement_refund"),
    }
)
"""Names that mean an amount next to a currency, and a quantity elsewhere."""
MONEY = ("金额", "余额", "面额", "费用", "单价", "原价")
NO_FEN = ("积分", "外币")
"""Parts of titles: of members that are in fen (`MONEY`), and of members that are not."""
COUNTED = re.compile(r"(?:_\d+)+$")
DIGITS = re.compile("-?[0-9]{1,18}", re.ASCII)
NUMBERS = ("integer", "number", "any")
CNY = "CNY"


def amount(name: str, value: Any, member: Member | None, beside: Mapping[str, Any]) -> int | None:
    """Return the fen of a member that is an amount, or None for other members.

    Args:
        name: the name of the member.
        value: the value of the member.
        member: the catalogue's member, or None if it is unknown.
        beside: the object that contains it.
    """
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    if isinstance(value, str) and DIGITS.fullmatch(value) is None:
        return None
    named = COUNTED.sub("", name)
    if member is None:
        is_money = bool(NAMED.search(named)) or (named in ALONE and "currency" in beside)
    else:
        is_fen = member.type in NUMBERS and not _has(member.title, NO_FEN)
        is_money = is_fen and (NAMED.search(named) is not None or _has(member.title, MONEY))
    return int(value) if is_money else None


def _has(title: str, parts: Iterable[str]) -> bool:
    return any(part in title for part in parts)


def currency_of(name: str, beside: Mapping[str, Any]) -> str:
    """Return the currency of an amount: the one in the object, or CNY.

    Args:
        name: the name of the amount.
        beside: the object that contains it.
    """
    kind = name.partition("_")[0]
    names = (f"{kind}_currency", f"{kind}_fee_type", "currency", "fee_type")
    found = next((beside[each] for each in names if isinstance(beside.get(each), str)), CNY)
    return found or CNY
