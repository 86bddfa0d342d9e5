"""The daily bill as a file, which appears once it is complete and its digest is right."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, timedelta
from pathlib import Path

from wechatpay_chain import APIError, WeChatPay

__all__ = ["BadBill", "download_bill", "download_yesterdays_bill"]

READY = 10
"""The hour, in China, by which WeChat Pay has made the bill of the day before."""


class BadBill(Exception):
    """A bill that is not what WeChat Pay announced."""


def download_bill(wxpay: WeChatPay, day: date, folder: Path) -> Path:
    """Download the bill of a day.

    Args:
        wxpay: the merchant's client.
        day: in China.
        folder: where the file is written, `2026-11-26.csv` say.

    Raises:
        APIError: there is no bill; `NO_STATEMENT_EXIST` where nothing was paid on that day.
        BadBill: its digest is wrong. Nothing is kept of it.
    """
    announced = wxpay.v3.bill.tradebill.get(query={"bill_date": f"{day:%Y-%m-%d}"}).json()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{day:%Y-%m-%d}.csv"
    unchecked = path.with_suffix(".unchecked")
    wxpay[announced["download_url"]].get(sink=unchecked)
    with unchecked.open("rb") as file:
        digest = hashlib.file_digest(file, "sha1").hexdigest()
    if digest != announced["hash_value"]:
        unchecked.unlink()
        raise BadBill(f"the bill of {day} has SHA-1 {digest}, not {announced['hash_value']}")
    return unchecked.replace(path)


def download_yesterdays_bill(wxpay: WeChatPay, now: datetime, folder: Path) -> Path | None:
    """Download yesterday's bill, unless it is there; to be called every hour or so.

    Args:
        wxpay: the merchant's client.
        now: in China.
        folder: where the bills are.

    Returns:
        Its path; None where it is not ready yet, or nothing was paid yesterday.
    """
    day = now.date() - timedelta(days=1)
    path = folder / f"{day:%Y-%m-%d}.csv"
    if path.exists():
        return path
    if now.hour < READY:
        return None
    try:
        return download_bill(wxpay, day, folder)
    except APIError as error:
        if error.code == "NO_STATEMENT_EXIST":
            return None
        raise
