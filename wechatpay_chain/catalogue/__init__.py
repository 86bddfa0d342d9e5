"""The catalogue: all operations and notifications of WeChat Pay's public API, as data.

    from wechatpay_chain import catalogue

    catalogue.find("GET", "v3/pay/transactions/id/42").title   # 微信支付订单号查询
    catalogue.search("退款")                                    # the best match first
    catalogue.document()                                       # one OpenAPI 3.1 document of all

The OpenAPI documents in this folder are the source; `README.md` next to them explains how to
correct one. Documents are read on demand. By default, the client uses the catalogue only to reject
fractions where WeChat Pay requires integers; all other requests are sent as they are.
"""

from __future__ import annotations

from .documents import document, products
from .explanations import Explanation, explain
from .operation import ErrorCode, Number, Operation, Reason, Variant, Webhook
from .registry import find, operations, reason, search, suggest, webhook, webhooks
from .schema import Member
from .tree import Node, node, paths

__all__ = [
    "ErrorCode",
    "Explanation",
    "Member",
    "Node",
    "Number",
    "Operation",
    "Reason",
    "Variant",
    "Webhook",
    "document",
    "explain",
    "find",
    "node",
    "operations",
    "paths",
    "products",
    "reason",
    "search",
    "suggest",
    "webhook",
    "webhooks",
]
