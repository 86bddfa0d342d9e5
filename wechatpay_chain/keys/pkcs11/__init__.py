"""Signing with a merchant's key in an HSM through PKCS#11 (extra `pkcs11`, python-pkcs11).

from wechatpay_chain.keys.pkcs11 import PKCS11Signer

key = PKCS11Signer("/usr/lib/softhsm/libsofthsm2.so", token="wechatpay", pin="…")
wxpay = WeChatPay(mchid="1900000109", private_key=key, certs={…})
"""

from __future__ import annotations

from .signer import PKCS11Signer

__all__ = ["PKCS11Signer"]
