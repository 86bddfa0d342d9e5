"""Imports run one way: no circles, no I/O where the rules are, no rules where the I/O is."""

from __future__ import annotations

import ast
import graphlib
from pathlib import Path

import pytest

import wechatpay_chain

ROOT = Path(wechatpay_chain.__file__).parent
IO = {"aiohttp", "asyncio", "http", "select", "socket", "ssl", "threading", "urllib3", "yarl"}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def imports(path: Path) -> set[str]:
    """What a module loads when it is loaded, by full name."""
    found = set()
    package = module_name(path).split(".")
    if path.name != "__init__.py":
        package = package[:-1]
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            found |= {f"{base}.{alias.name}" for alias in node.names} | {base}
    return found


MODULES = {module_name(path): imports(path) for path in ROOT.rglob("*.py")}


def own(name: str) -> set[str]:
    return {found for found in MODULES[name] if found in MODULES} - {"wechatpay_chain"}


def below(*names: str) -> list[str]:
    return [module for module in MODULES if module.startswith(tuple(names))]


def test_there_are_no_circles():
    packages = {name for name in MODULES if any(m.startswith(f"{name}.") for m in MODULES)}
    graph = {name: own(name) - packages for name in MODULES if name not in packages}
    assert len(list(graphlib.TopologicalSorter(graph).static_order())) >= len(graph)


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in MODULES
        if not name.startswith(("wechatpay_chain.transport", "wechatpay_chain.gateway"))
    ],
)
def test_only_transports_and_the_gateway_do_io(name):
    assert {found.partition(".")[0] for found in MODULES[name]}.isdisjoint(IO)


@pytest.mark.parametrize("name", below("wechatpay_chain.transport"))
def test_transports_know_messages_and_nothing_of_the_protocol(name):
    allowed = {
        "lifetime",
        "messages",
        "headers",
        "errors",
        "display",
        "transport",
        "crypto",
        "authority",
        "secret",
    }
    if name.endswith(".mock"):
        allowed |= {"canonical"}  # it stands for the platform, which signs
    parts = {found.split(".")[1] for found in own(name)}
    assert parts <= allowed


@pytest.mark.parametrize("name", below("wechatpay_chain.middleware"))
def test_middleware_knows_no_face_and_no_transport(name):
    parts = {found.split(".")[1] for found in own(name)}
    assert parts.isdisjoint({"client", "chain", "options", "stack", "transport", "gateway"})


def test_nothing_but_the_gateway_knows_the_gateway():
    for name in MODULES:
        if not name.startswith("wechatpay_chain.gateway"):
            assert not any(found.startswith("wechatpay_chain.gateway") for found in own(name)), name


def test_modules_have_one_subject_and_a_docstring():
    for path in ROOT.rglob("*.py"):
        source = path.read_text("utf-8")
        assert len(source.splitlines()) <= 400, path.name
        assert ast.get_docstring(ast.parse(source)), path.name
