"""All operations that move money, in any order, with faults in between: the ledger is consistent.

`test_money.py` compares payments, refunds, sharing and transfers with a model. Here are the rules
of every product, and each ledger is checked after each step.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

from tests.gateway.books.busifavor import BusifavorRules
from tests.gateway.books.combined import CombinedRules
from tests.gateway.books.coupons import CouponRules
from tests.gateway.books.deposits import DepositRules
from tests.gateway.books.ecommerce import EcommerceRules
from tests.gateway.books.papay import PapayRules
from tests.gateway.books.payment_codes import PaymentCodeRules
from tests.gateway.books.payscore import PayScoreRules
from tests.gateway.books.red_packets import PayoutRules, RedPacketRules
from tests.gateway.books.refunds import RefundRules
from tests.gateway.books.sharing import SharingRules
from tests.gateway.books.transfers import TransferRules


class Books(
    BusifavorRules,
    CombinedRules,
    CouponRules,
    DepositRules,
    PapayRules,
    PayScoreRules,
    PaymentCodeRules,
    EcommerceRules,
    PayoutRules,
    RedPacketRules,
    RefundRules,
    SharingRules,
    TransferRules,
):
    """The rules of all products."""


TestBooks = Books.TestCase
TestBooks.settings = settings(
    max_examples=20,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
