"""Platform certificates: fetched, decrypted, and used to verify the very answer they came in.

A merchant that has no platform certificate yet cannot verify the answer that brings them. The
circle is closed by AES-GCM: only WeChat Pay, who knows `apiv3_key`, can have encrypted them.
Source: https://pay.weixin.qq.com/doc/v3/merchant/4012551764
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .credential import Platform, normal_serial
from .crypto import aes, keys
from .errors import ConfigurationError, DecryptionError, ResponseError
from .flow import Flow, Handler, Middleware
from .messages import Request, Response
from .middleware.verifier import check

if TYPE_CHECKING:
    from .client import WeChatPay

__all__ = ["download", "download_async", "open_certificates", "self_verifier"]

PATH = "v3/certificates"


def download(wxpay: WeChatPay, apiv3_key: str) -> dict[str, str]:
    """Fetch the platform certificates, ready to be a client's `certs`.

    Args:
        wxpay: a client; it needs no `certs` yet.
        apiv3_key: 32 bytes.

    Returns:
        Serial number to certificate in PEM.

    Raises:
        DecryptionError: `apiv3_key` is not the one set on the merchant platform.
        SignatureError: the answer was not signed with one of the certificates in it.
        APIError: WeChat Pay refused.
    """
    return open_certificates(_call(wxpay, apiv3_key).get(stack=_stack(wxpay, apiv3_key)), apiv3_key)


async def download_async(wxpay: WeChatPay, apiv3_key: str) -> dict[str, str]:
    """The same on the running event loop."""
    response = await _call(wxpay, apiv3_key).get_async(stack=_stack(wxpay, apiv3_key))
    return open_certificates(response, apiv3_key)


def _call(wxpay: WeChatPay, apiv3_key: str) -> Any:
    if len(apiv3_key.encode()) != 32:
        raise ConfigurationError("apiv3_key must be 32 bytes")
    return wxpay.chain(PATH)


def _stack(wxpay: WeChatPay, apiv3_key: str) -> Any:
    return wxpay.stacks["v3"].replace("verifier", self_verifier(apiv3_key, wxpay.platform))


def self_verifier(apiv3_key: str, known: Platform) -> Middleware:
    """A `verifier` for `GET v3/certificates`: it trusts the certificates that the answer holds.

    Args:
        apiv3_key: 32 bytes; opens them.
        known: keys that are trusted already.
    """

    def verify(request: Request, handle: Handler) -> Flow:
        response = yield from handle(request)
        if response.status_code < 400:
            brought = Platform(open_certificates(response, apiv3_key))
            serial = normal_serial(response.headers.get("Wechatpay-Serial", ""))
            check(known if serial in known.serials else brought, response)
        return response

    return verify


def open_certificates(response: Response, apiv3_key: str) -> dict[str, str]:
    """The certificates in an answer of `v3/certificates`: serial number to PEM.

    Raises:
        DecryptionError: `apiv3_key` does not open them.
        ResponseError: the answer is of another form.
    """
    try:
        found = {
            entry["serial_no"]: aes.gcm_decrypt(
                entry["encrypt_certificate"]["ciphertext"],
                apiv3_key,
                entry["encrypt_certificate"]["nonce"],
                entry["encrypt_certificate"].get("associated_data") or "",
            )
            for entry in response.json()["data"]
        }
        for serial, pem in found.items():
            keys.public_key(pem, serial)
    except DecryptionError:
        raise
    except (KeyError, TypeError, AttributeError, ConfigurationError) as error:
        raise ResponseError(
            f"the answer of {PATH} does not hold certificates in the known form", response
        ) from error
    return found
