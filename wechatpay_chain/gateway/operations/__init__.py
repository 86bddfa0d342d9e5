"""The operations that the gateway serves; each is one small function.

    @operation("GET", "v3/refund/domestic/refunds/{out_refund_no}")
    def refund(call: Call) -> dict[str, Any]: ...

It returns the answer's members (None for an answer without a body) or raises `Refusal`. A module
is a product; add a new one to the imports below.
"""

from . import (  # noqa: F401 - they register
    bills,
    certificates,
    combined,
    complaints,
    face,
    media,
    orders,
    orders_v2,
    refunds,
    refunds_v2,
    sharing,
    sharing_returns,
    transfers,
)
from .registry import Found, find, operation

__all__ = ["Found", "find", "operation"]
