"""Locates the PyInstaller hook of this package, for the entry point `pyinstaller40`.

An application frozen with PyInstaller then includes the catalogue, the gateway's pages and the
lazily imported modules, without further options.
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["hook_directories"]


def hook_directories() -> list[str]:
    """Return the directories with hooks; called by PyInstaller."""
    return [str(Path(__file__).parent)]
