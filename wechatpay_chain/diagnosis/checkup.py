"""The checks of `doctor`: each has a state and a recommended action.

Besides a signed call, only `reaching` sends a request. It is a flow, so the caller does the I/O.
"""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterable, Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

from ..errors import APIError, SignatureError
from ..flow import Flow, Send
from ..keys.credential import CLOCK_SKEW
from ..keys.platform_key import PUBLIC_KEY_ID, Expiring
from ..messages.authority import Origin, split
from ..messages.headers import Headers
from ..messages.request import Request, TransportError
from ..messages.response import Response
from ..middleware.failover import BACKUP_BASE_URI, MAIN_ORIGIN
from ..utils.exceptions import WeChatPayError
from ..utils.translation import _
from .keyring import Keyring

__all__ = [
    "Check",
    "certificates",
    "clock",
    "keys",
    "origins",
    "proxy",
    "reached",
    "reaching",
    "signed_call",
    "v2_call",
]

State = Literal["ok", "warn", "fail"]
SOON = 30
"""Days before a certificate's expiry from which `doctor` warns."""
SLOW_CLOCK = 60
"""Seconds of clock deviation from which `doctor` warns."""
PATH = "/v3/certificates"
TLS_ERRORS = ("SSLError", "SSLCertVerificationError", "CertificateError")
NO_CERTIFICATES = 404
UNAUTHORIZED = 401
NO_ORDER = "ORDERNOTEXIST"
EXPLAIN = "wechatpay-chain doctor error"
"""Explains a code or a Request-ID. Users copy it to a shell, so its arguments are quoted."""
UNSIGNED_CODES = ("", "FAIL", "SIGNERROR")
"""APIv2's codes for a sign that does not match."""


class Check(NamedTuple):
    """The result of one check.

    Attributes:
        name: the name of the check.
        state: `ok`, `warn` or `fail`.
        told: the observation.
        action: the recommended action, or empty.
    """

    name: str
    state: State
    told: str
    action: str = ""


def keys(ring: Keyring, has_certificate: bool) -> Iterator[Check]:
    """Check the merchant's key and WeChat Pay's keys.

    Args:
        ring: the configured keys, which are known to belong together.
        has_certificate: whether the merchant's certificate is configured.
    """
    if ring.merchant is None:
        action = _("set WECHATPAY_PRIVATE_KEY (apiclient_key.pem) and WECHATPAY_SERIAL")
        yield Check(_("merchant key"), "fail", _("no private key is configured"), action)
    else:
        compared = (
            _("it matches the certificate")
            if has_certificate
            else _("not compared: no certificate is configured (WECHATPAY_MERCHANT_CERT)")
        )
        told = _(
            "RSA {key_size} bits, serial {serial}; {compared}",
            key_size=ring.merchant.key_size,
            serial=ring.serial,
            compared=compared,
        )
        yield Check(_("merchant key"), "ok", told)
    if not ring.platform and not ring.apiv3_key:
        action = _("set WECHATPAY_PUBLIC_KEY_ID and WECHATPAY_PUBLIC_KEY (pub_key.pem)")
        yield Check(_("WeChat Pay's keys"), "fail", _("none is configured"), action)
    else:
        names = ", ".join(ring.platform) or _("certificates are downloaded")
        yield Check(_("WeChat Pay's keys"), "ok", names)
    if ring.apiv3_key:
        yield Check("APIv3 key", "ok", "32 bytes")
    else:
        action = _("set WECHATPAY_APIV3_KEY to decrypt notifications")
        yield Check("APIv3 key", "warn", _("not configured"), action)


def certificates(expiring: Iterable[Expiring], now: datetime) -> Iterator[Check]:
    """Check the expiry of certificates.

    Args:
        expiring: the available certificates.
        now: an aware datetime.
    """
    for each in expiring:
        owner = {"merchant": _("merchant certificate"), "platform": _("platform certificate")}[
            each.kind
        ]
        days = math.floor((each.not_after - now).total_seconds() / 86_400)
        told = _(
            "{name} is valid until {not_after:%Y-%m-%d}", name=each.name, not_after=each.not_after
        )
        if days < 0:
            renew = {
                "merchant": _(
                    "apply for a new one on the merchant platform, and replace the key, the "
                    "serial number and the certificate together"
                ),
                "platform": _("download the current ones, or use WeChat Pay's public key"),
            }[each.kind]
            told = _(
                "{name} expired on {not_after:%Y-%m-%d}", name=each.name, not_after=each.not_after
            )
            yield Check(owner, "fail", told, renew)
        elif days < SOON:
            yield Check(
                owner,
                "warn",
                _("{told}, {days} days", told=told, days=days),
                _("renew it before it expires"),
            )
        else:
            yield Check(owner, "ok", told)


def proxy(configured: str, system: str) -> Check:
    """Check which proxy calls use.

    Args:
        configured: `WECHATPAY_PROXY`, or empty.
        system: `HTTPS_PROXY`, or empty; the client ignores it.
    """
    if configured:
        return Check("proxy", "ok", _place(configured))
    if system:
        told = _("none; the client does not read HTTPS_PROXY ({place})", place=_place(system))
        return Check("proxy", "warn", told, _("set WECHATPAY_PROXY to send calls through a proxy"))
    return Check("proxy", "ok", "none")


def _place(address: str) -> str:
    """Return host and port of a proxy, without its password."""
    try:
        parts = urlsplit(address if "://" in address else f"http://{address}")
        return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
    except ValueError:
        return "malformed"


def origins(base_uri: str) -> tuple[Origin, ...]:
    """Return the hosts that calls can use; WeChat Pay has two.

    Args:
        base_uri: the client's base URI.
    """
    main = split(base_uri, "base_uri")[0]
    return (main, split(BACKUP_BASE_URI, "base_uri")[0]) if main == MAIN_ORIGIN else (main,)


def reaching(origin: Origin) -> Flow:
    """Send an unsigned request, to which WeChat Pay responds with 401 and its `Date`."""
    fields = Headers({"Accept": "application/json", "User-Agent": _("wechatpay-chain doctor")})
    request = Request("GET", origin, PATH, fields, b"", timeout=(5, 10))
    response: Response = yield Send(request)
    return response


def reached(
    origin: Origin, outcome: Response | WeChatPayError, seconds: float, *, is_backup: bool = False
) -> Check:
    """Check whether a host responds.

    Args:
        origin: the origin of the host.
        outcome: its response, or the error.
        seconds: the duration of the request.
        is_backup: whether calls try another host first.
    """
    name = _("host {host}", host=origin.host)
    if isinstance(outcome, Response):
        trusted = _("; its TLS certificate is trusted") if origin.scheme == "https" else ""
        return Check(
            name,
            "ok",
            _("responded in {seconds:.0f} ms{trusted}", seconds=seconds * 1000, trusted=trusted),
        )
    state: State = "warn" if is_backup else "fail"
    if any(kind in TLS_ERRORS for kind in _causes(outcome)):
        action = _(
            "install the system's certificate authorities (ca-certificates), or set WECHATPAY_CA "
            "to the CA of the proxy or gateway at this address"
        )
        return Check(
            name, state, _("its TLS certificate is not trusted: {outcome}", outcome=outcome), action
        )
    action = _(
        "check DNS, the firewall and the proxy: this machine must reach {host} on port {port}",
        host=origin.host,
        port=origin.port,
    )
    return Check(name, state, str(outcome), action)


def _causes(error: BaseException) -> Iterator[str]:
    cause: BaseException | None = error
    while cause is not None:
        yield type(cause).__name__
        cause = cause.__cause__ or cause.__context__


def clock(response: Response | None, now: float) -> Check | None:
    """Check this machine's clock; returns None if no response contains the time.

    Args:
        response: a response with a `Date` header.
        now: seconds since 1970, by this machine's clock.
    """
    try:
        theirs = parsedate_to_datetime(response.headers["Date"]).timestamp() if response else None
    except (KeyError, TypeError, ValueError, OverflowError):
        theirs = None
    if theirs is None:
        return None
    off = now - theirs
    told = (
        _("{seconds:.0f} s ahead of the server", seconds=off)
        if off > 0
        else _("{seconds:.0f} s behind the server", seconds=abs(off))
    )
    action = _(
        "synchronize the clock (NTP): WeChat Pay rejects requests that are more than 300 s off"
    )
    if abs(off) > CLOCK_SKEW:
        return Check("clock", "fail", told, action)
    return (
        Check("clock", "warn", told, action)
        if abs(off) > SLOW_CLOCK
        else Check("clock", "ok", told)
    )


def signed_call(outcome: Response | WeChatPayError) -> Check:
    """Check the outcome of a signed call of GET v3/certificates.

    Args:
        outcome: the response, or the error.
    """
    name = _("signed call")
    if isinstance(outcome, Response):
        by = outcome.headers.get("Wechatpay-Serial", "")
        kind = _("WeChat Pay's public key") if by.startswith(PUBLIC_KEY_ID) else _("a certificate")
        told = _(
            "accepted with HTTP {status_code}; {kind} ({by}) verifies the response",
            status_code=outcome.status_code,
            kind=kind,
            by=by,
        )
        return Check(name, "ok", told)
    if isinstance(outcome, APIError):
        if outcome.verified and outcome.status_code == NO_CERTIFICATES:
            told = _("accepted; this merchant has no platform certificates and uses the public key")
            return Check(name, "ok", told)
        if outcome.status_code == UNAUTHORIZED:
            action = _(
                "compare mchid, serial number and private key: all three must belong to one "
                "certificate of this merchant; for details run wechatpay-chain doctor explain"
            )
            return Check(name, "fail", str(outcome), action)
        key = outcome.request_id or outcome.code
        return Check(name, "fail", str(outcome), f"{EXPLAIN} {shlex.quote(key)}")
    if isinstance(outcome, SignatureError):
        action = {
            "expired": _("synchronize the clock (NTP)"),
            "unknown_serial": _(
                "configure the key with the id in Wechatpay-Serial, or WeChat Pay's public key"
            ),
            "probe": _("retry: WeChat Pay tested whether wrong signatures are rejected"),
        }.get(
            outcome.reason,
            _("compare the configured key of WeChat Pay with the one on the merchant platform"),
        )
        return Check(name, "fail", str(outcome), action)
    if isinstance(outcome, TransportError):
        return Check(name, "fail", str(outcome), _("see the host check above"))
    return Check(name, "fail", str(outcome), _("correct the configuration"))


def v2_call(outcome: Response | WeChatPayError) -> Check:
    """Check the outcome of an APIv2 query of an order that does not exist.

    Args:
        outcome: the response, or the error.
    """
    name = "APIv2 call"
    if isinstance(outcome, APIError) and outcome.code == NO_ORDER and outcome.verified:
        return Check(name, "ok", _("accepted; WECHATPAY_SECRET verifies the response's sign"))
    if isinstance(outcome, Response):
        return Check(name, "ok", "accepted")
    action = _("compare WECHATPAY_SECRET with the APIv2 key on the merchant platform")
    if isinstance(outcome, TransportError):
        action = _("see the host check above")
    elif isinstance(outcome, APIError) and outcome.code not in UNSIGNED_CODES:
        action = f"{EXPLAIN} {shlex.quote(outcome.code)}"
    return Check(name, "fail", str(outcome), action)
