"""Fetches and decrypts platform certificates, which then verify the response that contains them.

A merchant without a platform certificate cannot verify the response that contains the first one.
AES-GCM solves the problem: only WeChat Pay knows `apiv3_key` besides the merchant, so only WeChat
Pay can have encrypted the certificates. Until the signature is verified, the client relies on
nothing else in the response: a `serial_no` must match its certificate, and the client reads the
validity period from the certificate instead of `effective_time` and `expire_time`.
Source: https://pay.weixin.qq.com/doc/v3/merchant/4012551764
"""

from __future__ import annotations

import logging
import time
from collections.abc import Coroutine, Mapping
from typing import TYPE_CHECKING, Any

from ..crypto import aes
from ..flow import Flow, Handler, Middleware
from ..messages.request import Request
from ..messages.response import MAX_UNVERIFIED_JSON, Response, ResponseError
from ..stack import Stacks
from ..utils.display import printable
from ..utils.exceptions import ConfigurationError, DecryptionError
from ..utils.secret import Secret, hide
from .credential import Platform
from .platform_key import PlatformKey, load, same_key
from .verification import check

if TYPE_CHECKING:
    from cryptography import x509

from typing import Protocol

from ..utils.translation import _

__all__ = ["download", "download_async", "open_certificates", "self_verifier"]

PATH = "v3/certificates"
ALGORITHM = "AEAD_AES_256_GCM"
ASSOCIATED_DATA = "certificate"
MOST = 100
"""Maximum number of certificates in a response; WeChat Pay lists one or two."""

logger = logging.getLogger("wechatpay_chain")


class Client(Protocol):
    """The required part of a `WeChatPay`."""

    stacks: Stacks

    @property
    def platform(self) -> Platform: ...

    def request(self, method: str, path: str, options: Mapping[str, Any]) -> Response: ...

    def request_async(
        self, method: str, path: str, options: Mapping[str, Any]
    ) -> Coroutine[Any, Any, Response]: ...


def download(wxpay: Client, apiv3_key: str) -> dict[str, str]:
    """Fetch the platform certificates in the form of a client's `certs`.

    Args:
        wxpay: a client, with or without `certs`.
        apiv3_key: 32 bytes.

    Returns:
        The currently valid certificates in PEM, by serial number.

    Raises:
        DecryptionError: `apiv3_key` is not the key set on the merchant platform.
        SignatureError: the response was not signed with one of its certificates.
        ResponseError: the response contains something other than valid platform certificates.
        APIError: WeChat Pay rejected the request.
    """
    apiv3_key = hide(apiv3_key)
    key = _key(apiv3_key)
    response = wxpay.request("GET", PATH, {"stack": _stack(wxpay, key)})
    return _pem(_opened(response, key))


async def download_async(wxpay: Client, apiv3_key: str) -> dict[str, str]:
    """Async variant of `download`."""
    apiv3_key = hide(apiv3_key)
    key = _key(apiv3_key)
    response = await wxpay.request_async("GET", PATH, {"stack": _stack(wxpay, key)})
    return _pem(_opened(response, key))


def self_verifier(apiv3_key: str | Secret[bytes], known: Platform) -> Middleware:
    """Return a `verifier` for `GET v3/certificates` that trusts the certificates in the response.

    Args:
        apiv3_key: 32 bytes; decrypts the certificates.
        known: the keys that are already trusted.
    """
    apiv3_key = hide(apiv3_key)
    key = _key(apiv3_key)

    def verify(request: Request, handle: Handler) -> Flow:
        response = yield from handle(request)
        if response.status_code < 400:
            brought = Platform(_opened(response, key))
            signer = response.headers.get("Wechatpay-Serial", "")
            check(known if signer in known else brought, response)
        return response

    return verify


def open_certificates(response: Response, apiv3_key: str | Secret[bytes]) -> dict[str, str]:
    """Return the valid certificates in a response of `v3/certificates`, as PEM by serial number.

    Raises:
        DecryptionError: `apiv3_key` does not decrypt them.
        ResponseError: the response has another form, or contains something other than WeChat Pay's
            X.509 certificates.
    """
    apiv3_key = hide(apiv3_key)
    key = _key(apiv3_key)
    return _pem(_opened(response, key))


def _key(key: object) -> Secret[bytes]:
    return aes.checked_key(key, "apiv3_key")


def _stack(wxpay: Client, key: Secret[bytes]) -> Any:
    return wxpay.stacks["v3"].replace("verifier", self_verifier(key, wxpay.platform))


def _pem(found: Mapping[str, x509.Certificate]) -> dict[str, str]:
    from ..crypto.certificate import pem

    return {serial: pem(cert) for serial, cert in found.items()}


def _opened(response: Response, key: Secret[bytes]) -> dict[str, x509.Certificate]:
    """Return the valid certificates by their own serial numbers."""
    if len(response.content) > MAX_UNVERIFIED_JSON:
        raise _unusable(
            response, _("it has {count} bytes, which is too large", count=len(response.content))
        )
    answer = response.json()
    entries = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(entries, list):
        raise _unusable(response, _("it has no list 'data'"))
    if len(entries) > MOST:
        raise _unusable(
            response,
            _(
                "it has {count} entries; at most {most} are accepted",
                count=len(entries),
                most=MOST,
            ),
        )
    found: dict[str, x509.Certificate] = {}
    for at, entry in enumerate(entries):
        serial, cert = _certificate(response, entry, f"data[{at}]", key)
        if found.setdefault(serial, cert) != cert:
            raise _unusable(
                response, _("two certificates have the serial number {serial}", serial=serial)
            )
    now, valid = time.time(), {}
    for serial, cert in found.items():
        if trouble := _trusted(response, serial, cert).trouble(now):
            logger.warning("the platform certificate %s %s: it is left out", serial, trouble)
        else:
            valid[serial] = cert
    return valid


def _certificate(
    response: Response, entry: Any, place: str, key: Secret[bytes]
) -> tuple[str, x509.Certificate]:
    from ..crypto.certificate import certificate_serial, from_pem

    sealed = entry.get("encrypt_certificate") if isinstance(entry, dict) else None
    if not isinstance(sealed, dict):
        raise _unusable(response, _("{place} has no encrypt_certificate", place=place))
    for name, expected in (("algorithm", ALGORITHM), ("associated_data", ASSOCIATED_DATA)):
        if sealed.get(name) != expected:
            raise _unusable(
                response,
                _(
                    "{place} has {name} {get}, not {expected!r}",
                    place=place,
                    name=name,
                    get=_shown(sealed.get(name)),
                    expected=expected,
                ),
            )
    named = _member(response, entry, "serial_no", place)
    ciphertext = _member(response, sealed, "ciphertext", place)
    nonce = _member(response, sealed, "nonce", place)
    try:
        text = aes.gcm_decrypt(ciphertext, key.reveal(), nonce, ASSOCIATED_DATA)
    except DecryptionError as error:
        raise DecryptionError(
            _("{place} in the response of {path}: {error}", place=place, path=PATH, error=error)
        ) from None
    cert = from_pem(text)
    if cert is None:
        raise _unusable(
            response, _("{place} is not a single X.509 certificate in PEM", place=place)
        )
    serial = certificate_serial(cert)
    if not same_key(serial, named):
        raise _unusable(
            response,
            _(
                "{place} has serial_no {named}, but its certificate has {serial}",
                place=place,
                named=_shown(named),
                serial=serial,
            ),
        )
    return serial, cert


def _member(response: Response, members: dict[str, Any], name: str, place: str) -> str:
    value = members.get(name)
    if isinstance(value, str) and value:
        return value
    raise _unusable(response, _("{place} has no text in {name}", place=place, name=name))


def _trusted(response: Response, serial: str, cert: x509.Certificate) -> PlatformKey:
    try:
        return load(serial, cert)
    except ConfigurationError as error:
        raise _unusable(response, str(error)) from None


def _shown(value: object) -> str:
    return repr(printable(value, 80))


def _unusable(response: Response, why: str) -> ResponseError:
    return ResponseError(
        _(
            "the response of {path} is not a known list of certificates: {why}",
            path=PATH,
            why=why,
        ),
        response,
    )
