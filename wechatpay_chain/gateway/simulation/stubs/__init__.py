"""Responses of operations that are not simulated, generated from their schema."""
