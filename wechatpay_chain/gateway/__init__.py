"""A local WeChat Pay to develop and test against.

    with Gateway() as gateway:
        wxpay = gateway.client()
        wxpay.v3.certificates.get()

It makes a merchant and a platform with fresh keys, checks every request the way WeChat Pay does,
reports exactly what was wrong, and signs its responses. A request passes through `server.listener`
(sockets), `server.inspection` (is its signature right?), one function of `simulation`, and
`messages.responses` (signing).
"""

from .gateway import Gateway

__all__ = ["Gateway"]
