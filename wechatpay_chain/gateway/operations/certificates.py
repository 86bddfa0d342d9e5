"""Platform certificates."""

from __future__ import annotations

from typing import Any

from ... import canonical
from ...crypto import aes
from ..exchange import Call
from ..identity import Identity, Platform, pem
from .registry import operation

__all__ = ["certificates"]


@operation("GET", "v3/certificates")
@operation("GET", "v3/global/certificates")
def certificates(call: Call) -> dict[str, Any]:
    """The platform certificates, encrypted with the APIv3 key; two while they are rotated."""
    identity = call.state.identity
    return {"data": [_shown(platform, identity) for platform in identity.platforms]}


def _shown(platform: Platform, identity: Identity) -> dict[str, Any]:
    cert = platform.certificate
    nonce, associated = canonical.nonce(12), "certificate"
    sealed = aes.gcm_encrypt(pem(cert).decode(), identity.apiv3_key, nonce, associated)
    return {
        "serial_no": platform.serial,
        "effective_time": cert.not_valid_before_utc.isoformat(),
        "expire_time": cert.not_valid_after_utc.isoformat(),
        "encrypt_certificate": {
            "algorithm": "AEAD_AES_256_GCM",
            "nonce": nonce,
            "associated_data": associated,
            "ciphertext": sealed,
        },
    }
