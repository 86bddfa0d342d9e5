"""A local WeChat Pay to develop and test against.

    with Gateway() as gateway:
        wxpay = gateway.client()
        wxpay.v3.certificates.get()

It makes a merchant and a platform with fresh keys, checks every request the way WeChat Pay does,
says exactly what was wrong, and signs its answers. A request passes through `server` (sockets),
`inspection` (is it signed as it must be?), one function of `operations`, and `answers` (signing).
"""

from .gateway import Gateway

__all__ = ["Gateway"]
