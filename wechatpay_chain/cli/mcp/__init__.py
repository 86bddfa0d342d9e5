"""`wechatpay-chain mcp`: the catalogue and a gateway for coding assistants."""
