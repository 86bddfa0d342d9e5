"""What is raised, printed or returned to a person is marked for translation with `_` or `N_`."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

import wechatpay_chain

PACKAGE = Path(wechatpay_chain.__file__).parent
MARKS = {"N_", "_", "translated"}
SHOWN = {
    *("confirm", "echo", "print", "prompt", "secho", "show", "tell", "warn", "write"),
    *("Column", "Facts", "Heading", "Option", "Span", "text"),
}
"""Functions whose arguments are displayed."""
CLICK = {"BadArgumentUsage", "BadOptionUsage", "BadParameter", "MissingParameter", "UsageError"}
EXCEPTION = re.compile(r"(Error|Exception|Failure|Warning)$")
WORDS = re.compile(r"[A-Za-z]{2,},? [a-z]{2,}")
"""Two words: less is a name or a unit."""
EXCEPTIONS = {
    "bills/forms/statement.py": "the headings of WeChat Pay's files",
    "gateway/call.py": "WeChat Pay's message in a response",
    "gateway/examples": "programs that are read as source",
    "gateway/messages/multipart.py": "WeChat Pay's message in a response",
    "gateway/messages/nesting.py": "WeChat Pay's message in a response",
    "gateway/server/api.py": "WeChat Pay's message in a response",
    "gateway/server/bodies.py": "WeChat Pay's message in a response",
    "gateway/server/inspection.py": "WeChat Pay's message in a response",
    "gateway/server/parties.py": "WeChat Pay's message in a response",
    "gateway/simulation": "WeChat Pay's message in a response",
    "typed": "generated, and raises nothing",
}
"""Paths below the package without translations, and why."""


def trees() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if not any(name == each or name.startswith(f"{each}/") for each in EXCEPTIONS):
            yield name, ast.parse(path.read_text("utf-8"))


def exceptions(sources: list[tuple[str, ast.Module]]) -> set[str]:
    """The names of the package's own exceptions."""
    bases = {
        node.name: {ast.unparse(base).rpartition(".")[2] for base in node.bases}
        for _name, tree in sources
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    found: set[str] = set()
    while True:
        more = {
            name
            for name, above in bases.items()
            if name not in found and (above & found or any(map(EXCEPTION.search, above)))
        }
        if not more:
            return found
        found |= more


def texts(node: ast.expr) -> Iterator[str]:
    """The literal texts of an argument; not those of calls in it, which are arguments there."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(
            str(each.value) if isinstance(each, ast.Constant) else "{}" for each in node.values
        )
    elif isinstance(node, ast.BinOp):
        yield from (*texts(node.left), *texts(node.right))
    elif isinstance(node, ast.BoolOp):
        yield from (text for each in node.values for text in texts(each))
    elif isinstance(node, ast.IfExp):
        yield from (*texts(node.body), *texts(node.orelse))
    elif isinstance(node, ast.List | ast.Tuple):
        yield from (text for each in node.elts for text in texts(each))
    elif isinstance(node, ast.Dict):
        yield from (text for each in node.values for text in texts(each))


def unmarked(name: str, tree: ast.Module, raised: set[str]) -> Iterator[str]:
    """Each displayed text outside of `_`."""
    calls = {
        node.exc
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func).rpartition(".")[2]
        if called in MARKS or called == "AssertionError":  # a bug of this package
            continue
        is_error = bool(EXCEPTION.search(called)) or called in raised | CLICK | {"json_response"}
        if node in calls or is_error or called in SHOWN:
            for argument in (*node.args, *(each.value for each in node.keywords)):
                for text in texts(argument):
                    if WORDS.search(text):
                        yield f"{name}:{argument.lineno}: {text[:100]!r}"


def test_what_is_displayed_is_marked() -> None:
    sources = list(trees())
    raised = exceptions(sources)
    assert {"Failure", "CannotRun", "ControlRejected", "ConfigurationError"} <= raised
    found = [each for name, tree in sources for each in unmarked(name, tree, raised)]
    assert found == [], "mark them with _(…), run `make messages`, and translate what is new"


@pytest.mark.parametrize("path", EXCEPTIONS)
def test_an_exception_is_needed(path: str) -> None:
    assert (PACKAGE / path).exists()


@pytest.mark.parametrize(
    "source",
    [
        'raise ValueError("the key is wrong")',
        'raise ValueError(f"{name}: the key is wrong")',
        'raise X("the key " + name)',
        'raise Failure(_("wrong"), ["choose another one"])',
        'raise x.Own(problem or "no such file")',
        'click.echo("it is done")',
        'print("it is" if done else "")',
        'warnings.warn(f"{name} is deprecated")',
        'raise click.BadParameter(f"not a {name}, but it is")',
        'problem = ConfigurationError("the key is wrong")',
        'json_response({"error": f"no request {number}"}, 404)',
    ],
)
def test_what_the_check_finds(source: str) -> None:
    assert len(list(unmarked("x.py", ast.parse(textwrap.dedent(source)), {"Own"}))) == 1


@pytest.mark.parametrize(
    "source",
    [
        'raise ValueError(_("the key is wrong"))',
        'raise ValueError(_("{name} is wrong", name="the key"))',
        'raise KeyError("total")',
        'raise LookupError(f"{method} {path}")',
        'logger.warning("the key is wrong: %s", key)',
    ],
)
def test_what_the_check_permits(source: str) -> None:
    assert list(unmarked("x.py", ast.parse(source), set())) == []
