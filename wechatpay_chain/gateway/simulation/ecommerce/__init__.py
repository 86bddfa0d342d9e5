"""平台收付通: what a platform does for its sub-merchants."""
