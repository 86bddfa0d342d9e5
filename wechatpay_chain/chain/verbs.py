"""The verbs that end a chain, and their HTTP methods."""

from __future__ import annotations

__all__ = ["ASYNC_METHODS", "ENDS", "METHODS", "VERBS"]

VERBS = ("get", "post", "put", "patch", "delete")
METHODS = {verb: verb.upper() for verb in VERBS}
ASYNC_METHODS = {f"{verb}_async": verb.upper() for verb in VERBS}
ENDS = METHODS | ASYNC_METHODS
