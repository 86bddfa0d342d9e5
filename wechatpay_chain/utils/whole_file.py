"""Files that appear only when they are complete."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .exceptions import ConfigurationError
from .files import assert_path, replace, why_not
from .private_files import make
from .translation import _

__all__ = ["whole"]

NAME_LENGTH = 50
"""Characters of the file name used in the name of its part file: names have at most 255 bytes."""


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Write a file next to its final place, and move it there at the end.

    An existing file keeps its mode; a new file is accessible only to its owner.

    Args:
        path: the path of the file; its folder is created if it does not exist.

    Yields:
        The path of an empty file to write; it is removed on failure.

    Raises:
        ConfigurationError: the file cannot be written; an existing file stays unchanged.
    """
    assert_path(path)
    part = path.with_name(f".{path.name[:NAME_LENGTH]}.{secrets.token_hex(8)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(make(part))
        try:
            yield part
            with contextlib.suppress(OSError):  # no existing file, or a file system without modes
                part.chmod(path.stat().st_mode & 0o777)
            replace(part, path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ConfigurationError(
            _("{path} cannot be written: {why_not}", path=path, why_not=why_not(error))
        ) from None
