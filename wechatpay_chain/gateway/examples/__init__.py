"""Example calls against their own gateway: `python -m wechatpay_chain.gateway.examples`."""
