"""现金红包: red packets to users, by APIv2."""
