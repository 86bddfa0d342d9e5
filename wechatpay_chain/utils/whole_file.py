"""Files that appear once they are complete."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .exceptions import ConfigurationError
from .files import replace, why_not

__all__ = ["whole"]


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Write a file beside its place, and move it there at the end.

    Args:
        path: of the file; its folder is made where it is missing.

    Yields:
        `NAME.part`, to be written; it is removed where that fails.

    Raises:
        ConfigurationError: the file cannot be written; whatever was there before is untouched.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield part
            replace(part, path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {why_not(error)}") from None
