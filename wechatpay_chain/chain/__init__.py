"""A path written as code."""
