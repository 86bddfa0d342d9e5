"""`wechatpay-chain gateway`: run a gateway, and control a running one."""
