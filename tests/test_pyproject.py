"""pyproject.toml names the Pythons that CI runs the suite on, and no others."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
CI = (ROOT / ".ci/run").read_text("utf-8")
OLDEST = "3.11"


def listed(name: str) -> list[str]:
    """The words of a variable in the Makefile."""
    match = re.search(rf"^{name} := ((?:.*\\\n)*.*)$", MAKEFILE, re.MULTILINE)
    assert match
    value = re.sub(r"\$\(wildcard (\S+)\)", lambda found: found[1], match[1])
    return value.replace("\\\n", " ").split()


def test_the_classifiers_are_what_ci_runs() -> None:
    prefix = "Programming Language :: Python :: "
    named = [each for each in SETTINGS["project"]["classifiers"] if each.startswith(prefix)]
    assert named == [prefix + version for version in [OLDEST, *listed("NEWER")]]
    for target in ("coverage", "pythons", "test"):
        assert re.search(rf"^[^#].*\bmake .*\b{target}\b|^make {target}\b", CI, re.MULTILINE)


def test_the_oldest_is_the_same_everywhere() -> None:
    assert SETTINGS["project"]["requires-python"] == f">={OLDEST}"
    assert SETTINGS["tool"]["ruff"]["target-version"] == f"py{OLDEST.replace('.', '')}"
    assert f"sys.version_info >= ({OLDEST.replace('.', ', ')})" in MAKEFILE
    assert f"Python {OLDEST}" in CI


def test_what_the_newer_pythons_leave_out_exists() -> None:
    assert [path for path in listed("LEFT_OUT") if not list(ROOT.glob(path))] == []


def test_what_ci_runs_without_coverage_exists() -> None:
    """Bash expands the names as CI does; none is left that names no file."""
    block = re.search(r"^repetitive=\(\n.*?^\)$", CI, re.MULTILINE | re.DOTALL)
    assert block
    script = f'{block[0]}; printf "%s\\n" "${{repetitive[@]}}"'
    named = subprocess.run(
        ["bash", "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert len(named) > 5
    assert [path for path in named if not (ROOT / path).exists()] == []
