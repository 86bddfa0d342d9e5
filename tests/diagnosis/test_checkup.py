"""What `doctor` makes of facts that no gateway shows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from wechatpay_chain import APIError, Headers, Response, SignatureError
from wechatpay_chain.diagnosis import checkup
from wechatpay_chain.diagnosis.keyring import Keyring
from wechatpay_chain.errors import TransportError
from wechatpay_chain.keys.platform_key import Expiring
from wechatpay_chain.messages.authority import Origin

NOW = datetime(2026, 11, 26, tzinfo=UTC)
MAIN = Origin("https://api.mch.weixin.qq.com")


@pytest.mark.parametrize(("days", "state"), [(-1, "fail"), (0, "warn"), (29, "warn"), (30, "ok")])
@pytest.mark.parametrize("kind", ["merchant", "platform"])
def test_certificates(days: int, state: str, kind: Any) -> None:
    ends = NOW + timedelta(days=days, hours=1)
    (check,) = checkup.certificates([Expiring("1F", kind, ends)], NOW)
    assert (check.name, check.state) == (f"{kind} certificate", state)
    assert bool(check.action) == (state != "ok")


@pytest.mark.parametrize(
    ("off", "state", "told"),
    [
        (0, "ok", "0 s behind the server"),
        (-60, "ok", "60 s behind the server"),
        (61, "warn", "61 s ahead of the server"),
        (300, "warn", "300 s ahead of the server"),
        (-301, "fail", "301 s behind the server"),
    ],
)
def test_clock(off: int, state: str, told: str) -> None:
    response = Response(401, Headers({"Date": "Thu, 26 Nov 2026 00:00:00 GMT"}))
    check = checkup.clock(response, NOW.timestamp() + off)
    assert check is not None
    assert (check.state, check.told) == (state, told)


def test_a_clock_that_nobody_tells() -> None:
    assert checkup.clock(None, 0) is None
    assert checkup.clock(Response(200), 0) is None
    assert checkup.clock(Response(200, Headers({"Date": "noon"})), 0) is None


def test_both_hosts_of_wechat_pay() -> None:
    hosts = [each.host for each in checkup.origins("https://api.mch.weixin.qq.com/")]
    assert hosts == ["api.mch.weixin.qq.com", "api2.mch.weixin.qq.com"]
    assert [each.host for each in checkup.origins("http://127.0.0.1:8790/hk/")] == ["127.0.0.1"]


def test_a_backup_that_fails_is_a_warning() -> None:
    error = TransportError("cannot connect")
    assert checkup.reached(MAIN, error, 1).state == "fail"
    assert checkup.reached(MAIN, error, 1, is_backup=True).state == "warn"
    assert checkup.reached(MAIN, Response(401), 0.05).told == (
        "responded in 50 ms; its TLS certificate is trusted"
    )


def test_proxies() -> None:
    assert checkup.proxy("", "").told == "none"
    check = checkup.proxy("", "http://user:word@proxy.example:3128")
    assert (check.state, check.told) == (
        "warn",
        "none; the client does not read HTTPS_PROXY (proxy.example:3128)",
    )
    assert checkup.proxy("proxy.example:8080", "").told == "proxy.example:8080"
    assert checkup.proxy("http://[", "").told == "malformed"


def test_keys_that_are_missing() -> None:
    states = [(each.name, each.state) for each in checkup.keys(Keyring(), False)]
    assert states == [
        ("merchant key", "fail"),
        ("WeChat Pay's keys", "fail"),
        ("APIv3 key", "warn"),
    ]


def rejected(status: int, verified: bool, code: str = "X") -> APIError:
    response = Response(status, Headers({"Request-ID": "08F7-1"}))
    response.verified = verified
    return APIError("rejected", response, code=code)


@pytest.mark.parametrize(
    ("outcome", "state", "action"),
    [
        (Response(200, Headers({"Wechatpay-Serial": "PUB_KEY_ID_1"})), "ok", ""),
        (rejected(404, True), "ok", ""),
        (rejected(404, False), "fail", "wechatpay-chain doctor error 08F7-1"),
        (rejected(401, False), "fail", "compare mchid"),
        (
            SignatureError("no", reason="expired"),
            "fail",
            "synchronize the clock (NTP)",
        ),
        (
            SignatureError("no", reason="mismatch"),
            "fail",
            "compare the configured key of WeChat Pay with",
        ),
        (TransportError("no"), "fail", "see the host check above"),
    ],
)
def test_signed_calls(outcome: Any, state: str, action: str) -> None:
    check = checkup.signed_call(outcome)
    assert check.state == state
    assert check.action.startswith(action)
    assert bool(check.action) == (state == "fail")


@pytest.mark.parametrize(
    ("outcome", "state", "action"),
    [
        (rejected(200, True, "ORDERNOTEXIST"), "ok", ""),
        (Response(200), "ok", ""),
        (rejected(200, False, "FAIL"), "fail", "compare WECHATPAY_SECRET"),
        (rejected(200, True, "NOAUTH"), "fail", "wechatpay-chain doctor error NOAUTH"),
        (SignatureError("no"), "fail", "compare WECHATPAY_SECRET"),
        (TransportError("no"), "fail", "see the host check above"),
    ],
)
def test_calls_of_v2(outcome: Any, state: str, action: str) -> None:
    check = checkup.v2_call(outcome)
    assert check.state == state
    assert check.action.startswith(action)
