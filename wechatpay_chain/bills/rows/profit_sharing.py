"""A row of a profit sharing bill for merchants abroad."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from ...display.showing import showing
from .extra import NONE, Extra

if TYPE_CHECKING:
    from ...display.view import View

__all__ = ["ProfitSharingRow"]


@showing
@dataclass(frozen=True, slots=True, kw_only=True)
class ProfitSharingRow:
    """A share of a payment that a receiver got or returned.

    Amounts are in the main unit of their currency, as written in the bill.

    Attributes:
        initiator: the requesting merchant, or `system`.
        sponsor: the merchant who pays the share.
        extra: texts of columns that this version does not know, by heading.
    """

    create_time: datetime.datetime = field(metadata={"column": "create_time"})
    initiator: str | None = field(default=None, metadata={"column": "initiator"})
    sponsor: str | None = field(default=None, metadata={"column": "sponsor"})
    sub_mchid: str | None = field(default=None, metadata={"column": "sub_mchid"})
    transaction_id: str = field(metadata={"column": "transaction_id"})
    order_id: str = field(metadata={"column": "order_id"})
    out_order_no: str | None = field(default=None, metadata={"column": "out_order_no"})
    detail_id: str | None = field(default=None, metadata={"column": "detail_id"})
    receiver_account: str | None = field(
        default=None, repr=False, metadata={"column": "receiver_account"}
    )
    amount: Decimal = field(metadata={"column": "amount"})
    currency: str | None = field(default=None, metadata={"column": "currency"})
    settlement_amount: Decimal | None = field(
        default=None, metadata={"column": "settlement_amount"}
    )
    settlement_currency: str | None = field(
        default=None, metadata={"column": "settlement_currency"}
    )
    exchange_rate: Decimal | None = field(default=None, metadata={"column": "exchange_rate"})
    business_type: str | None = field(default=None, metadata={"column": "business_type"})
    status: str | None = field(default=None, metadata={"column": "status"})
    description: str | None = field(default=None, repr=False, metadata={"column": "description"})
    extra: Extra = field(default=NONE, repr=False)

    def _view_(self) -> View:
        from ..showing import row_view

        return row_view(self, "profit_sharing")
