"""`wechatpay-chain doctor`: diagnoses problems and suggests fixes."""
