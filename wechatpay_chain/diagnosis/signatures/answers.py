"""Explains failing signatures of APIv3 responses and notifications (`Wechatpay-*` headers)."""

from __future__ import annotations

from collections.abc import Iterator

from ...keys.credential import CLOCK_SKEW
from ...keys.platform_key import PUBLIC_KEY_ID, PlatformKey, same_key
from ...keys.verification import PROBE, SIGNATURE_FIELDS
from ...utils.translation import _
from ..findings import Diagnosis, Finding, finding
from ..keyring import Keyring
from ..transcripts import Message, number
from .bodies import unlike
from .digests import Signed, opened, signature_bytes
from .requests import moment_of
from .variants import Head, bodies, five_lines, matching, three_lines

__all__ = ["explain"]


def explain(
    message: Message, ring: Keyring, now: float | None, request: Message | None = None
) -> Diagnosis:
    """Return the causes for the failing signature of a response or a notification.

    Args:
        message: the response, or the notification's request.
        ring: the configured keys.
        now: when it arrived, in seconds since 1970; None if unknown.
        request: the request of the response, or None.
    """
    stamp, nonce, serial, text = (message.field(name) for name in SIGNATURE_FIELDS)
    if text.startswith(PROBE):
        return Diagnosis([finding("probe", _("its signature begins with {probe}", probe=PROBE))])
    missing = [name for name in SIGNATURE_FIELDS if not message.field(name)]
    if missing:
        detail = _("it has no {missing}", missing=", ".join(missing))
        return Diagnosis([finding("unsigned", detail)])
    found = list(_clock(stamp, message, now))
    if not ring.platform:
        return Diagnosis([*found, finding("no_key", _("no key of WeChat Pay is configured"))])
    signature, odd = signature_bytes(text)
    if odd:
        found.append(finding("signature_format", odd))
    key = ring.named(serial)
    if key is None:
        return Diagnosis([*found, _unknown(serial, ring, signature)])
    signed = opened(signature, key.key)
    if signed is None:
        return Diagnosis([*found, _foreign(key, ring, signature)])
    if key.key == ring.merchant:
        found.append(
            finding(
                "wrong_key_family",
                _("the key configured for {name} is the merchant's", name=key.name),
            )
        )
    difference = _difference(message, stamp, nonce, signed, request)
    return Diagnosis(found + difference.findings, difference.signed)


def _clock(stamp: str, message: Message, now: float | None) -> Iterator[Finding]:
    seconds = number(stamp)
    if seconds is None:
        yield finding(
            "timestamp", _("Wechatpay-Timestamp {stamp!r} is not a number of seconds", stamp=stamp)
        )
        return
    reference = now if now is not None else moment_of(message)
    if reference is not None and abs(seconds - reference) > CLOCK_SKEW:
        off = reference - seconds
        yield finding(
            "clock",
            _("this machine is {seconds:.0f} s ahead", seconds=off)
            if off > 0
            else _("this machine is {seconds:.0f} s behind", seconds=abs(off)),
        )


def _unknown(serial: str, ring: Keyring, signature: bytes) -> Finding:
    """Return the finding for a key that is not configured: another kind, or a renewed one."""
    kinds = {name.startswith(PUBLIC_KEY_ID) for name in ring.platform}
    wanted = serial.startswith(PUBLIC_KEY_ID)
    configured = ", ".join(ring.platform)
    if ring.serial and same_key(serial, ring.serial):
        return finding(
            "wrong_key_family", _("{serial} is the merchant's own certificate", serial=serial)
        )
    if wanted not in kinds:
        what = (_("WeChat Pay's public key"), _("a platform certificate"))
        named, others = what if wanted else what[::-1]
        return finding(
            "wrong_key_family",
            _(
                "{named} signed ({serial}), but {others} is configured ({configured})",
                named=named,
                serial=serial,
                others=others,
                configured=configured,
            ),
        )
    if any(opened(signature, key.key) for key in ring.platform.values()):
        return finding(
            "wrong_serial",
            _("the key is configured under an id other than {serial}", serial=serial),
        )
    return finding(
        "unknown_serial",
        _(
            "{serial} signed; the configured keys are {configured}",
            serial=serial,
            configured=configured,
        ),
    )


def _foreign(key: PlatformKey, ring: Keyring, signature: bytes) -> Finding:
    """Return the finding for a signature that was not made with the named key."""
    for name, other in ring.platform.items():
        if name != key.name and opened(signature, other.key):
            return finding(
                "wrong_key",
                _(
                    "{name} made the signature, but the header names {name_2}",
                    name=name,
                    name_2=key.name,
                ),
            )
    if ring.merchant is not None and key.key == ring.merchant:
        return finding(
            "wrong_key_family",
            _("the key configured for {name} is the merchant's own", name=key.name),
        )
    if ring.merchant is not None and opened(signature, ring.merchant):
        return finding("wrong_key_family", _("the signature was made with the merchant's own key"))
    return finding(
        "wrong_key",
        _("the signature was not made with the key configured for {name}", name=key.name),
    )


def _difference(
    message: Message, stamp: str, nonce: str, signed: Signed, request: Message | None
) -> Diagnosis:
    heads = [Head(tuple(three_lines(stamp, nonce)))]
    if request is not None:
        lines = five_lines(request.method, request.target, stamp, nonce)
        heads.append(Head(tuple(lines), finding("canonical_string", _("a request's five lines"))))
    found = matching(signed, heads, list(bodies(message.body)))
    if found is not None:
        return found
    return Diagnosis([unlike(message, signed, f"{stamp}\n{nonce}\n".encode())])
