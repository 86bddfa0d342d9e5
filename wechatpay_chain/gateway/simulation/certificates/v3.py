"""Platform certificates."""

from __future__ import annotations

from typing import Any

from ....crypto import aes
from ....messages import canonical
from ...call import Call
from ...messages.exchange import Rejection
from ...state import State
from ...store.identity import Platform, pem
from ..registry import operation

__all__ = ["certificates"]

NONE = "无可用的平台证书，请在商户平台-API安全申请使用微信支付公钥"


@operation("GET", "v3/certificates")
@operation("GET", "v3/global/certificates")
def certificates(call: Call) -> dict[str, Any]:
    """Return the platform certificates, encrypted with the APIv3 key; two during a rotation."""
    identity = call.state.identity
    if not identity.has_certificate:
        raise Rejection(404, "RESOURCE_NOT_EXISTS", NONE)
    return {"data": [_shown(platform, call.state) for platform in identity.platforms]}


def _shown(platform: Platform, state: State) -> dict[str, Any]:
    cert, identity, clock = platform.certificate, state.identity, state.clock
    nonce, associated = canonical.nonce(12), "certificate"
    sealed = aes.gcm_encrypt(pem(cert).decode(), identity.apiv3_key, nonce, associated)
    return {
        "serial_no": platform.serial,
        "effective_time": clock.rfc3339(cert.not_valid_before_utc.timestamp()),
        "expire_time": clock.rfc3339(cert.not_valid_after_utc.timestamp()),
        "encrypt_certificate": {
            "algorithm": "AEAD_AES_256_GCM",
            "nonce": nonce,
            "associated_data": associated,
            "ciphertext": sealed,
        },
    }
