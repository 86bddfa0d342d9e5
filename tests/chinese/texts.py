"""The Chinese texts of the project, each with the place that it stands at.

What others worded is left out: the names and descriptions of the catalogue, the columns of bills,
and the messages of the simulation, which repeat those of WeChat Pay.
"""

from __future__ import annotations

import ast
import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

__all__ = ["HAN", "ROOT", "Text", "texts"]

ROOT = Path(__file__).parents[2]
HAN = re.compile(r"[\u4e00-\u9fff]")
WORD = re.compile(r"[A-Za-z]+")

MARKDOWN = ("README.zh-CN.md", "CONTRIBUTING.zh-CN.md", "docs/zh/**/*.md")
DIAGRAMS = "docs/_diagrams/zh/*.txt"
SCRIPTS = ("wechatpay_chain/gateway/console/static/*.js", "docs/_static/*.js")
PYTHON = ("docs/_ext/**/*.py", "examples/**/*.py", "wechatpay_chain/**/*.py")
OTHERS = (
    "wechatpay_chain/bills/forms/",
    "wechatpay_chain/bills/reading/",
    "wechatpay_chain/bills/rows/",
    "wechatpay_chain/catalogue/example.py",
    "wechatpay_chain/display/amounts.py",
    "wechatpay_chain/gateway/server/",
    "wechatpay_chain/gateway/simulation/",
    "wechatpay_chain/testing/bills/",
    "wechatpay_chain/testing/cassettes/hiding/placeholders.py",
    "wechatpay_chain/typed/",
)
"""Files and folders whose strings are WeChat Pay's words, or data meant to be hard to read."""
TRANSLATED = "wechatpay_chain/**/*.po"
EXPLANATIONS = "wechatpay_chain/catalogue/explanations.tsv"
STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`')
MESSAGE = re.compile(r'^msgstr(?:\[\d\])? ((?:"[^\n]*"\n?)+)', re.M)


class Text(NamedTuple):
    """A text, or a file of it.

    Attributes:
        path: of its file, from the root of the repository.
        line: at which it begins, from 1.
        kind: `markdown`, or `text` for a text without markup.
        content: the text.
    """

    path: str
    line: int
    kind: str
    content: str


def texts(root: Path = ROOT) -> Iterator[Text]:
    """All of them.

    Args:
        root: the repository.
    """
    for path in _files(root, *MARKDOWN):
        yield Text(_name(path, root), 1, "markdown", path.read_text("utf-8"))
    for path in _files(root, DIAGRAMS):
        yield Text(_name(path, root), 1, "text", path.read_text("utf-8"))
    for path in _files(root, *PYTHON):
        if not _name(path, root).startswith(OTHERS):
            yield from _of_python(_name(path, root), path.read_text("utf-8"))
    for path in _files(root, *SCRIPTS):
        yield from _of_script(_name(path, root), path.read_text("utf-8"))
    for path in _files(root, TRANSLATED):
        yield from _of_catalogue(_name(path, root), path.read_text("utf-8"))
    for path in _files(root, EXPLANATIONS):
        with path.open(encoding="utf-8", newline="") as file:
            for number, row in enumerate(csv.DictReader(file, delimiter="\t"), 2):
                yield Text(_name(path, root), number, "text", row["zh"])


def _files(root: Path, *patterns: str) -> Iterator[Path]:
    for pattern in patterns:
        yield from sorted(root.glob(pattern))


def _name(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def _of_python(path: str, source: str) -> Iterator[Text]:
    tree = ast.parse(source)
    documentation = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or id(node) in documentation:
            continue
        if isinstance(node.value, str) and _is_chinese(node.value):
            yield Text(path, node.lineno, "text", node.value)


def _is_chinese(content: str) -> bool:
    """Whether it is a Chinese text, and not an English one that names something in Chinese."""
    return 2 * len(HAN.findall(content)) > len(WORD.findall(content))


def _of_script(path: str, source: str) -> Iterator[Text]:
    for match in STRING.finditer(source):
        if _is_chinese(match[0]):
            yield Text(path, source.count("\n", 0, match.start()) + 1, "text", match[0][1:-1])


def _of_catalogue(path: str, source: str) -> Iterator[Text]:
    for match in MESSAGE.finditer(source):
        content = "".join(ast.literal_eval(line) for line in match[1].splitlines())
        if HAN.search(content):
            yield Text(path, source.count("\n", 0, match.start()) + 1, "text", content)
