"""An application that PyInstaller has frozen runs every part, by the package's own hook."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from wechatpay_chain import catalogue
from wechatpay_chain.contrib.pyinstaller import hook_directories

EXCLUDED = (
    *("IPython", "PIL", "aioresponses", "celery", "coverage", "cryptography.hazmat.bindings._test"),
    *("django", "duckdb", "fastapi", "flask", "hypothesis", "matplotlib", "mcp", "mypy", "numpy"),
    *("openpyxl", "opentelemetry", "pandas", "polars", "pyarrow", "pyspark", "pytest", "redis"),
    *("scipy", "sqlalchemy", "sqlglot", "taskiq", "tkinter", "uvicorn", "wechatpayv3", "wechatpy"),
)
"""What this environment has, and the program does not use: it would take minutes to collect."""


def test_the_hook_is_where_the_entry_point_says() -> None:
    (folder,) = hook_directories()
    assert Path(folder, "hook-wechatpay_chain.py").is_file()


def test_a_frozen_program_runs_every_part(tmp_path: Path) -> None:
    if importlib.util.find_spec("PyInstaller") is None:
        assert os.environ.get("PACKED_TEST") != "required", "PyInstaller is missing: make packed"
        pytest.skip("PyInstaller is not installed: make packed")
    program = Path(__file__).with_name("program.py")
    options = ("--noconfirm", "--log-level", "ERROR", "--onedir", "--name", "shop")
    options += ("--additional-hooks-dir", *hook_directories())
    for name in EXCLUDED:
        options += ("--exclude-module", name)
    places = ("--distpath", "dist", "--workpath", "work", "--specpath", "spec")
    subprocess.run(
        [sys.executable, "-m", "PyInstaller", *options, *places, str(program)],
        cwd=tmp_path,
        check=True,
        timeout=600,
    )
    frozen = tmp_path / "dist" / "shop" / "shop"
    done = subprocess.run(
        [str(frozen), str(tmp_path / "data")],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    *listed, told = done.stdout.splitlines()
    assert json.loads(told) == {
        "operations": len(catalogue.operations()),
        "call": True,
        "filled": True,
        "mutual TLS": "ORDERNOTEXIST",
        "notification": "TRANSACTION.SUCCESS",
        "hint": True,
        "_gateway/": 200,
        "_gateway/static/app.js": 200,
        "bill": ["frozen-1"],
    }
    assert len(json.loads("\n".join(listed))) > 10
