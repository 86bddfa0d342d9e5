"""Programs to copy from; each is a folder."""
