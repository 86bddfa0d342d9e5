"""The options of a download, checked before anything is sent."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable
from typing import Any, TypedDict

from ...middleware.retry import Retry, retry_of
from ...utils.display import represented
from ...utils.exceptions import ConfigurationError
from ...utils.translation import _
from .progress import Progress
from .unpacking import MAX_SIZE

__all__ = ["Options", "Settings", "settings"]

MOST_AT_ONCE = 64
RETRY = Retry()


class Options(TypedDict, total=False):
    """The less common keyword arguments of `download`, which describes them."""

    api: str | None
    appid: str
    institution: bool
    wait: float | datetime.timedelta | None
    force: bool
    concurrency: int
    retry: Retry | None
    max_size: int
    progress: Callable[[Progress], object] | None


@dataclasses.dataclass(frozen=True, slots=True)
class Settings:
    """The options with their defaults."""

    api: str | None = None
    appid: str = ""
    institution: bool = False
    wait: float | datetime.timedelta | None = None
    force: bool = False
    concurrency: int = 4
    retry: Retry | None = RETRY
    max_size: int = MAX_SIZE
    progress: Callable[[Progress], object] | None = None

    @property
    def seconds(self) -> float | None:
        """Seconds to wait for bills that are not ready, or None."""
        if isinstance(self.wait, datetime.timedelta):
            return self.wait.total_seconds()
        return self.wait

    @property
    def once_or_more(self) -> Retry:
        """The retry policy for damaged files."""
        return self.retry or Retry(attempts=1)


def settings(given: Options) -> Settings:
    """Return the options with their defaults.

    Raises:
        ConfigurationError: an option is unknown or invalid.
    """
    options: dict[str, Any] = dict(given)
    known = [each.name for each in dataclasses.fields(Settings)]
    for name in options:
        if name not in known:
            raise ConfigurationError(
                _(
                    "download has no argument {represented}; its arguments are date, kind, type, "
                    "to, sub_mchid, {known}",
                    represented=represented(name),
                    known=", ".join(known),
                )
            )
    found = Settings(**options)
    retry_of(found.retry)
    for name in ("institution", "force"):
        if not isinstance(getattr(found, name), bool):
            raise ConfigurationError(
                _(
                    "{name}={represented}: expected True or False",
                    name=name,
                    represented=represented(getattr(found, name)),
                )
            )
    _number("concurrency", found.concurrency, MOST_AT_ONCE)
    _number("max_size", found.max_size, None)
    if found.progress is not None and not callable(found.progress):
        raise ConfigurationError(
            _(
                "progress={represented}: expected a function",
                represented=represented(found.progress),
            )
        )
    seconds = found.seconds
    is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if seconds is not None and not (is_number and 0 <= seconds <= 30 * 86400):
        raise ConfigurationError(
            _(
                "wait={represented}: expected seconds or a timedelta of at most 30 days",
                represented=represented(found.wait),
            )
        )
    return found


def _number(name: str, value: object, most: int | None) -> None:
    if type(value) is not int or value < 1 or (most is not None and value > most):
        if most is None:
            told = _(
                "{name}={given}: expected a whole number of 1 or more",
                name=name,
                given=represented(value),
            )
        else:
            told = _(
                "{name}={given}: expected a whole number from 1 to {most}",
                name=name,
                given=represented(value),
                most=most,
            )
        raise ConfigurationError(told)
