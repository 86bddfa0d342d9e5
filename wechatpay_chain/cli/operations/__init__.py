"""`wechatpay-chain ops`: the catalogue on a terminal."""
