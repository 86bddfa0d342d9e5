"""The short names of modules: each gives the module itself, whatever way it is imported."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import pickle
import sys
from pathlib import Path

import pytest

import wechatpay_chain
from tests.cli.test_process import python
from wechatpay_chain import _aliases
from wechatpay_chain._aliases import ALIASES, AliasFinder

PACKAGE = Path(wechatpay_chain.__file__).parent
BOTH = pytest.mark.parametrize(("alias", "name"), ALIASES.items())


@BOTH
def test_both_names_give_one_module(alias: str, name: str) -> None:
    module = importlib.import_module(alias)
    assert module is importlib.import_module(name) is sys.modules[alias] is sys.modules[name]
    assert module.__name__ == name
    assert module.__spec__ is not None
    assert module.__spec__.name == name


@BOTH
@pytest.mark.parametrize("alias_first", [True, False])
def test_either_name_may_be_imported_first(alias: str, name: str, alias_first: bool) -> None:
    order = (alias, name) if alias_first else (name, alias)
    parent, _, attribute = alias.rpartition(".")
    done = python(
        f"import {order[0]}\nimport {order[1]}\nfrom {parent} import {attribute}\n"
        f"assert {attribute} is {alias} is {name}"
    )
    assert (done.returncode, done.stderr) == (0, b"")


@BOTH
def test_the_stub_lists_what_the_module_exports(alias: str, name: str) -> None:
    stub = PACKAGE.joinpath(*alias.split(".")[1:]).with_suffix(".pyi")
    exported, sources = [], set()
    for node in ast.parse(stub.read_text("utf-8")).body:
        assert isinstance(node, ast.ImportFrom)
        level = "." * node.level
        package = alias.rpartition(".")[0]
        sources.add(importlib.util.resolve_name(f"{level}{node.module}", package))
        for each in node.names:
            assert each.asname == each.name  # only this form exports a name again
            exported.append(each.name)
    assert sources == {name}
    assert sorted(exported) == sorted(importlib.import_module(name).__all__)


def test_every_stub_beside_the_modules_is_of_an_alias() -> None:
    stubs = {*PACKAGE.glob("*.pyi"), *PACKAGE.glob("transport/*.pyi")}
    names = {".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts) for path in stubs}
    assert names == ALIASES.keys()


def test_import_statements() -> None:
    import wechatpay_chain.xml
    from wechatpay_chain import xml
    from wechatpay_chain.messages import xml as same
    from wechatpay_chain.xml import dumps

    assert wechatpay_chain.xml is xml is same
    assert dumps is same.dumps


def test_a_module_can_be_loaded_again() -> None:
    done = python(
        "import importlib, sys\nimport wechatpay_chain.xml as xml\n"
        "old = xml.dumps\nassert importlib.reload(xml) is xml\n"
        "assert xml.dumps is not old\n"
        "assert sys.modules['wechatpay_chain.xml'] is sys.modules['wechatpay_chain.messages.xml']\n"
        "assert xml.__spec__.name == 'wechatpay_chain.messages.xml'"
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_class_can_be_pickled() -> None:
    from wechatpay_chain.transport.mock import MockTransport

    assert pickle.loads(pickle.dumps(MockTransport)) is MockTransport


@BOTH
def test_a_spec_is_found(alias: str, name: str) -> None:
    for module in [each for each in (alias, name) if each in sys.modules]:
        assert importlib.util.find_spec(module) is sys.modules[name].__spec__
    spec = AliasFinder().find_spec(alias)
    assert spec is not None
    assert spec.name == alias


def test_a_module_is_found_before_it_is_imported() -> None:
    done = python(
        "import importlib.util, wechatpay_chain\n"
        "spec = importlib.util.find_spec('wechatpay_chain.xml')\n"
        "assert spec.name == 'wechatpay_chain.xml'"
    )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(
    "name", ["wechatpay_chain.nothing", "wechatpay_chain.xml.nothing", "xml", "", "wechatpay_chain"]
)
def test_no_other_name_is_found(name: str) -> None:
    assert AliasFinder().find_spec(name) is None


def test_no_other_module_is_imported() -> None:
    for name in ("wechatpay_chain.nothing", "wechatpay_chain.xml.nothing"):
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module(name)


def test_installing_again_changes_nothing() -> None:
    before = list(sys.meta_path)
    _aliases.install()
    assert sys.meta_path == before
    assert sum(isinstance(finder, AliasFinder) for finder in before) == 1
