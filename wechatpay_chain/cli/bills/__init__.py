"""`wechatpay-chain bills`: one module for each command; `group` lists them."""
