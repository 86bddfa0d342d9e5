"""Builds the call of a refund from a few members, without I/O."""

from __future__ import annotations

from typing import Any, TypedDict

from ...utils.display import represented
from ...utils.exceptions import ConfigurationError
from ...utils.translation import _

__all__ = ["REFUNDS", "Refund", "body_of_refund"]

REFUNDS = "v3/refund/domestic/refunds"
OPTIONAL = ("out_trade_no", "transaction_id", "sub_mchid", "reason")


class Needed(TypedDict):
    """The required members of a refund."""

    out_refund_no: str
    total: int


class Refund(Needed, total=False):
    """The arguments of `Outbox.refund`; amounts in fen."""

    refund: int
    out_trade_no: str
    transaction_id: str
    sub_mchid: str
    reason: str
    notify_url: str | None
    currency: str
    mchid: str | None


def body_of_refund(given: Refund, notify_url: str | None) -> dict[str, Any]:
    """Return the value sent as `json=`.

    Args:
        given: the members of a refund.
        notify_url: the client's notification URL, used if the refund has none.

    Raises:
        ConfigurationError: a member is missing, unknown or invalid.
    """
    wrong = sorted(given.keys() - Refund.__annotations__.keys())
    missing = sorted(Refund.__required_keys__ - given.keys())
    if wrong or missing:
        if wrong:
            problem = _("{name} is not a field of a refund", name=wrong[0])
        else:
            problem = _("{name} is missing", name=missing[0])
        raise ConfigurationError(
            _(
                "a refund accepts {annotations}: {problem}",
                annotations=", ".join(Refund.__annotations__),
                problem=problem,
            )
        )
    if ("out_trade_no" in given) == ("transaction_id" in given):
        raise ConfigurationError(_("a refund needs out_trade_no or transaction_id of the order"))
    refund, total = given.get("refund", given["total"]), given["total"]
    for name, amount in (("refund", refund), ("total", total)):
        if isinstance(amount, bool) or not isinstance(amount, int):
            raise ConfigurationError(
                _(
                    "{name}={represented}: expected fen as an int",
                    name=name,
                    represented=represented(amount),
                )
            )
    if not 0 < refund <= total:
        raise ConfigurationError(
            _(
                "refund={refund}: expected 1 fen to the total of {total}",
                refund=refund,
                total=total,
            )
        )
    address = given.get("notify_url") or notify_url
    return {
        **{name: value for name, value in given.items() if name in OPTIONAL},
        "out_refund_no": given["out_refund_no"],
        **({"notify_url": address} if address else {}),
        "amount": {"refund": refund, "total": total, "currency": given.get("currency", "CNY")},
    }
