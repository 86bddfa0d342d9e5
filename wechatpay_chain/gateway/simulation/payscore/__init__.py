"""Pay score (支付分): service orders paid after the service, and users' permissions."""
