"""Finds the identifiers of an order, refund, transfer or contract in a path or query.

They identify the object of a call: a response with another identifier belongs to another call.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import Any
from urllib.parse import unquote, unquote_plus

__all__ = ["IDENTIFIERS", "in_path", "in_query"]

IDENTIFIERS = frozenset(
    {
        "batch_id",
        "combine_out_trade_no",
        "combine_transaction_id",
        "contract_code",
        "detail_id",
        "mch_billno",
        "order_id",
        "out_apply_no",
        "out_authorization_no",
        "out_batch_no",
        "out_bill_no",
        "out_contract_code",
        "out_detail_no",
        "out_order_no",
        "out_recharge_no",
        "out_refund_no",
        "out_request_no",
        "out_return_no",
        "out_settle_batch_no",
        "out_trade_no",
        "out_transfer_no",
        "partner_trade_no",
        "refund_id",
        "settle_batch_no",
        "transaction_id",
        "transfer_bill_no",
        "withdraw_id",
    }
)

BY_SEGMENT = {name.replace("_", "-"): name for name in IDENTIFIERS}
"""Segments that name the identifier after them: `out-trade-no/{out_trade_no}`."""

TEMPLATES = """
v3/aggracct-bc/wb-channel/special-reduction/{out_request_no}
v3/brand/profitsharing/orders/{transaction_id}/amounts
v3/combine-transactions/id/{combine_transaction_id}
v3/combine-transactions/out-trade-no/{combine_out_trade_no}
v3/credit-repayment/partner/contracts/{out_contract_code}
v3/credit-repayment/partner/deduct-orders/{out_trade_no}
v3/discount-card/orders/{out_order_no}
v3/ebike/charge/transactions/id/{transaction_id}
v3/ecommerce/combine-papay/transactions/{combine_out_trade_no}
v3/ecommerce/fund/withdraw/{withdraw_id}
v3/ecommerce/profitsharing/orders/{transaction_id}/amounts
v3/ecommerce/refunds/id/{refund_id}
v3/ecommerce/refunds/{refund_id}/apply-abnormal-refund
v3/ecommerce/refunds/{refund_id}/return-advance
v3/edu-papay/transactions/id/{transaction_id}
v3/eduschoolpay/transactions/id/{transaction_id}
v3/fund-app/brand-redpacket/brand-merchant-out-batches/{out_batch_no}
v3/fund-app/brand-redpacket/brand-merchant-out-batches/{out_batch_no}/out-details/{out_detail_no}
v3/fund-app/mch-transfer/partner/electronic-receipts/{out_bill_no}
v3/fund-app/mch-transfer/partner/user-confirm-authorizations/{out_authorization_no}
v3/fund-app/mch-transfer/partner/user-confirm-authorizations/{out_authorization_no}/close
v3/fund-app/mch-transfer/transfer-to-qq-wallet-bills/{out_bill_no}
v3/fund-app/mch-transfer/transfer-to-qq-wallet-bills/{out_bill_no}/cancel
v3/funds-to-oversea/transactions/{transaction_id}/available_abroad_amounts
v3/global/papay/transactions/{transaction_id}
v3/global/profit-sharing/orders/unfreeze
v3/global/profit-sharing/orders/{out_order_no}
v3/global/profit-sharing/transactions/{transaction_id}/amounts
v3/global/profit-sharing/transactions/{transaction_id}/refundable-amounts
v3/hire-power-bank/insurance-orders/{out_order_no}
v3/merchant-service/complaints/{transaction_id}
v3/pay-devices/open-scenario-speakerorder/{transaction_id}/report
v3/pay/partner/transactions/id/{transaction_id}
v3/pay/transactions/id/{transaction_id}
v3/payscore/partner/service-account-applications/{out_apply_no}
v3/payscore/payafter-orders/{out_order_no}/cancel
v3/payscore/payafter-orders/{out_order_no}/complete
v3/payscore/payafter-orders/{out_order_no}/sync
v3/payscore/serviceorder/{out_order_no}/cancel
v3/payscore/serviceorder/{out_order_no}/complete
v3/payscore/serviceorder/{out_order_no}/modify
v3/payscore/serviceorder/{out_order_no}/pay
v3/payscore/serviceorder/{out_order_no}/sync
v3/payscore/smartretail-orders/{out_order_no}/cancel
v3/payscore/smartretail-orders/{out_order_no}/complete
v3/platsolution/ecommerce/mch-transfer/deposit-insurance-premiums-compensation-bills/{out_bill_no}
v3/platsolution/ecommerce/mch-transfer/sub-mch-compensation-bills/{out_bill_no}
v3/platsolution/ecommerce/settle/prepay-settle-orders/{settle_batch_no}
v3/platsolution/ecommerce/settle/prepay-settle-orders/{settle_batch_no}/apply-abnormal-settle
v3/profitsharing/orders/unfreeze
v3/profitsharing/orders/{out_order_no}
v3/profitsharing/return-orders/{out_return_no}
v3/profitsharing/transactions/{transaction_id}/amounts
v3/refund/domestic/refunds/{out_refund_no}
v3/refund/domestic/refunds/{refund_id}/apply-abnormal-refund
v3/repayment/combine-transactions/partner/out-trade-no/{combine_out_trade_no}
v3/transfer/bill-receipt/{out_batch_no}
v3/vehicle/etc/transactions/id/{transaction_id}
v3/webizpay/stores/entity-matches/{batch_id}
"""
"""Catalogue paths in which no such segment precedes an identifier, and paths that could be
mistaken for them."""

VARIABLE = "{}"
NAMES = "names"


def in_path(path: str) -> dict[str, str]:
    """Return the identifiers in a path, by name.

    Args:
        path: an expanded, percent-encoded path: `/v3/refund/domestic/refunds/1217752501`.
    """
    segments = path.strip("/").split("/")
    if "" in segments:  # a server may read `//` as a single slash
        segments = [segment for segment in segments if segment]
    if "%" in path:
        segments = [unquote(segment) for segment in segments]
    return dict(_by_template(segments) or _by_segment(segments))


def in_query(query: str) -> dict[str, str]:
    """Return the identifiers in a query, by name.

    Args:
        query: percent-encoded: `mchid=1900000109&out_order_no=1234`. A name with two different
            values identifies nothing.
    """
    found: dict[str, str] = {}
    if "_" not in query and "%5" not in query:  # identifiers contain one; most queries do not
        return found
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        name, value = unquote(name) if "%" in name else name, unquote_plus(value)
        if name in IDENTIFIERS:
            found[name] = value if found.get(name, value) == value else ""
    return found


def _by_segment(segments: list[str]) -> list[tuple[str, str]]:
    return [
        (BY_SEGMENT[segment], value)
        for segment, value in pairwise(segments)
        if segment in BY_SEGMENT
    ]


def _by_template(segments: list[str]) -> list[tuple[str, str]]:
    """Return names and values from the matching template; empty if none matches."""
    node: Any = _tree()
    for segment in segments:
        node = node.get(segment) or node.get(VARIABLE)
        if node is None:
            return []
    return [(name, segments[place]) for place, name in node.get(NAMES, ())]


@cache
def _tree() -> dict[str, Any]:
    """Return the templates as a tree of segments."""
    tree: dict[str, Any] = {}
    for template in TEMPLATES.split():
        node = tree
        names = []
        for place, segment in enumerate(template.split("/")):
            is_variable = segment.startswith("{")
            if is_variable and segment[1:-1] in IDENTIFIERS:
                names.append((place, segment[1:-1]))
            node = node.setdefault(VARIABLE if is_variable else segment, {})
        node[NAMES] = names
    return tree
