"""Checks the arguments of `Invoke`'s methods and converts them to text."""

from __future__ import annotations

from ..messages import canonical
from ..utils.exceptions import ConfigurationError
from ..utils.translation import _

__all__ = ["check", "given_of"]


def check(**given: object) -> dict[str, str]:
    """Return the arguments as text.

    Raises:
        ConfigurationError: an argument is None, empty, or of another type.
    """
    for name, value in given.items():
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise ConfigurationError(
                _(
                    "{name} is of type {type}; expected a str",
                    name=name,
                    type=type(value).__name__,
                )
            )
        if isinstance(value, str) and not value.strip():
            raise ConfigurationError(
                _("{name} is empty: it is required to start the payment or service", name=name)
            )
        if isinstance(value, str) and any("\ud800" <= sign <= "\udfff" for sign in value):
            raise ConfigurationError(
                _("{name} contains a lone surrogate, which is not valid text", name=name)
            )
    return {name: canonical.text(value, name) or "" for name, value in given.items()}


def given_of(**optional: object) -> dict[str, str]:
    """Return the arguments that are not None, as text.

    Raises:
        ConfigurationError: an argument is empty or of another type; pass None to omit it.
    """
    return check(**{name: value for name, value in optional.items() if value is not None})
