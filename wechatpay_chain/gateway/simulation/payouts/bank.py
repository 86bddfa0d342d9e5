"""Payments to bank accounts with an encrypted number and owner, and the encryption key.

Sources: https://pay.weixin.qq.com/wiki/doc/api/tools/mch_pay_yhk.php?chapter=24_2 (pay),
https://pay.weixin.qq.com/wiki/doc/api/tools/mch_pay_yhk.php?chapter=24_3 (query),
https://pay.weixin.qq.com/wiki/doc/api/tools/mch_pay_yhk.php?chapter=24_7 (the key)
"""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ....crypto import digest, rsa
from ....utils.exceptions import DecryptionError
from ...call import Call
from ...messages.exchange import Rejection
from .. import checks
from ..registry import operation
from . import records
from .records import Payout

__all__ = ["pay", "public_key", "query"]

LEAST_FEE, MOST_FEE = 100, 2_500
"""Minimum and maximum fee in fen; the fee is a thousandth of the amount."""
PRODUCT = "bank"


@operation("POST", "v2/risk/getpublickey")
def public_key(call: Call) -> dict[str, Any]:
    """Return the encryption key for account numbers and names, in PKCS#1 format."""
    checks.accepted(call)
    key = call.state.identity.platform_key.public_key()
    return {
        "mch_id": call.state.mchid,
        "pub_key": key.public_bytes(Encoding.PEM, PublicFormat.PKCS1).decode(),
    }


@operation("POST", "v2/mmpaysptrans/pay_bank")
def pay(call: Call) -> dict[str, Any]:
    """Pay to a bank account; the money arrives after a while."""
    checks.accepted(call)
    data = call.data
    number = checks.number(
        data["partner_trade_no"], "/partner_trade_no", shortest=8, longest=32, signs=checks.LETTERS
    )
    digests = {
        "bank_no_md5": digest.md5(_plaintext(call, "enc_bank_no")),
        "true_name_md5": digest.md5(_plaintext(call, "enc_true_name")),
    }
    amount = checks.v2_fen(call, "amount")
    content = checks.fingerprint(
        {name: value for name, value in data.items() if not name.startswith("enc_")} | digests
    )
    about = {
        "product": PRODUCT,
        "amount": amount,
        "fee": min(max(amount // 1000, LEAST_FEE), MOST_FEE),
        "bank_code": data["bank_code"],
        "desc": checks.v2_text(call, "desc"),
        **digests,
    }
    return _paid(call, records.pay(call.state, number, content, about))


def _plaintext(call: Call, name: str) -> str:
    """Decrypt a member; only its digest is stored or returned."""
    try:
        return rsa.decrypt(checks.v2_text(call, name), call.state.identity.platform_key)
    except DecryptionError:
        issue = "cannot be decrypted with the key of risk/getpublickey"
        raise Rejection.parameter(name, "***", issue) from None


def _paid(call: Call, payout: Payout) -> dict[str, Any]:
    return {
        "mch_id": call.state.mchid,
        "partner_trade_no": payout["partner_trade_no"],
        "payment_no": payout["payment_no"],
        "amount": payout["amount"],
        "cmms_amt": payout["fee"],
    }


@operation("POST", "v2/mmpaysptrans/query_bank")
def query(call: Call) -> dict[str, Any]:
    """Return a payment to a bank account."""
    checks.accepted(call)
    number, clock = checks.v2_text(call, "partner_trade_no"), call.state.clock
    payout = records.existing(call.state, number, PRODUCT, "ORDERNOTEXIST")
    view = {
        **_paid(call, payout),
        "bank_no_md5": payout["bank_no_md5"],
        "true_name_md5": payout["true_name_md5"],
        "status": payout["state"],
        "create_time": clock.spaced(payout["created"]),
    }
    if payout["state"] == records.SUCCESS:
        view["pay_succ_time"] = clock.spaced(payout["settles"])
    return view | ({"reason": payout["reason"]} if payout["reason"] else {})
