"""支付分: service orders that are paid after the service, and what users permit."""
