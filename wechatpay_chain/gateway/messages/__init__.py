"""The messages between the parts of the gateway, and the ones that it sends."""
