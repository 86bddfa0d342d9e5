"""Both type checkers, run over a folder, and where they complain."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
MARK = re.compile(r"#\s*E\b(?::\s*(?P<checker>\w+))?")
MYPY_ERROR = re.compile(r"^(?P<file>[^:]+):(?P<line>\d+): error: (?P<message>.*)$", re.M)

THIS_PYTHON = Path(sys.executable)

Found = dict[tuple[str, int], str]
"""What is wrong, by file and line."""


def mypy(folder: Path, project: Path, python: Path = THIS_PYTHON) -> Found:
    """What `mypy --strict` has against the modules of a folder.

    Args:
        folder: whose modules are checked.
        project: an empty folder to check them in, as a user's own who has installed the package.
        python: of the environment that it is installed in.
    """
    shutil.copytree(folder, project, dirs_exist_ok=True)
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--no-error-summary"]
    command += ["--python-executable", str(python)]
    done = subprocess.run(
        [*command, *sorted(path.name for path in project.glob("*.py"))],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    found: Found = {}
    for match in MYPY_ERROR.finditer(done.stdout):
        at = match["file"], int(match["line"])
        found[at] = f"{found.get(at, '')}{match['message']}\n"
    assert bool(found) == bool(done.returncode), done.stdout
    return found


def pyright(folder: Path, project: Path, python: Path = THIS_PYTHON) -> Found:
    """What pyright has against them in strict mode; its arguments are those of `mypy`."""
    shutil.copytree(folder, project, dirs_exist_ok=True)
    settings = {"typeCheckingMode": "strict", "reportUnusedExpression": False}
    (project / "pyrightconfig.json").write_text(json.dumps(settings))
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", str(python)],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    report = json.loads(done.stdout)
    assert report["summary"]["filesAnalyzed"] == len(list(project.glob("*.py"))), done.stdout
    found: Found = {}
    for each in report["generalDiagnostics"]:
        if each["severity"] == "error":
            at = Path(each["file"]).name, each["range"]["start"]["line"] + 1
            found[at] = f"{found.get(at, '')}{each['message']}\n"
    return found


def marked(folder: Path, checker: str) -> set[tuple[str, int]]:
    """The lines that say of themselves that they are wrong.

    Args:
        folder: of the modules.
        checker: whose complaints are asked for; a line may name the one that has them.
    """
    return {
        (path.name, number)
        for path in folder.glob("*.py")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if (mark := MARK.search(line)) and mark["checker"] in (None, checker)
    }
