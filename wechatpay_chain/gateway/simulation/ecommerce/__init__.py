"""平台收付通: the operations of e-commerce platforms for their sub-merchants."""
