"""The products that a merchant can have permission for, and their operations."""

from __future__ import annotations

from collections.abc import Iterable

from ...utils.display import represented
from ...utils.translation import _

__all__ = ["PERMISSIONS", "permission_of", "permissions_of"]

PERMISSIONS: dict[str, tuple[str, ...]] = {
    "payments": (
        *("v3/pay/", "v3/transactions/", "v2/pay/unifiedorder", "v2/pay/micropay"),
        *("v2/pay/facepay", "v2/deposit/"),
    ),
    "combined": ("v3/combine-transactions/", "v2/pay/combinedorder"),
    "refunds": ("v3/refund/", "v3/ecommerce/refunds/", "v3/refunds", "v2/secapi/pay/refund"),
    "profitsharing": (
        *("v3/profitsharing/", "v3/ecommerce/profitsharing/", "v3/brand/profitsharing/"),
        *("v2/pay/profitsharing", "v2/secapi/pay/profitsharing"),
    ),
    "transfers": (
        *("v3/fund-app/", "v3/transfer/", "v3/ecommerce/mch-transfer/", "v3/partner-transfer/"),
        "v3/transfer-detail/",
        *("v3/platsolution/mch-transfer/", "v3/platsolution/insurance/mch-transfer/"),
        *("v2/mmpaymkttransfers/promotion/", "v2/mmpaymkttransfers/gettransferinfo"),
        "v2/mmpaysptrans/",
    ),
    "payscore": ("v3/payscore/",),
    "papay": (
        *("v3/papay/", "v3/partner-papay/", "v3/password-exempt-contract/"),
        *("v3/ecommerce/combine-papay/", "v2/papay/", "v2/pay/contractorder"),
        *("v2/pay/pappayapply", "v2/pay/partner/pappayapply"),
    ),
    "coupons": (
        *("v3/marketing/", "v2/mmpaymkttransfers/send_coupon"),
        *("v2/mmpaymkttransfers/query_coupon_stock", "v2/mmpaymkttransfers/querycouponsinfo"),
    ),
    "red-packets": (
        *("v2/mmpaymkttransfers/sendredpack", "v2/mmpaymkttransfers/sendgroupredpack"),
        *("v2/mmpaymkttransfers/sendminiprogramhb", "v2/mmpaymkttransfers/sendworkwxredpack"),
        *("v2/mmpaymkttransfers/gethbinfo", "v2/mmpaymkttransfers/queryworkwxredpack"),
    ),
    "complaints": ("v3/merchant-service/",),
    "applyments": ("v3/applyment4sub/", "v3/apply4sub/", "v3/ecommerce/applyments"),
    "face": ("v3/offlineface", "v2/face/"),
}
"""Each permission, with the path prefixes of its operations. Operations without a permission, such
as certificates, bills and queries of APIv2, are available to every merchant."""


def permission_of(path: str) -> str:
    """Return the permission that an operation requires, or an empty string.

    Args:
        path: path of the operation in the catalogue.
    """
    found = (
        (len(start), name)
        for name, starts in PERMISSIONS.items()
        for start in starts
        if path.startswith(start)
    )
    return max(found, default=(0, ""))[1]


def permissions_of(names: Iterable[str]) -> frozenset[str]:
    """Return the permissions with these names.

    Raises:
        ValueError: a permission does not exist.
    """
    given = frozenset((names,) if isinstance(names, str) else names)
    for name in given:
        if name not in PERMISSIONS:
            raise ValueError(
                _(
                    "permission {name}: expected one of {expected}",
                    name=represented(name),
                    expected=", ".join(PERMISSIONS),
                )
            )
    return given
