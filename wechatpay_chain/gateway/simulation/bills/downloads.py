"""Daily bills: APIv3's in two steps, with a digest and a URL; APIv2's in one step.

WeChat Pay creates bills on the next morning. The gateway also serves today's bill with the records
so far, unless the settings exclude it.

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
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from ....crypto import digest
from ....messages import xml
from ...call import Call
from ...messages.exchange import Content, LargeFile, Rejection
from ...state import State
from .. import checks
from ..address import reached_at
from ..registry import operation
from ..schedule import settle_due
from ..tokens import random_token
from . import filled, settings
from .filled import LargeBill
from .fund_flow import ACCOUNTS, fund_flow_bill
from .sharing import sharing_bill
from .trade import trade_bill

__all__ = [
    "FUND_FLOW",
    "Kind",
    "address",
    "address_of",
    "day_of",
    "download",
    "downloadbill",
    "downloadfundflow",
    "fundflowbill",
    "keep_content",
    "made_for",
    "made_of",
    "sharingbill",
    "tradebill",
]

KEPT = 92
"""Days for which bills are available."""
VALID = 300
"""Seconds for which a URL is valid."""
TRADES = (
    "ALL",
    "SUCCESS",
    "REFUND",
    "RECHARGE_REFUND",
    "ALL_SPECIAL",
    "SUC_SPECIAL",
    "REF_SPECIAL",
)
LARGE = 1024 * 1024
"""Size above which a file is stored on disk instead of in a record, in bytes."""
NO_BILL, BAD_REQUEST = "20002", "20001"
"""APIv2's error codes."""
MARK = "\ufeff"
"""The byte order mark at the beginning of APIv2's text."""

Bill = Callable[[State, str, str, str], str | None]


class Large(Protocol):
    """A function that writes the bill of a filled day."""

    def __call__(
        self,
        state: State,
        day: str,
        kind: str,
        sub_mchid: str = "",
        *,
        v2: bool = False,
    ) -> LargeBill | None: ...


class Kind(NamedTuple):
    """A kind of bill: from the ledger, and of a filled day if supported."""

    of_ledger: Bill
    of_filled: Large | None = None


TRADE = Kind(trade_bill, filled.trades)
FUND_FLOW = Kind(fund_flow_bill, filled.fund_flow)
SHARING = Kind(sharing_bill)


@operation("GET", "v3/bill/tradebill")
def tradebill(call: Call) -> dict[str, Any]:
    """Return the URL of the payments and refunds of a day."""
    return address_of(call, TRADE, _one_of(call, "bill_type", TRADES))


@operation("GET", "v3/bill/fundflowbill")
def fundflowbill(call: Call) -> dict[str, Any]:
    """Return the URL of an account's changes on a day."""
    return address_of(call, FUND_FLOW, _one_of(call, "account_type", tuple(ACCOUNTS)))


@operation("GET", "v3/profitsharing/bills")
def sharingbill(call: Call) -> dict[str, Any]:
    """Return the URL of the shares and returns of a day."""
    return address_of(call, SHARING, "")


def _one_of(call: Call, name: str, values: tuple[str, ...]) -> str:
    return checks.one_of(call.query.get(name) or values[0], name, values, "query")


def address_of(call: Call, bill: Kind, kind: str) -> dict[str, Any]:
    """Return the members of a response with the URL of a bill.

    Args:
        call: the request with the day, and optionally a sub-merchant.
        bill: the kind of bill.
        kind: the type of the bill, or the account.

    Raises:
        Rejection: there is no bill of the day, or none yet.
    """
    state, packed = call.state, bool(_one_of(call, "tar_type", ("", "GZIP")))
    made = made_for(call, bill, kind, call.query.get("sub_mchid", ""))
    if isinstance(made, LargeBill):
        token, sha1 = _keep(state, packed=packed, file=str(made.path)), made.sha1
    else:
        # The digest of the content, not of the archive: WeChat Pay's own libraries unpack first.
        sha1 = hashlib.sha1(made.encode(), usedforsecurity=False).hexdigest()
        token = _keep(state, made, packed=packed)
    return {"hash_type": "SHA1", "hash_value": sha1, "download_url": address(call, token)}


def address(call: Call, token: str) -> str:
    """Return the URL at which the content for a token can be downloaded."""
    return f"{reached_at(call)}v3/billdownload/file?token={token}"


def made_for(call: Call, bill: Kind, kind: str, sub_mchid: str) -> str | LargeBill:
    """Return the bill that an APIv3 request selects by its `bill_date`.

    Args:
        call: the request.
        bill: the kind of bill.
        kind: the type of the bill, or the account.
        sub_mchid: the sub-merchant, or empty.

    Raises:
        Rejection: `bill_date` is no day, or there is no bill of the day, or none yet.
    """
    given = call.query.get("bill_date", "")
    day = day_of(call.state, given, "%Y-%m-%d")
    if day is None:
        issue = f"must be a day such as 2026-11-20, at most {KEPT} days ago"
        raise Rejection.parameter("bill_date", given, issue, "query")
    if not settings.ready(call.state, day):
        raise Rejection(400, "STATEMENT_CREATING", f"账单生成中: {day}")
    made = made_of(call.state, bill, day, kind, sub_mchid)
    if made is None:
        raise Rejection(400, "NO_STATEMENT_EXIST", f"请求的账单文件不存在: {day} {kind}")
    return made


def day_of(state: State, text: str, form: str, kept: int = KEPT) -> str | None:
    """Parse a day for which bills are available, in the ledger's format; None for other texts.

    Args:
        state: the state of the gateway.
        text: the text in the request.
        form: the format of the text, for `strptime`.
        kept: number of days for which bills are available.
    """
    try:
        parsed = datetime.datetime.strptime(text, form).date()
    except ValueError:
        return None
    today = datetime.date.fromisoformat(state.clock.date())
    # Python also parses 2026-1-2, which WeChat Pay rejects.
    good = parsed.strftime(form) == text and 0 <= (today - parsed).days <= kept
    return parsed.isoformat() if good else None


def made_of(
    state: State, bill: Kind, day: str, kind: str, sub_mchid: str = "", *, v2: bool = False
) -> str | LargeBill | None:
    """Return the bill of a filled day, or else the ledger's; None if there is none.

    Args:
        state: the state of the gateway.
        bill: the kind of bill.
        day: in the format `2026-11-20`.
        kind: the type of the bill, or the account.
        sub_mchid: the sub-merchant, or empty.
        v2: whether the bill has APIv2's format.
    """
    large = bill.of_filled
    made = large(state, day, kind, sub_mchid, v2=v2) if large is not None else None
    if made is not None:
        return made
    settle_due(state)
    text = bill.of_ledger(state, day, kind, sub_mchid)
    return _as_v2(text) if v2 and text is not None else text


def _keep(state: State, text: str = "", *, packed: bool, file: str = "") -> str:
    """Store a bill until its URL expires, and return the token."""
    token = random_token(32)
    _note(state, token, {"file": file} if file else {"text": text}, packed=packed)
    return token


def keep_content(state: State, token: str, content: bytes) -> None:
    """Store a file under a token until its URL expires.

    Args:
        state: the state of the gateway.
        token: the token of the URL.
        content: the content of the file.
    """
    if len(content) > LARGE:
        path = state.files / f"{token}.bin"
        path.write_bytes(content)
        _note(state, token, {"binary": str(path)})
    else:
        _note(state, token, {"content": base64.b64encode(content).decode()})


def _note(state: State, token: str, kept: dict[str, str], *, packed: bool = False) -> None:
    """Store the content for a token, and delete expired ones."""
    for each in state.store.all("bill"):
        if each["expires"] <= state.clock.now():
            old = state.store.get("bill-text", each["token"]) or {}
            if "binary" in old:
                Path(old["binary"]).unlink(missing_ok=True)
            state.store.delete("bill", each["token"])
            state.store.delete("bill-text", each["token"])
    expires = state.clock.now() + VALID
    state.store.put("bill", token, {"token": token, "expires": expires, "packed": packed})
    state.store.put("bill-text", token, kept)


@operation("GET", "v3/billdownload/file")
def download(call: Call) -> Content:
    """Return a bill without a signature; the response with the URL contained the digest."""
    token = call.query.get("token", "")
    bill, kept = (call.state.store.get(kind, token) for kind in ("bill", "bill-text"))
    if bill is None or kept is None or bill["expires"] <= call.state.clock.now():
        raise Rejection(400, "INVALID_REQUEST", "下载地址无效或已过期，请重新申请账单")
    if "content" in kept:
        return Content(base64.b64decode(kept["content"]), signed=False)
    if "binary" in kept:
        return _large(Path(kept["binary"]), "application/octet-stream")
    if "file" in kept:
        return _plain(Path(kept["file"]), packed=bill["packed"])
    return _file(kept["text"], packed=bill["packed"])


def _sent(made: str | LargeBill, *, packed: bool) -> Content:
    if isinstance(made, LargeBill):
        return _plain(made.path, packed=packed)
    return _file(made, packed=packed)


def _plain(path: Path, *, packed: bool) -> Content:
    return _large(
        path, "application/gzip" if packed else "text/plain; charset=utf-8", packed=packed
    )


def _large(path: Path, media_type: str, *, packed: bool = False) -> Content:
    if not path.is_file():  # of a gateway that was restarted
        raise Rejection(400, "INVALID_REQUEST", "下载地址无效或已过期，请重新申请账单")
    return Content(media_type=media_type, signed=False, file=LargeFile(path, packed))


def _file(text: str, *, packed: bool) -> Content:
    content = text.encode()
    if packed:
        return Content(gzip.compress(content, mtime=0), "application/gzip", signed=False)
    return Content(content, "text/plain; charset=utf-8", signed=False)


@operation("POST", "v2/pay/downloadbill")
def downloadbill(call: Call) -> Content:
    """Return the payments and refunds of a day as text, or the reason of a failure as XML."""
    call.require("appid", "bill_date")
    kind, packed = checks.v2_text(call, "bill_type") or TRADES[0], checks.v2_text(call, "tar_type")
    day = day_of(call.state, checks.v2_text(call, "bill_date"), "%Y%m%d")
    if day is None or kind not in TRADES[:4] or packed not in ("", "GZIP"):
        wrong = "bill_date" if day is None else "tar_type" if kind in TRADES[:4] else "bill_type"
        return _failure(f"invalid {wrong}", BAD_REQUEST)
    if not settings.ready(call.state, day):
        return _failure("Bill Creating", NO_BILL)
    sub_mchid = checks.v2_text(call, "sub_mch_id")
    made = made_of(call.state, TRADE, day, kind, sub_mchid, v2=True)
    if made is None:
        return _failure("No Bill Exist", NO_BILL)
    return _sent(made, packed=bool(packed))


def _failure(message: str, code: str) -> Content:
    fields = {"return_code": "FAIL", "return_msg": message, "error_code": code}
    return Content(xml.dumps(fields).encode(), "text/xml; charset=utf-8", signed=False)


def _as_v2(text: str) -> str:
    lines = text.replace("\n", "\r\n")
    return f"{MARK}{lines}"


@operation("POST", "v2/pay/downloadfundflow")
def downloadfundflow(call: Call) -> Content:
    """Return an account's changes on a day as text."""
    call.require("appid", "bill_date", "account_type")
    if checks.v2_text(call, "sign_type") != digest.HMAC_SHA256:
        raise Rejection(200, "SIGNERROR", f"sign_type 必须是 {digest.HMAC_SHA256}")
    day = day_of(call.state, checks.v2_text(call, "bill_date"), "%Y%m%d")
    if day is None:
        raise Rejection.parameter("bill_date", call.data["bill_date"], "must be a day: 20261120")
    kind, packed = checks.v2_text(call, "account_type"), checks.v2_text(call, "tar_type")
    if kind not in ("Basic", "Operation", "Fees"):
        raise Rejection.parameter("account_type", kind, "must be Basic, Operation or Fees")
    if packed not in ("", "GZIP"):
        raise Rejection.parameter("tar_type", packed, "must be GZIP")
    if not settings.ready(call.state, day):
        raise Rejection(200, "BILL_CREATING", "账单未生成")
    made = made_of(call.state, FUND_FLOW, day, kind.upper(), v2=True)
    if made is None:
        raise Rejection(200, "NO_BILL_EXIST", "账单不存在")
    return _sent(made, packed=bool(packed))
