"""API paths written as Python attributes."""
