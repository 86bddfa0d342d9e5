"""The files of a program: found, read as they are, and written whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

__all__ = ["found", "module_of", "write"]

SKIPPED = {"__pycache__", "build", "dist", "node_modules", "site-packages"}


def found(path: Path) -> Iterator[Path]:
    """Yield the Python files of a folder and its subfolders, in order; or the one file.

    Hidden folders, environments and caches are left out, and so is what a link leads to.

    Args:
        path: the path of the folder or the file.
    """
    if not path.is_dir():
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(
            name
            for name in folders
            if name not in SKIPPED
            and not name.startswith(".")
            and not (Path(folder) / name / "pyvenv.cfg").exists()
        )
        for name in sorted(names):
            file = Path(folder) / name
            if file.suffix in (".py", ".pyi") and not file.is_symlink():
                yield file


def module_of(file: Path, importer: Path, root: Path) -> Iterator[str]:
    """Return the names by which a file can import another one.

    Args:
        file: the file that is imported.
        importer: that imports it.
        root: the root of the program.
    """
    whole = file.with_suffix("")
    parts = whole.relative_to(root).parts if whole.is_relative_to(root) else (whole.name,)
    parts = parts[:-1] if parts[-1] == "__init__" else parts
    for start in range(len(parts)):
        yield ".".join(parts[start:])
    if root.name and parts:
        yield ".".join([root.name, *parts])
    folder = importer.parent
    for dots in range(1, 4):
        if whole.is_relative_to(folder):
            below = [each for each in whole.relative_to(folder).parts if each != "__init__"]
            yield "." * dots + ".".join(below)
        folder = folder.parent


def write(path: Path, content: bytes) -> None:
    """Replace a file's content atomically, and keep its mode.

    Args:
        path: the path of the file.
        content: for it.

    Raises:
        OSError: it could not be written; it is as it was.
    """
    target = path.resolve()
    mode = stat.S_IMODE(target.stat().st_mode)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
