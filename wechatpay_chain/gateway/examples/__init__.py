"""Example calls against a gateway of their own: `python -m wechatpay_chain.gateway.examples`."""
