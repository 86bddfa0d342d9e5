"""Orders and payments (支付), APIv2 and APIv3."""
