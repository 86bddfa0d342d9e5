"""The operations that the gateway serves; each is one small function.

    @operation("GET", "v3/refund/domestic/refunds/{out_refund_no}")
    def refund(call: Call) -> dict[str, Any]: ...

It returns the answer's members (None for an answer without a body) or raises `Refusal`. A module
is a product; add a new one to the imports below.
"""

from . import certificates, face, payments
from .registry import Operation, find, operation

__all__ = ["Operation", "certificates", "face", "find", "operation", "payments"]
