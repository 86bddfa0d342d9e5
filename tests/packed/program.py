"""A small shop that is frozen: it uses each part of the package that reads data or imports late."""

from __future__ import annotations

import json
import sys
import urllib.request
from pathlib import Path

from wechatpay_chain import APIError, WeChatPay, bills, catalogue
from wechatpay_chain.cli.application import application
from wechatpay_chain.gateway import Gateway

NATIVE = "v3/pay/transactions/native"
ORDER = {"description": "tea", "out_trade_no": "frozen-1", "amount": {"total": 1}}


def main(folder: Path) -> dict[str, object]:
    """Use the parts; what each gives, by name."""
    found: dict[str, object] = {"operations": len(catalogue.operations())}
    url = "https://shop.example.com/paid"
    with Gateway(data=folder / "gateway") as gateway, gateway.client(notify_url=url) as wxpay:
        found["call"] = wxpay.v3.certificates.get(sensitive="auto").verified
        found["filled"] = "code_url" in wxpay[NATIVE].post(json=ORDER, fill=True).json()
        found["mutual TLS"] = _refund_code(wxpay)
        gateway.pay("frozen-1")
        found["notification"] = wxpay.notify(
            *gateway.signed_notification("TRANSACTION.SUCCESS")
        ).event_type
        try:
            wxpay["v3/pay/transaction/native"].post(json={})
        except APIError as error:
            found["hint"] = f"did you mean POST {NATIVE}" in str(error)
        for page in ("_gateway/", "_gateway/static/app.js"):
            with urllib.request.urlopen(f"{gateway.base_uri}{page}") as response:
                found[page] = response.status
        gateway.advance(days=2)
        day = gateway.state.clock.date(gateway.state.clock.now() - 2 * 86400)
        path = bills.download(wxpay, day, to=folder / "bills")
        found["bill"] = [row.out_trade_no for row in bills.read(path)]
    application.main(["ops", "search", "退款", "--json"], standalone_mode=False)
    return found


def _refund_code(wxpay: WeChatPay) -> str:
    try:
        fields = {"out_trade_no": "none-1", "out_refund_no": "1", "total_fee": 1, "refund_fee": 1}
        wxpay.v2.secapi.pay.refund.post(security=True, fill=True, xml=fields)
    except APIError as error:
        return str(error.code)
    return ""


if __name__ == "__main__":
    sys.stdout.write(f"{json.dumps(main(Path(sys.argv[1])))}\n")
