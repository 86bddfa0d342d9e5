"""Python client for WeChat Pay APIv2 and APIv3; an endpoint's path is written as Python attributes.

from wechatpay_chain import WeChatPay

wxpay = WeChatPay(mchid="…", serial="…", private_key="apiclient_key.pem",
                  certs={"PUB_KEY_ID_…": "pub_key.pem"})
order = wxpay.v3.pay.transactions.native.post(json={…}).json()
"""

from . import _aliases, errors
from .chain.node import Chain
from .client import WeChatPay
from .errors import (
    APIError,
    BillDownloadError,
    BillError,
    BillNotReady,
    ClientError,
    ConfigurationError,
    DecryptionError,
    RateLimited,
    ResponseError,
    ServerError,
    SignatureError,
    TransportError,
    TransportTimeout,
    UnknownMerchant,
    WeChatPayError,
)
from .flow import Call, Effect, Flow, Handler, Middleware, Send, Sleep, Wait
from .merchants import Merchants
from .messages.headers import Headers
from .messages.media import Media
from .messages.request import Request
from .messages.response import Response
from .messages.sensitive import Sensitive
from .middleware.retry import Retry
from .notifications.notification import Notification, Reply
from .stack import Stack
from .utils.exceptions import Attempt
from .utils.money import fen_to_yuan, yuan
from .utils.qr import qr_svg
from .utils.version import __version__

_aliases.install()

__all__ = [
    "APIError",
    "Attempt",
    "BillDownloadError",
    "BillError",
    "BillNotReady",
    "Call",
    "Chain",
    "ClientError",
    "ConfigurationError",
    "DecryptionError",
    "Effect",
    "Flow",
    "Handler",
    "Headers",
    "Media",
    "Merchants",
    "Middleware",
    "Notification",
    "RateLimited",
    "Reply",
    "Request",
    "Response",
    "ResponseError",
    "Retry",
    "Send",
    "Sensitive",
    "ServerError",
    "SignatureError",
    "Sleep",
    "Stack",
    "TransportError",
    "TransportTimeout",
    "UnknownMerchant",
    "Wait",
    "WeChatPay",
    "WeChatPayError",
    "__version__",
    "errors",
    "fen_to_yuan",
    "qr_svg",
    "yuan",
]
