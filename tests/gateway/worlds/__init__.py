"""Records of every kind for the wall between merchants, a module for each product.

A module has `populate(world)`, which makes the records of its product through the API.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.gateway.worlds import (
    applyments,
    brand_sharing,
    busifavor,
    complaints,
    coupons,
    deposits,
    ecommerce,
    papay,
    payment_codes,
    payscore,
    red_packets,
    sharing_v2,
    transfers,
)

if TYPE_CHECKING:
    from tests.gateway.wall import World

__all__ = ["POPULATE"]

POPULATE: tuple[Callable[[World], None], ...] = (
    applyments.populate,
    brand_sharing.populate,
    busifavor.populate,
    complaints.populate,
    coupons.populate,
    deposits.populate,
    ecommerce.populate,
    papay.populate,
    payment_codes.populate,
    payscore.populate,
    red_packets.populate,
    sharing_v2.populate,
    transfers.populate,
)
"""Make the records of the products; `wall.populate` makes those of payments, refunds, face, …"""
