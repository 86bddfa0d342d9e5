"""Where PyInstaller finds the hook of this package: the entry point `pyinstaller40` names it.

An application that is frozen with PyInstaller gets the catalogue, the gateway's pages and the
modules that are imported late, without an option of its own.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["hook_directories"]


def hook_directories() -> list[str]:
    """The directories with hooks; PyInstaller calls this."""
    return [str(Path(__file__).parent)]
