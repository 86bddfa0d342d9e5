"""Finds the operation of a request, and the query parameters written in its path."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import parse_qsl

from ... import catalogue
from ...messages.request import Request
from ...utils.exceptions import ConfigurationError
from ...utils.translation import _

__all__ = ["find", "parameters_of"]


@lru_cache(maxsize=256)
def find(method: str, path: str) -> catalogue.Operation | None:
    """Return an operation, or None if the catalogue does not have it.

    Args:
        method: upper-case HTTP method.
        path: the sent path without the path of `base_uri`; APIv2 paths have no `v2/`.

    Raises:
        ConfigurationError: the catalogue cannot be read.
    """
    path = path.lstrip("/")
    try:
        return catalogue.find(method, path if path[:3].lower() == "v3/" else f"v2/{path}")
    except OSError as error:
        raise ConfigurationError(
            _("fill= and check= need the catalogue, which cannot be read: {error}", error=error)
        ) from error


def parameters_of(request: Request) -> dict[str, str]:
    """Return the query parameters written in the path of a call."""
    return dict(parse_qsl(request.target.partition("?")[2], keep_blank_values=True))
