"""Checks user functions when they are registered."""

from __future__ import annotations

import inspect
from typing import Any

from ..utils.display import printable, represented
from ..utils.exceptions import ConfigurationError
from ..utils.translation import _

__all__ = ["assert_fitting", "name_of"]


def assert_fitting(function: Any, first: str, *, is_async: bool) -> None:
    """Check that a function accepts its object and a session.

    Args:
        function: the user's function.
        first: the name of its first argument.
        is_async: whether it may be async.

    Raises:
        ConfigurationError: it does not accept these arguments, or it is async and the engine is
            sync.
    """
    if not callable(function):
        raise ConfigurationError(
            _("{represented} is not a function", represented=represented(function))
        )
    try:
        inspect.signature(function).bind(None, None)
    except (TypeError, ValueError):
        raise ConfigurationError(
            _(
                "{name_of} cannot be called with a {first} and a session: expected def "
                "{name_of}({first}, session)",
                name_of=name_of(function),
                first=first,
            )
        ) from None
    if inspect.iscoroutinefunction(function) and not is_async:
        raise ConfigurationError(
            _(
                "{name_of} is async, but the engine is sync: make it a plain function, or use an "
                "engine from create_async_engine",
                name_of=name_of(function),
            )
        )


def name_of(function: Any) -> str:
    """Return the name of a function for a message."""
    name = getattr(function, "__qualname__", type(function).__name__)
    return printable(name.rpartition("<locals>.")[2], 80)
