"""Access control for local clients, web pages of other sites, and clients with the token."""
