"""`wechatpay-chain ops`: searches and shows the catalogue."""
