"""Red packets (现金红包) to users, by APIv2."""
