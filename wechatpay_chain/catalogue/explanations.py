"""What an error of WeChat Pay means, and what to do about it: by its number, else by its code.

`explanations.tsv` has a line for each meaning; `README.md` beside it says how to add one. The file
is read when the first error is explained.
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
"""The members that a name in the file's second column stands for; none of them is a secret."""


class Explanation(NamedTuple):
    """One meaning of an error.

    Attributes:
        meaning: what was wrong, as a clause: `the order is already paid`.
        action: what to do, in the imperative.
        members: names of the request's members whose values matter.
        zh: meaning and action in Chinese.
    """

    meaning: str
    action: str
    members: tuple[str, ...] = ()
    zh: str = ""


def explain(code: str, number: int | None = None) -> Explanation | None:
    """What an error means; None where neither its number nor its code is known.

    The number is more precise than the code, so it counts first.

    Args:
        code: WeChat Pay's error code, such as `ORDER_CLOSED`.
        number: WeChat Pay's error number, `APIError.number`.
    """
    known = explanations()
    return known.get(f"{code}/{number}") or known.get(str(number)) or known.get(code)


@cache
def explanations() -> dict[str, Explanation]:
    """All explanations, by code (`ORDER_CLOSED`), by number (`268449538`), or by both.

    `PARAM_ERROR/268435462` is both: the number counts with this code only.
    """
    text = files(__package__).joinpath("explanations.tsv").read_text("utf-8")
    found = {}
    for line in text.splitlines()[1:]:
        keys, shows, meaning, action, zh = line.split("\t")
        members = tuple(name for group in shows.split() for name in MEMBERS[group])
        found.update(dict.fromkeys(keys.split(), Explanation(meaning, action, members, zh)))
    return found
