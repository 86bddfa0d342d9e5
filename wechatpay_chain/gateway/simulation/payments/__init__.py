"""支付: orders and payments, APIv2 and APIv3."""
