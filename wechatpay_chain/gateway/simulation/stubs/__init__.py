"""Responses of operations that are not simulated, made from their schema."""
