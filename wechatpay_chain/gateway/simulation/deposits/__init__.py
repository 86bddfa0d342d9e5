"""Deposits (押金) of APIv2."""
