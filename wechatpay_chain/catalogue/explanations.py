"""Explains WeChat Pay's errors and their remedies, by error number, or else by code.

`explanations.tsv` has one line per meaning; `README.md` next to it explains how to add one. The
file is read when the first error is explained.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import NamedTuple

from ..messages.identifiers import IDENTIFIERS

__all__ = ["Explanation", "explain", "explanations"]

SUB_MERCHANT = ("sub_mchid", "sub_mch_id")
MERCHANT = ("mchid", "mch_id", "sp_mchid", *SUB_MERCHANT)
MEMBERS = {
    "appid": ("appid", "sp_appid", "sub_appid", *MERCHANT),
    "bill": ("bill_date", "bill_type"),
    "coupon": ("coupon_id", "stock_id", "out_request_no"),
    "merchant": MERCHANT,
    "number": tuple(sorted(IDENTIFIERS)),
    "order": ("out_trade_no", "combine_out_trade_no", "transaction_id"),
    "refund": ("out_refund_no", "refund_id"),
    "sub_merchant": SUB_MERCHANT,
}
"""The members for each name in the file's second column; none of them is a secret."""


class Explanation(NamedTuple):
    """One meaning of an error.

    Attributes:
        meaning: the cause, as a clause: `the order is already paid`.
        action: the remedy, in the imperative.
        members: names of the affected request members.
        zh: meaning and action in Chinese.
    """

    meaning: str
    action: str
    members: tuple[str, ...] = ()
    zh: str = ""


def explain(code: str, number: int | None = None) -> Explanation | None:
    """Return the explanation of an error, or None if neither its number nor its code is known.

    The number takes precedence because it is more specific than the code.

    Args:
        code: WeChat Pay's error code, such as `ORDER_CLOSED`.
        number: WeChat Pay's error number, `APIError.number`.
    """
    known = explanations()
    return known.get(f"{code}/{number}") or known.get(str(number)) or known.get(code)


@cache
def explanations() -> dict[str, Explanation]:
    """Return all explanations, by code (`ORDER_CLOSED`), by number (`268449538`), or by both.

    In `PARAM_ERROR/268435462`, the number applies only together with the code.
    """
    text = files(__package__).joinpath("explanations.tsv").read_text("utf-8")
    found = {}
    for line in text.splitlines()[1:]:
        keys, shows, meaning, action, zh = line.split("\t")
        members = tuple(name for group in shows.split() for name in MEMBERS[group])
        found.update(dict.fromkeys(keys.split(), Explanation(meaning, action, members, zh)))
    return found
