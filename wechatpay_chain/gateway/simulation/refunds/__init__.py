"""退款: refunds, APIv2 and APIv3."""
