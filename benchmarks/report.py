"""How figures are held and shown."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

LIBRARIES = ("wechatpay-chain", "wechatpayv3", "aiohttp", "urllib3", "cryptography")
THEIRS = ("requests", "httpx", "yarl", "multidict")
WIDTHS = (58, 14, 14, 16, 20)


@dataclass(frozen=True)
class Figure:
    """One measured value, and what is wanted of it.

    Attributes:
        name: what was measured.
        value: the outcome.
        wanted: the limit.
        unit: of both.
        at_most: whether the limit is an upper one.
    """

    name: str
    value: float
    wanted: float
    unit: str = "x"
    at_most: bool = True

    @property
    def ok(self) -> bool:
        return self.value <= self.wanted if self.at_most else self.value >= self.wanted


def heading(text: str) -> None:
    """Begin a part."""
    print(f"\n{text}", flush=True)


def line(name: str, *columns: str) -> None:
    """One row of a part's own figures."""
    cells = [name, *columns]
    print("".join(_cell(cell, width, not at) for at, (cell, width) in _laid_out(cells)), flush=True)


def _laid_out(cells: list[str]) -> Iterable[tuple[int, tuple[str, int]]]:
    return enumerate(zip(cells, WIDTHS, strict=False))


def _cell(text: str, width: int, left: bool) -> str:
    return f"{text:<{width}}" if left else f"{text:>{width}}"


def machine() -> None:
    """Say what the figures were measured on."""
    print(f"{_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}")
    print(f"{platform.python_implementation()} {sys.version.split()[0]}")
    print(", ".join(f"{name} {_version(name)}" for name in (*LIBRARIES, *THEIRS)))


def table(figures: Iterable[Figure]) -> None:
    """The end: every figure beside what is wanted of it."""
    heading("in the end")
    line("", "measured", "wanted", "")
    for figure in figures:
        sign = "<=" if figure.at_most else ">="
        line(
            figure.name,
            f"{figure.value:.3f} {figure.unit}",
            f"{sign} {figure.wanted:.2f}",
            "ok" if figure.ok else "MISSED",
        )


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for entry in info.read_text().splitlines():
            if entry.startswith("model name"):
                return entry.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"
