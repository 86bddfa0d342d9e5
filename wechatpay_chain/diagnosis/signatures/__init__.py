"""Explains failing signatures by comparison of the signed digest with possible inputs."""
