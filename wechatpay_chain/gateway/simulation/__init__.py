"""The simulated operations, in a folder for each product; each operation is one small function.

    @operation("GET", "v3/refund/domestic/refunds/{out_refund_no}")
    def refund(call: Call) -> dict[str, Any]: ...

The function returns the response's members (None for a response without a body) or raises
`Rejection`. A new module must be imported below and added to `MODULES`.
"""

from .accounts import balances, employees
from .accounts import recharges_v3 as recharges
from .accounts import withdrawals_v3 as withdrawals
from .applyments import applyment4sub_v3 as applyment4sub
from .applyments import ecommerce_v3 as ecommerce_applyments
from .applyments import settlements, subject
from .bills import downloads, sealed, statement
from .busifavor import coupons_v3 as busifavor_coupons
from .busifavor import partnerships_v3 as partnerships
from .busifavor import stocks_v3 as busifavor_stocks
from .busifavor import subsidies_v3 as busifavor_subsidies
from .certificates import v3 as certificates
from .complaints import settings as complaint_settings
from .complaints import v1 as complaints_v1
from .complaints import v3 as complaints
from .coupons import callbacks as coupon_callbacks
from .coupons import flows as coupon_flows
from .coupons import users_v3 as user_coupons
from .coupons import v2 as coupons_v2
from .coupons import v3 as coupons
from .deposits import v2 as deposits
from .ecommerce import after_sales, cancellations_v3, closings, insurers, payees, subsidies
from .ecommerce import compensation_v3 as compensation
from .ecommerce import refunds as ecommerce_refunds
from .ecommerce import sharing as ecommerce_sharing
from .face import v3 as face
from .media import v3 as media
from .papay import combined_v3 as papay_combined
from .papay import insurance_v3 as papay_insurance
from .papay import pay_v3 as papay
from .papay import sign_v3 as papay_sign
from .papay import v2 as papay_v2
from .papay import with_contract
from .payments import codepay, combined, combined_v2, micropay
from .payments import v2 as payments_v2
from .payments import v3 as payments
from .payouts import bank as payouts_to_banks
from .payouts import pocket as payouts_to_users
from .payscore import payafter_v3 as payafter
from .payscore import permissions_v3 as payscore_permissions
from .payscore import plans_v3 as payscore_plans
from .payscore import v3 as payscore
from .red_packets import v2 as red_packets
from .refunds import v2 as refunds_v2
from .refunds import v3 as refunds
from .registry import Found, find, operation
from .sharing import brand as brand_sharing
from .sharing import v2 as sharing_v2
from .sharing import v3 as sharing
from .transfers import authorizations_v3, charity_v3, qq_wallet, sub_merchants
from .transfers import v3 as transfers
from .transfers.batches import platform as reserved_transfers
from .transfers.batches import redpackets as brand_redpackets
from .transfers.batches import v3 as transfer_batches
from .transfers.receipts import batches as batch_receipts
from .transfers.receipts import v3 as receipts

__all__ = ["MODULES", "Found", "find", "operation"]

MODULES = (
    applyment4sub,
    ecommerce_applyments,
    settlements,
    subject,
    after_sales,
    cancellations_v3,
    closings,
    compensation,
    balances,
    authorizations_v3,
    batch_receipts,
    brand_redpackets,
    brand_sharing,
    busifavor_coupons,
    busifavor_stocks,
    busifavor_subsidies,
    certificates,
    charity_v3,
    codepay,
    combined,
    combined_v2,
    complaint_settings,
    complaints,
    complaints_v1,
    coupon_callbacks,
    coupon_flows,
    coupons,
    coupons_v2,
    deposits,
    downloads,
    ecommerce_refunds,
    ecommerce_sharing,
    employees,
    face,
    insurers,
    payees,
    media,
    micropay,
    partnerships,
    papay,
    papay_combined,
    papay_insurance,
    papay_sign,
    papay_v2,
    payafter,
    payments,
    payments_v2,
    payouts_to_banks,
    payouts_to_users,
    payscore,
    payscore_permissions,
    payscore_plans,
    qq_wallet,
    receipts,
    recharges,
    red_packets,
    refunds,
    refunds_v2,
    reserved_transfers,
    sealed,
    sharing,
    sharing_v2,
    statement,
    subsidies,
    sub_merchants,
    transfer_batches,
    transfers,
    user_coupons,
    with_contract,
    withdrawals,
)
"""The modules that register their operations when they are imported."""
