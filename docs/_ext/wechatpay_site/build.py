"""Builds the site: a tree for each language, into `_build/html` and `_build/html/zh`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from . import guides
from .labels import CHINESE, ENGLISH

__all__ = ["main"]

BUILD = guides.DOCS / "_build"
HTML = BUILD / "html"

TREES = {ENGLISH: ("en", HTML), CHINESE: ("zh_CN", HTML / "zh")}
"""What Sphinx calls each language, and where its tree goes."""


def main() -> int:
    """0 if both trees were built without a warning."""
    builds = [_begin(*each) for each in ((key, *tree) for key, tree in TREES.items())]
    return max(build.wait() for build in builds)


def _begin(language: str, called: str, output: Path) -> subprocess.Popen[bytes]:
    source = BUILD / "source" / language
    guides.write(language, source)
    options = ["-W", "--keep-going", "-q", "-j", "auto", "-D", f"language={called}"]
    folders = ["-c", guides.DOCS, "-d", BUILD / "doctrees" / language, source, output]
    return subprocess.Popen([sys.executable, "-m", "sphinx", *options, *map(str, folders)])


if __name__ == "__main__":
    sys.exit(main())
