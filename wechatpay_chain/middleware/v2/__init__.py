"""The layers for APIv2: XML and its `sign`."""
