"""The folders show the architecture: imports run one way, and every folder has its level."""

from __future__ import annotations

import ast
import graphlib
from pathlib import Path

import pytest

import wechatpay_chain

ROOT = Path(wechatpay_chain.__file__).parent
IO = {"aiohttp", "asyncio", "http", "select", "socket", "ssl", "threading", "urllib3", "yarl"}
PERFORMING = {
    *("transport", "gateway", "gateway.examples", "testing.serving"),
    *("contrib.aiohttp", "contrib.celery"),
}
"""The parts that do I/O as soon as they are loaded."""

GROUND = {"utils"}
DATA = GROUND | {"crypto", "messages"}
ENGINE = DATA | {"errors", "flow", "stack"}
KNOWS = {
    "utils": set[str](),
    "crypto": GROUND,
    "catalogue.documents": GROUND,
    "catalogue.templates": GROUND | {"catalogue.documents"},
    "messages": GROUND | {"crypto", "catalogue.templates", "display"},
    "display": GROUND | {"messages.request", "catalogue"},
    "errors": DATA | {"display"},
    "flow": DATA | {"errors"},
    "stack": DATA | {"errors", "flow"},
    "keys": ENGINE,
    "catalogue": DATA | {"chain.segments"},
    "middleware": ENGINE | {"keys", "catalogue"},
    "notifications": ENGINE | {"keys", "catalogue", "middleware", "display"},
    "invoke": DATA | {"keys"},
    "chain": ENGINE | {"keys", "catalogue", "middleware"},
    "transport": DATA,
    "testing.gateway_url": DATA | {"transport"},
    "testing.connection_file": DATA | {"testing.gateway_url"},
    "testing.fault_names": set[str](),
    "testing.notices": DATA | {"catalogue"},
    "testing.own_keys": {"testing.notices"},
    "testing.strategies": DATA | {"catalogue", "testing.notices"},
    "testing.sent": DATA | {"catalogue.templates"},
    "testing.mock": DATA | {"client", "testing.notices", "testing.own_keys", "testing.sent"},
    "testing.cassettes": DATA
    | {"bills", "catalogue", "client", "flow", "middleware", "testing.own_keys", "testing.sent"},
    "testing": GROUND
    | {"testing.cassettes", "testing.mock", "testing.notices", "testing.own_keys"}
    | {"testing.sent"},
    "client": ENGINE
    | {"keys", "middleware", "notifications", "invoke", "chain", "transport"}
    | {"testing.connection_file"},
    "merchants": ENGINE
    | {"client", "keys", "middleware", "notifications", "transport"}
    | {"testing.connection_file"},
    "durable": ENGINE | {"catalogue", "middleware", "notifications", "client", "merchants"},
    "bills": ENGINE | {"catalogue", "middleware", "client", "merchants", "display"},
    "diagnosis": ENGINE | {"keys", "catalogue", "middleware"},
    "testing.bills": DATA | {"bills"},
    "contrib": set[str](),
    **{
        f"contrib.{name}": GROUND | {"durable"}
        for name in ("aiohttp", "fastapi", "flask", "taskiq")
    },
    "contrib.celery": GROUND | {"durable", "bills"},
    "contrib.django": GROUND | {"flow", "notifications", "durable"},
    "contrib.opentelemetry": ENGINE | {"middleware", "notifications"},
    "testing.serving": GROUND | {"gateway"},
    "testing.pytest_plugin": GROUND | {"client", "gateway", "testing.cassettes", "testing.serving"},
    "gateway": DATA
    | {"keys", "catalogue", "client", "testing.fault_names", "testing.bills", "bills.forms", ""}
    | {"testing.notices", "testing.sent", "diagnosis"},
    "gateway.examples": DATA | {"keys", "notifications", "durable", "gateway", ""},
    "cli": DATA
    | {"errors", "catalogue", "chain", "transport", "client"}
    | {"testing.connection_file", "testing.fault_names", "testing.gateway_url"}
    | {"gateway", "durable", "bills", "diagnosis", "display"},
    "__main__": {"cli"},
}
"""What each part of the package may import, apart from itself; "" is the package's own names."""


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


GENERATED = ROOT / "typed"
PATHS = {module_name(path): path for path in ROOT.rglob("*.py") if GENERATED not in path.parents}


def imports(name: str, *, when_loaded: bool = False) -> set[str]:
    """The full names that a module imports, in functions and `TYPE_CHECKING` blocks too.

    Args:
        name: of the module.
        when_loaded: only what is imported as soon as the module is.
    """
    path, found = PATHS[name], set()
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    tree = ast.parse(path.read_text("utf-8"))
    for node in tree.body if when_loaded else ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            found |= {each if (each := f"{base}.{a.name}") in PATHS else base for a in node.names}
    return found - {name}


MODULES = {name: imports(name, when_loaded=True) for name in PATHS}
EVERYTHING = {name: imports(name) & PATHS.keys() for name in PATHS}


def part(name: str, parts: dict[str, set[str]] | set[str]) -> str:
    """The longest of some names of parts that a module belongs to; its folder where none does."""
    own = name.removeprefix("wechatpay_chain").removeprefix(".")
    fitting = [each for each in parts if own == each or (each and own.startswith(f"{each}."))]
    return max(fitting, key=len, default=own.partition(".")[0])


def test_there_are_no_circles() -> None:
    order = list(graphlib.TopologicalSorter(EVERYTHING).static_order())
    assert len(order) == len(PATHS) > 150


@pytest.mark.parametrize("name", sorted(PATHS.keys() - {"wechatpay_chain"}))
def test_imports_run_one_way(name: str) -> None:
    own = part(name, KNOWS)
    if own == "_aliases":
        assert EVERYTHING[name] == set()
        return
    allowed = KNOWS[own] | {own}
    for found in EVERYTHING[name]:
        assert part(found, allowed) in allowed, f"{own} must not know {found}"


def test_the_engine_alone_composes_stacks() -> None:
    """A layer knows its neighbours through a `Handler` alone."""
    knowing = {name for name, found in EVERYTHING.items() if "wechatpay_chain.stack" in found}
    layers = {name for name in knowing if name.startswith("wechatpay_chain.middleware")}
    assert layers == {"wechatpay_chain.middleware.stacks"}


@pytest.mark.parametrize(
    "name",
    [name for name in PATHS if part(name, KNOWS) not in PERFORMING],
)
def test_only_transports_and_the_gateway_do_io(name: str) -> None:
    assert {found.partition(".")[0] for found in MODULES[name]}.isdisjoint(IO)


@pytest.mark.parametrize("path", sorted(PATHS.values()), ids=module_name)
def test_modules_have_one_subject_and_a_docstring(path: Path) -> None:
    source = path.read_text("utf-8")
    assert len(source.splitlines()) <= 400
    docstring = ast.get_docstring(ast.parse(source))
    assert docstring
    assert "TODO" not in docstring


def test_folders_can_be_read_at_a_glance() -> None:
    count = {
        folder: len(list(folder.glob("*.py"))) for folder in {p.parent for p in PATHS.values()}
    }
    assert count.pop(ROOT) <= 8
    assert {folder: many for folder, many in count.items() if many > 14} == {}
