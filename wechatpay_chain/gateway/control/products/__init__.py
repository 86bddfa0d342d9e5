"""The controls of each product, as attributes of a gateway and of its merchants.

    gateway.transfers.confirm("T1")
    gateway.merchants["1900000109"].refunds.all()

To add a product, add a module here and a line to `ProductControls`. The control API, the command
line and the console find it there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....utils.display import represented
from ....utils.translation import _
from .applyments import Applyments, SettlementChanges, SubjectApplyments
from .complaints import Complaints
from .contracts import Contracts
from .coupons import BusifavorCoupons, BusifavorStocks, Coupons, CouponStocks
from .descriptions import Control, controls_of
from .ecommerce import (
    Cancellations,
    Closings,
    Compensations,
    Payees,
    ProfitSharing,
    Recharges,
    Withdrawals,
)
from .keys import Keys
from .payment_codes import PaymentCodes
from .payouts import Payouts, RedPackets
from .payscore import PayScore, PayScorePermissions, PayScorePlans
from .product import Attribute, ControlRejected, Label, Product, Scope
from .refunds import Refunds
from .transfers import (
    CharityBudgets,
    SubMerchantAuthorizations,
    TransferAuthorizations,
    TransferBatches,
    TransferReceipts,
    TransferReservations,
    Transfers,
)

__all__ = [
    "PRODUCTS",
    "Control",
    "ControlRejected",
    "Label",
    "Product",
    "ProductControls",
    "Scope",
    "controls_of",
    "perform",
]


class ProductControls:
    """The controls of all products."""

    applyments = Attribute(Applyments)
    busifavor_coupons = Attribute(BusifavorCoupons)
    busifavor_stocks = Attribute(BusifavorStocks)
    cancellations = Attribute(Cancellations)
    charity_budgets = Attribute(CharityBudgets)
    closings = Attribute(Closings)
    compensations = Attribute(Compensations)
    complaints = Attribute(Complaints)
    contracts = Attribute(Contracts)
    coupons = Attribute(Coupons)
    coupon_stocks = Attribute(CouponStocks)
    payees = Attribute(Payees)
    payouts = Attribute(Payouts)
    payscore = Attribute(PayScore)
    payscore_permissions = Attribute(PayScorePermissions)
    payscore_plans = Attribute(PayScorePlans)
    payment_codes = Attribute(PaymentCodes)
    recharges = Attribute(Recharges)
    red_packets = Attribute(RedPackets)
    profit_sharing = Attribute(ProfitSharing)
    keys = Attribute(Keys)
    refunds = Attribute(Refunds)
    settlement_changes = Attribute(SettlementChanges)
    subject_applyments = Attribute(SubjectApplyments)
    sub_merchant_authorizations = Attribute(SubMerchantAuthorizations)
    transfer_authorizations = Attribute(TransferAuthorizations)
    transfer_batches = Attribute(TransferBatches)
    transfer_receipts = Attribute(TransferReceipts)
    transfer_reservations = Attribute(TransferReservations)
    transfers = Attribute(Transfers)
    withdrawals = Attribute(Withdrawals)


PRODUCTS: dict[str, type[Product]] = {
    name: attribute.product
    for name, attribute in vars(ProductControls).items()
    if isinstance(attribute, Attribute)
}
"""The products by attribute name."""


def perform(scope: Scope, name: str, arguments: Mapping[str, Any]) -> Any:
    """Call a control by name, with arguments from JSON.

    Args:
        scope: the gateway, or one of its merchants.
        name: name of the control, such as `transfers.confirm`.
        arguments: arguments by name, including the key.

    Raises:
        LookupError: the control does not exist, or is rejected.
        ValueError: an argument is unknown, missing, or has a wrong type.
    """
    product_name, _dot, control_name = name.partition(".")
    product = PRODUCTS.get(product_name.replace("-", "_"))
    control = None if product is None else controls_of(product).get(control_name.replace("-", "_"))
    if product is None or control is None:
        raise LookupError(_("this gateway has no control {name}", name=represented(name)))
    given, key = dict(arguments), []
    if control.key:
        if not isinstance(given.get(control.key), str):
            raise ValueError(
                _("{name} is missing: {control} requires it", name=control.key, control=name)
            )
        key = [given.pop(control.key)]
    control.check(given)
    return getattr(product(scope), control.name)(*key, **given)
