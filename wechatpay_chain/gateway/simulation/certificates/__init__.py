"""Platform certificates (平台证书)."""
