"""What the parts of the gateway hand each other, and what it sends."""
