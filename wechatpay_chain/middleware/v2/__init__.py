"""The layers of APIv2: XML and its `sign`."""
