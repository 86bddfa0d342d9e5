"""The operations that return bills, and their parameters, as data.

Sources: https://pay.weixin.qq.com/doc/v3/merchant/4013071227 (trade bills),
https://pay.weixin.qq.com/doc/v3/merchant/4013071235 (fund flow),
https://pay.weixin.qq.com/doc/v3/partner/4014314390 (encrypted ones of sub-merchants),
https://pay.weixin.qq.com/doc/v2/merchant/4011939779 (APIv2),
https://pay.weixin.qq.com/wiki/doc/api_external/ch/apis/chapter4_1_34.shtml (statements)
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from ...utils.display import represented
from ...utils.exceptions import ConfigurationError
from ...utils.translation import _

__all__ = ["KINDS", "OPERATIONS", "Form", "Operation", "SubMerchant", "operation"]

NOTHING: Mapping[str, str] = MappingProxyType({})
GZIP: Mapping[str, str] = MappingProxyType({"tar_type": "GZIP"})
ENCRYPTED: Mapping[str, str] = MappingProxyType({**GZIP, "algorithm": "AEAD_AES_256_GCM"})
"""One of WeChat Pay's two algorithms; SM4_GCM is not supported."""

MONTHS = 92
"""Days of three months, the age limit of most bills."""
TRADES = ("ALL", "SUCCESS", "REFUND", "RECHARGE_REFUND")
SPECIAL = ("ALL_SPECIAL", "SUC_SPECIAL", "REF_SPECIAL")
ACCOUNTS = ("BASIC", "OPERATION", "FEES")


class Form(enum.Enum):
    """The form of a bill."""

    ADDRESS = "an address and a digest, then the file"
    PARTS = "a list of addresses, keys and digests, then encrypted files"
    FILE = "the file at once"


class SubMerchant(enum.Enum):
    """Whether an operation takes a sub-merchant ID."""

    NONE = "no"
    OPTIONAL = "optional"
    REQUIRED = "required"


class Operation(NamedTuple):
    """An operation that returns a bill.

    Attributes:
        kind: the kind, as in `BillFile.kind`.
        api: `v3`, `v2`, `global` or `hk`.
        path: the path, as written in a chain.
        form: the form of the bill.
        types: the available types, the default first; empty for a kind with only one.
        type_parameter: the parameter with the type.
        sub_mchid: whether it takes a sub-merchant.
        fixed: further, constant parameters.
        oldest: maximum age in days; 0 for no limit.
    """

    kind: str
    api: str
    path: str
    form: Form
    types: tuple[str, ...] = ()
    type_parameter: str = ""
    sub_mchid: SubMerchant = SubMerchant.OPTIONAL
    fixed: Mapping[str, str] = GZIP
    oldest: int = MONTHS


OPERATIONS = (
    Operation("trade", "v3", "v3/bill/tradebill", Form.ADDRESS, TRADES + SPECIAL, "bill_type"),
    Operation("trade", "v2", "v2/pay/downloadbill", Form.FILE, TRADES, "bill_type"),
    Operation("fund_flow", "v3", "v3/bill/fundflowbill", Form.ADDRESS, ACCOUNTS, "account_type"),
    Operation(
        "fund_flow",
        "v2",
        "v2/pay/downloadfundflow",
        Form.FILE,
        ACCOUNTS,
        "account_type",
        SubMerchant.NONE,
        MappingProxyType({**GZIP, "sign_type": "HMAC-SHA256"}),
        oldest=0,
    ),
    Operation("profit_sharing", "v3", "v3/profitsharing/bills", Form.ADDRESS),
    Operation(
        "sub_merchant_fund_flow",
        "v3",
        "v3/bill/sub-merchant-fundflowbill",
        Form.PARTS,
        (*ACCOUNTS, "DEPOSIT"),
        "account_type",
        SubMerchant.REQUIRED,
        ENCRYPTED,
    ),
    Operation(
        "ecommerce_fund_flow",
        "v3",
        "v3/ecommerce/bill/fundflowbill",
        Form.PARTS,
        ("ALL",),
        "account_type",
        SubMerchant.NONE,
        ENCRYPTED,
    ),
    Operation(
        "withdraw",
        "v3",
        "v3/merchant/fund/withdraw/bill-type/{bill_type}",
        Form.ADDRESS,
        ("NO_SUCC",),
        "bill_type",
        SubMerchant.NONE,
    ),
    Operation(
        "funds_to_oversea",
        "v3",
        "v3/funds-to-oversea/bill-download-url",
        Form.ADDRESS,
        fixed=NOTHING,
    ),
    Operation("statement", "global", "v3/global/statements", Form.FILE, fixed=NOTHING, oldest=180),
    Operation(
        "statement",
        "hk",
        "hk/v3/statements",
        Form.FILE,
        sub_mchid=SubMerchant.NONE,
        fixed=NOTHING,
        oldest=180,
    ),
)

KINDS = tuple(dict.fromkeys(each.kind for each in OPERATIONS))


def operation(kind: str, api: str | None = None) -> Operation:
    """Return the operation for a kind of bill.

    Args:
        kind: one of `KINDS`.
        api: the API; None selects the first with this kind.

    Raises:
        ConfigurationError: the kind does not exist, or not in that API.
    """
    found = [each for each in OPERATIONS if each.kind == kind]
    if not found:
        raise ConfigurationError(
            _(
                "kind={represented}: expected one of {kinds}",
                represented=represented(kind),
                kinds=", ".join(KINDS),
            )
        )
    for each in found:
        if api in (None, each.api):
            return each
    names = " or ".join(repr(each.api) for each in found)
    raise ConfigurationError(
        _(
            "api={represented}: bills of kind {kind!r} are available from {names}",
            represented=represented(api),
            kind=kind,
            names=names,
        )
    )
