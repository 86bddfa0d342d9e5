"""`openapi`: the document, in JSON and YAML, on standard output and in a file."""

from __future__ import annotations

import json
import os
import re
import stat
import sys
from pathlib import Path

import pytest
import yaml

from tests.cli.support import failed, run
from wechatpay_chain import catalogue
from wechatpay_chain.cli import openapi as module


def test_everything() -> None:
    result = run("openapi")
    assert result.stderr == ""
    assert json.loads(result.stdout) == catalogue.document()
    assert "申请退款" in result.stdout


@pytest.mark.parametrize("product", ["v3/pay", "/V3/pay/", "webhooks/v3", "v2/secapi"])
def test_one_product(product: str) -> None:
    assert json.loads(run("openapi", product, "--json").stdout) == catalogue.document(
        product.strip("/").lower()
    )


def test_yaml_says_the_same() -> None:
    text = run("openapi", "v3/pay", "--yaml").stdout
    assert yaml.safe_load(text) == catalogue.document("v3/pay")
    assert text.startswith("openapi: 3.1.0\n")
    assert "Native下单" in text


def test_yaml_has_no_aliases() -> None:
    text = run("openapi", "--yaml").stdout
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    assert yaml.load(text, loader) == catalogue.document()
    assert not re.search(r"[:-] [&*]id\d", text)


@pytest.mark.parametrize(
    ("name", "options", "load"),
    [
        ("pay.json", [], json.loads),
        ("pay.yaml", [], yaml.safe_load),
        ("pay.YML", [], yaml.safe_load),
        ("pay", ["--yaml"], yaml.safe_load),
        ("pay.yaml", ["--json"], json.loads),
    ],
)
def test_a_file(name: str, options: list[str], load: object, tmp_path: Path) -> None:
    target = tmp_path / name
    result = run("openapi", "v3/pay", "--output", str(target), *options)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"wrote {target}\n"
    text = target.read_text("utf-8")
    assert callable(load)
    assert load(text) == catalogue.document("v3/pay")
    assert text.startswith("{") == (load is json.loads)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_dash_is_standard_output() -> None:
    assert json.loads(run("openapi", "v3/pay", "-o", "-").stdout)["openapi"] == "3.1.0"


def test_a_file_is_replaced_and_keeps_its_rights(tmp_path: Path) -> None:
    target = tmp_path / "pay.json"
    target.write_text("old")
    target.chmod(0o600)
    assert run("openapi", "v3/pay", "-o", str(target)).exit_code == 0
    assert json.loads(target.read_bytes())["openapi"] == "3.1.0"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


@pytest.mark.skipif(os.name != "posix", reason="no mask elsewhere")
def test_a_new_file_has_the_rights_that_files_have_here(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.touch()
    target = tmp_path / "pay.json"
    assert run("openapi", "v3/pay", "-o", str(target)).exit_code == 0
    assert target.stat().st_mode == other.stat().st_mode


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    target, link = tmp_path / "real" / "pay.json", tmp_path / "pay.json"
    link.symlink_to(target)
    assert run("openapi", "v3/pay", "-o", str(link)).exit_code == 0
    assert link.is_symlink()
    assert json.loads(target.read_bytes())["openapi"] == "3.1.0"


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="no devices here")
def test_a_device_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    assert run("openapi", "v3/pay", "-o", "/dev/null").exit_code == 0
    assert not Path("/dev/null").is_file()


def test_a_write_that_fails_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    target = tmp_path / "pay.json"
    target.write_text("old")
    monkeypatch.setattr(module.Path, "replace", fail)
    message = failed("openapi", "v3/pay", "-o", str(target))
    assert message == f"Error: {str(target)!r} could not be written: No space left on device\n"
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    message = failed("openapi", "v3/pay", "-o", str(tmp_path / "no" / "pay.json"))
    assert "could not be written: No such file or directory\n" in message
    assert f"The folder {str(tmp_path / 'no')!r} does not exist." in message


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert "is a directory" in failed("openapi", "-o", str(tmp_path), code=2)


def test_no_such_product() -> None:
    message = failed("openapi", "v3/pya")
    assert "the catalogue has no product 'v3/pya'" in message
    assert "Did you mean v3/pay" in message
    assert "Did you mean" not in failed("openapi", "xqzzw")


def test_yaml_without_pyyaml(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    message = failed("openapi", "v3/pay", "--yaml")
    assert "YAML needs PyYAML, which is not installed" in message
    assert 'pip install "wechatpay-chain[cli]"' in message
    assert run("openapi", "v3/pay").exit_code == 0


def test_yaml_without_libyaml(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(yaml, "CSafeDumper", raising=False)
    text = run("openapi", "v3/certificates", "--yaml").stdout
    assert yaml.safe_load(text) == catalogue.document("v3/certificates")
