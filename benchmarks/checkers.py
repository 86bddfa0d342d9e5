"""How long a type checker takes over a short script, from nothing: no cache, every stub read."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from .report import Figure, heading, line

SCRIPT = Path(__file__).parents[1] / "tests" / "typing" / "passes" / "a_payment.py"
MODULES = {"mypy": 25.0, "pyright": 10.0}
"""The checkers, and the seconds that are allowed."""


def measure(quick: bool) -> list[Figure]:
    """Check the beginning of a shop's script with each checker that is installed.

    Args:
        quick: once instead of three times.
    """
    heading("type checking: 30 lines, cold, seconds")
    figures = []
    for module, wanted in MODULES.items():
        if importlib.util.find_spec(module) is None:
            line(f"  {module} is not installed (group check)")
            continue
        _check(module)  # pyright fetches itself at its first run
        seconds = median(_check(module) for _ in range(1 if quick else 3))
        line(f"  {module}", f"{seconds:.1f}")
        figures.append(Figure(f"{module} over 30 lines, cold", seconds, wanted, "s"))
    return figures


def _check(module: str) -> float:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "shop.py")
        script.write_text("\n".join(SCRIPT.read_text("utf-8").splitlines()[:30]) + "\n", "utf-8")
        options = {
            "mypy": ["--strict", "--config-file=", f"--cache-dir={folder}/cache", "shop.py"],
            "pyright": ["--pythonpath", sys.executable, "shop.py"],
        }[module]
        begin = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", module, *options],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{module} failed: {done.stdout}{done.stderr}")
        return time.perf_counter() - begin
