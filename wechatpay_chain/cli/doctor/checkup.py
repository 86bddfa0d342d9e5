"""`wechatpay-chain doctor`: checks the configuration, the network and a signed call."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ...display.layout import Span, text
from ...utils.exceptions import WeChatPayError
from ...utils.translation import _
from ..failure import Misuse
from ..output import page, write_json

if TYPE_CHECKING:
    from ...client import WeChatPay
    from ...diagnosis.checkup import Check
    from ...messages.response import Response
    from ..profile import Profile

__all__ = ["show"]

EVER = timedelta(days=100 * 365)
STYLES = {"ok": "enum", "warn": "warning", "fail": "retired"}


def show(profile: Profile, as_json: bool) -> bool:
    """Run all checks and show the results; return True if none failed.

    Args:
        profile: the profile of the merchant.
        as_json: whether to print JSON.
    """
    checks = list(_checks(profile))
    if as_json:
        write_json([each._asdict() for each in checks])
    else:
        from ...display.layout import Facts

        rows = [(each.state, (Span(f"{each.name}: ", "name"), *_line(each))) for each in checks]
        page([[Facts(tuple(rows))]])
    return all(each.state != "fail" for each in checks)


def _line(check: Check) -> Any:
    action = text(f" → {check.action}", STYLES[check.state]) if check.action else ()
    return (*text(check.told), *action)


def _checks(profile: Profile) -> Iterator[Check]:
    from ...diagnosis import checkup

    try:
        ring, base_uri = profile.keyring(), profile.base_uri
        wxpay = profile.client(check_keys=True)
    except Misuse as error:
        action = " ".join(error.hints) or _("correct the configuration")
        yield checkup.Check("configuration", "fail", error.message, action)
        return
    with wxpay:
        yield checkup.Check(
            "configuration",
            "ok",
            _("merchant {mchid}, {base_uri}", mchid=ring.mchid, base_uri=base_uri),
        )
        yield from checkup.keys(ring, _has_certificate(profile))
        now = datetime.now(UTC)
        yield from checkup.certificates(wxpay.platform_keys.expiring(EVER), now)
        system = os.environ.get("HTTPS_PROXY") or os.environ.get("https_proxy") or ""
        yield checkup.proxy(profile.setting("PROXY"), "" if profile.is_gateway else system)
        answers = []
        for place, origin in enumerate(checkup.origins(base_uri)):
            started = time.monotonic()
            outcome = _outcome(wxpay, checkup.reaching(origin))
            seconds = time.monotonic() - started
            yield checkup.reached(origin, outcome, seconds, is_backup=place > 0)
            answers.append(outcome)
        for outcome in answers:
            told = checkup.clock(
                None if isinstance(outcome, WeChatPayError) else outcome, time.time()
            )
            if told is not None:
                yield told
                break
        yield checkup.signed_call(_signed(wxpay))
        if ring.secret and wxpay.appid:
            yield checkup.v2_call(_queried(wxpay))


def _has_certificate(profile: Profile) -> bool:
    return profile.is_gateway or bool(
        profile.setting("MERCHANT_CERT") or profile.setting("MERCHANT_P12")
    )


def _outcome(wxpay: WeChatPay, flow: Any) -> Response | WeChatPayError:
    try:
        return wxpay.run(flow)
    except WeChatPayError as error:
        return error


def _queried(wxpay: WeChatPay) -> Response | WeChatPayError:
    number = {"out_trade_no": f"doctor-{secrets.token_hex(8)}"}
    try:
        return wxpay.request(
            "POST", "v2/pay/orderquery", {"xml": number, "fill": True, "retry": None}
        )
    except WeChatPayError as error:
        return error


def _signed(wxpay: WeChatPay) -> Response | WeChatPayError:
    try:
        return wxpay.request("GET", "v3/certificates", {"retry": None})
    except WeChatPayError as error:
        return error
