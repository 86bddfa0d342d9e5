"""Which members of a body are money, and what it is in yuan.

WeChat Pay counts in fen, as whole numbers; APIv2 writes them as text. Amounts of another currency
are in a unit of their own, and are shown as they are.
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
"""Names that mean money beside a currency, and a number of things elsewhere."""
MONEY = ("金额", "余额", "面额", "费用", "单价", "原价")
NO_FEN = ("积分", "外币")
"""Parts of titles: of members that are in fen, and of those that are not."""
COUNTED = re.compile(r"(?:_\d+)+$")
DIGITS = re.compile("-?[0-9]{1,18}", re.ASCII)
NUMBERS = ("integer", "number", "any")
CNY = "CNY"


def amount(name: str, value: Any, member: Member | None, beside: Mapping[str, Any]) -> int | None:
    """The fen of a member that is money; None of any other.

    Args:
        name: of the member.
        value: of the member.
        member: as the catalogue has it; None where it does not have it.
        beside: the object that it is in.
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
    """The currency of an amount: what the object says, or CNY.

    Args:
        name: of the amount.
        beside: the object that it is in.
    """
    kind = name.partition("_")[0]
    names = (f"{kind}_currency", f"{kind}_fee_type", "currency", "fee_type")
    found = next((beside[each] for each in names if isinstance(beside.get(each), str)), CNY)
    return found or CNY
