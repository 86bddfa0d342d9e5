"""The operations that the gateway simulates, a folder per product; each is one small function.

    @operation("GET", "v3/refund/domestic/refunds/{out_refund_no}")
    def refund(call: Call) -> dict[str, Any]: ...

It returns the response's members (None for a response without a body) or raises `Rejection`. A new
module goes into the imports below and into `MODULES`.
"""

from .bills import downloads
from .certificates import v3 as certificates
from .complaints import v3 as complaints
from .face import v3 as face
from .media import v3 as media
from .payments import combined
from .payments import v2 as payments_v2
from .payments import v3 as payments
from .refunds import v2 as refunds_v2
from .refunds import v3 as refunds
from .registry import Found, find, operation
from .sharing import returns
from .sharing import v3 as sharing
from .transfers import v3 as transfers

__all__ = ["MODULES", "Found", "find", "operation"]

MODULES = (
    certificates,
    combined,
    complaints,
    downloads,
    face,
    media,
    payments,
    payments_v2,
    refunds,
    refunds_v2,
    returns,
    sharing,
    transfers,
)
"""Imported, each adds its operations to the registry."""
