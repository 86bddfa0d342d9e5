"""平台证书: platform certificates."""
