"""The short names of modules: a type checker knows them as it knows the modules."""

from typing import Any, assert_type

import wechatpay_chain.xml
from wechatpay_chain import WeChatPay, canonical
from wechatpay_chain.certificates import download
from wechatpay_chain.ipython import load_ipython_extension
from wechatpay_chain.transport.mock import Answer, MockTransport

assert_type(canonical.nonce(), str)
assert_type(wechatpay_chain.xml.loads(b"<xml><a>1</a></xml>"), dict[str, Any])

answer: Answer = {"code_url": "weixin://wxpay/bizpayurl/up?pr=NwY5Mz9"}
wxpay = WeChatPay(mchid="1900000109", transport=MockTransport(lambda _: answer))
certificates = download(wxpay, "0123456789abcdef0123456789ABCDEF")
load_ipython_extension(None)
