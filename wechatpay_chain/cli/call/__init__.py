"""`wechatpay-chain call`: make one call."""
