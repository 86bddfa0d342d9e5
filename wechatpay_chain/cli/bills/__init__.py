"""`wechatpay-chain bills`: a module a command; `group` lists them."""
