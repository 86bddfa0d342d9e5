"""Bills of a day: APIv3's in two steps, with a digest and an address; APIv2's at once.

Unlike WeChat Pay's, which are made the next morning, the bill of today can be had as well, as far
as the day has come.

Sources: https://pay.weixin.qq.com/doc/v3/merchant/4013071227 (trades),
https://pay.weixin.qq.com/doc/v3/merchant/4013071235 (fund flow),
https://pay.weixin.qq.com/doc/v3/merchant/4012084430 (download),
https://pay.weixin.qq.com/doc/v2/partner/4011989905 (APIv2)
"""

from __future__ import annotations

import base64
import datetime
import gzip
import hashlib
from collections.abc import Callable
from typing import Any

from ....crypto import digest
from ....messages import xml
from ...call import Call
from ...messages.exchange import Content, Rejection
from ...state import State
from .. import checks
from ..address import reached_at
from ..refunds import records as refunding
from ..registry import operation
from ..tokens import random_token
from ..transfers import v3 as transfers
from .statements import ACCOUNTS, fund_flow_bill, trade_bill

__all__ = [
    "download",
    "downloadbill",
    "downloadfundflow",
    "fundflowbill",
    "keep_content",
    "tradebill",
]

KEPT = 92
"""Days for which bills can be had."""
VALID = 300
"""Seconds for which an address is good."""
TRADES = (
    "ALL",
    "SUCCESS",
    "REFUND",
    "RECHARGE_REFUND",
    "ALL_SPECIAL",
    "SUC_SPECIAL",
    "REF_SPECIAL",
)
NO_BILL, BAD_REQUEST = "20002", "20001"
"""APIv2's codes."""
MARK = "\ufeff"
"""What APIv2's text begins with."""

Bill = Callable[[State, str, str, str], str | None]


@operation("GET", "v3/bill/tradebill")
def tradebill(call: Call) -> dict[str, Any]:
    """Where the payments and refunds of a day are."""
    return _asked(call, trade_bill, _one_of(call, "bill_type", TRADES))


@operation("GET", "v3/bill/fundflowbill")
def fundflowbill(call: Call) -> dict[str, Any]:
    """Where the changes of an account on a day are."""
    return _asked(call, fund_flow_bill, _one_of(call, "account_type", tuple(ACCOUNTS)))


def _one_of(call: Call, name: str, values: tuple[str, ...]) -> str:
    value = call.query.get(name) or values[0]
    if value not in values:
        raise Rejection.parameter(name, value, f"must be one of {', '.join(values)}", "query")
    return value


def _asked(call: Call, bill: Bill, kind: str) -> dict[str, Any]:
    state, packed = call.state, bool(_one_of(call, "tar_type", ("", "GZIP")))
    given = call.query.get("bill_date", "")
    day = _day(state, given, "%Y-%m-%d")
    if day is None:
        issue = f"must be a day such as 2026-11-20, at most {KEPT} days ago"
        raise Rejection.parameter("bill_date", given, issue, "query")
    text = _made(state, bill, day, kind, call.query.get("sub_mchid", ""))
    if text is None:
        raise Rejection(400, "NO_STATEMENT_EXIST", f"请求的账单文件不存在: {day} {kind}")
    token = _keep(state, text, packed=packed)
    return {
        "hash_type": "SHA1",
        # Of what is in it, not of how it is packed: WeChat Pay's own libraries unpack first.
        "hash_value": hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest(),
        "download_url": f"{reached_at(call)}v3/billdownload/file?token={token}",
    }


def _day(state: State, text: str, form: str) -> str | None:
    """A day that bills can be had of, as the ledger has it; None for others."""
    try:
        parsed = datetime.datetime.strptime(text, form).date()
    except ValueError:
        return None
    today = datetime.date.fromisoformat(state.clock.date())
    # Python reads 2026-1-2 as well; WeChat Pay does not.
    good = parsed.strftime(form) == text and 0 <= (today - parsed).days <= KEPT
    return parsed.isoformat() if good else None


def _made(state: State, bill: Bill, day: str, kind: str, sub_mchid: str) -> str | None:
    refunding.settle_due(state)
    transfers.settle_due(state)
    return bill(state, day, kind, sub_mchid)


def _keep(state: State, text: str, *, packed: bool) -> str:
    """Keep a bill until its address is not good any more; forget the others. The token."""
    for each in state.store.all("bill"):
        if each["expires"] <= state.clock.now():
            state.store.delete("bill", each["token"])
            state.store.delete("bill-text", each["token"])
    token, expires = random_token(32), state.clock.now() + VALID
    state.store.put("bill", token, {"token": token, "expires": expires, "packed": packed})
    state.store.put("bill-text", token, {"text": text})
    return token


def keep_content(state: State, token: str, content: bytes) -> None:
    """Keep a file of any bytes under a token, as long as a bill.

    Args:
        state: of the gateway.
        token: of its address.
        content: the bytes.
    """
    expires = state.clock.now() + VALID
    state.store.put("bill", token, {"token": token, "expires": expires, "packed": False})
    encoded = base64.b64encode(content).decode()
    state.store.put("bill-text", token, {"text": "", "content": encoded})


@operation("GET", "v3/billdownload/file")
def download(call: Call) -> Content:
    """A bill; nobody signs it, its digest was in the response that told the address."""
    token = call.query.get("token", "")
    bill, kept = (call.state.store.get(kind, token) for kind in ("bill", "bill-text"))
    if bill is None or kept is None or bill["expires"] <= call.state.clock.now():
        raise Rejection(400, "INVALID_REQUEST", "下载地址无效或已过期，请重新申请账单")
    if "content" in kept:
        return Content(base64.b64decode(kept["content"]), signed=False)
    return _file(kept["text"], packed=bill["packed"])


def _file(text: str, *, packed: bool) -> Content:
    content = text.encode()
    if packed:
        return Content(gzip.compress(content, mtime=0), "application/gzip", signed=False)
    return Content(content, "text/plain; charset=utf-8", signed=False)


@operation("POST", "v2/pay/downloadbill")
def downloadbill(call: Call) -> Content:
    """Payments and refunds of a day, as text; XML tells why there is none."""
    call.require("appid", "bill_date")
    kind, packed = checks.v2_text(call, "bill_type") or TRADES[0], checks.v2_text(call, "tar_type")
    day = _day(call.state, checks.v2_text(call, "bill_date"), "%Y%m%d")
    if day is None or kind not in TRADES[:4] or packed not in ("", "GZIP"):
        wrong = "bill_date" if day is None else "tar_type" if kind in TRADES[:4] else "bill_type"
        return _failure(f"invalid {wrong}", BAD_REQUEST)
    sub_mchid = checks.v2_text(call, "sub_mch_id")
    text = _made(call.state, trade_bill, day, kind, sub_mchid)
    if text is None:
        return _failure("No Bill Exist", NO_BILL)
    return _file(_as_v2(text), packed=bool(packed))


def _failure(message: str, code: str) -> Content:
    fields = {"return_code": "FAIL", "return_msg": message, "error_code": code}
    return Content(xml.dumps(fields).encode(), "text/xml; charset=utf-8", signed=False)


def _as_v2(text: str) -> str:
    lines = text.replace("\n", "\r\n")
    return f"{MARK}{lines}"


@operation("POST", "v2/pay/downloadfundflow")
def downloadfundflow(call: Call) -> Content:
    """The changes of an account on a day, as text."""
    call.require("appid", "bill_date", "account_type")
    if checks.v2_text(call, "sign_type") != digest.HMAC_SHA256:
        raise Rejection(200, "SIGNERROR", f"sign_type 必须是 {digest.HMAC_SHA256}")
    day = _day(call.state, checks.v2_text(call, "bill_date"), "%Y%m%d")
    if day is None:
        raise Rejection.parameter("bill_date", call.data["bill_date"], "must be a day: 20261120")
    kind, packed = checks.v2_text(call, "account_type"), checks.v2_text(call, "tar_type")
    if kind not in ("Basic", "Operation", "Fees"):
        raise Rejection.parameter("account_type", kind, "must be Basic, Operation or Fees")
    if packed not in ("", "GZIP"):
        raise Rejection.parameter("tar_type", packed, "must be GZIP")
    text = _made(call.state, fund_flow_bill, day, kind.upper(), "")
    if text is None:
        raise Rejection(200, "NO_BILL_EXIST", "账单不存在")
    return _file(_as_v2(text), packed=bool(packed))
