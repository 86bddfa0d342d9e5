"""Files keep their encoding, line ends and mode, and are written whole or not at all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("libcst")

from tests.cli.migrate.support import CLIENT
from tests.cli.support import failed, run
from wechatpay_chain.cli.migrate import files

CALL = 'a, b = wxpay.close("订单")\n'


@pytest.mark.parametrize("encoding", ["utf-8", "gbk", "utf-8-sig"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_encoding_and_line_ends_stay(encoding: str, end: str, tmp_path: Path) -> None:
    cookie = f"# coding: {'utf-8' if 'utf' in encoding else encoding}\n"
    text = f"{cookie}# 支付\n{CLIENT}{CALL}".replace("\n", end)
    file = tmp_path / "shop.py"
    file.write_bytes(text.encode(encoding))
    result = run("migrate", "wechatpayv3", str(file), "--write")
    assert result.exit_code == 0, result.output
    after = file.read_bytes()
    assert after.startswith(text[:20].encode(encoding))
    assert "订单" in after.decode(encoding)
    assert after.count(b"\n") == after.count(end.encode())
    compile(after, "shop.py", "exec")


def test_the_mode_stays(tmp_path: Path) -> None:
    file = tmp_path / "shop.py"
    file.write_text(CLIENT)
    file.chmod(0o750)
    assert run("migrate", "wechatpayv3", str(file), "--write").exit_code == 0
    assert file.stat().st_mode & 0o777 == 0o750
    assert [each.name for each in tmp_path.iterdir()] == ["shop.py"]


def test_what_is_no_python_is_left_alone(tmp_path: Path) -> None:
    broken, good = tmp_path / "broken.py", tmp_path / "shop.py"
    broken.write_text(f"{CLIENT}print 'x'\n")
    good.write_text(CLIENT)
    odd = tmp_path / "odd.py"
    odd.write_bytes(b"# coding: no-such-thing\nimport wechatpayv3\n")
    result = run("migrate", "wechatpayv3", str(tmp_path), "--write")
    assert result.exit_code == 1
    assert broken.read_text() == f"{CLIENT}print 'x'\n"
    assert "wechatpay_chain" in good.read_text()
    assert f"{broken}: left unchanged: line 12: not valid Python" in result.stderr
    assert f"{odd}: left unchanged: " in result.stderr
    assert "1 file rewritten, 0 places left to do by hand, 2 files failed" in result.stderr


def test_a_file_that_cannot_be_written_is_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    file = tmp_path / "shop.py"
    file.write_text(CLIENT)
    monkeypatch.setattr(Path, "replace", fail)
    result = run("migrate", "wechatpayv3", str(file), "--write")
    assert result.exit_code == 1
    assert "cannot be written: No space left on device" in result.stderr
    assert file.read_text() == CLIENT
    assert [each.name for each in tmp_path.iterdir()] == ["shop.py"]


def test_a_whole_program(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    (shop / "api").mkdir(parents=True)
    (shop / ".venv").mkdir()
    (shop / "env").mkdir()
    (shop / "env" / "pyvenv.cfg").touch()
    for hidden in (shop / ".venv" / "x.py", shop / "env" / "x.py"):
        hidden.write_text(CLIENT)
    (shop / "clients.py").write_text(CLIENT)
    users = {
        shop / "api" / "absolute.py": "from shop.clients import wxpay\n",
        shop / "api" / "short.py": "from clients import wxpay as wxpay\n",
        shop / "api" / "relative.py": "import os\nfrom ..clients import wxpay\n",
        shop / "near.py": '"""Orders."""\nfrom .clients import wxpay\n',
    }
    for file, text in users.items():
        file.write_text(f"{text}\nx = wxpay.close(number)\n")
    (shop / "other.py").write_text("from elsewhere import wxpay\nwxpay.close(number)\n")
    (shop / "link.py").symlink_to(shop / "clients.py")
    result = run("migrate", "wechatpayv3", str(shop), "--write")
    assert "5 files rewritten" in result.stderr
    for file in users:
        after = file.read_text()
        assert "from wechatpay_chain import APIError\n" in after, file
        assert 'json={"mchid": wxpay.mchid}' in after
    near = (shop / "near.py").read_text().splitlines()
    assert near[:3] == [
        '"""Orders."""',
        "from wechatpay_chain import APIError",
        "from .clients import wxpay",
    ]
    assert (shop / ".venv" / "x.py").read_text() == CLIENT
    assert (shop / "env" / "x.py").read_text() == CLIENT
    assert run("migrate", "wechatpayv3", str(shop), "--write").stdout == ""


def test_lines_are_those_of_the_file_that_was_written(tmp_path: Path) -> None:
    file = tmp_path / "shop.py"
    file.write_text(f'{CLIENT}a, b = wxpay.close("1")\nc = wxpay.close("2")[0]\n')
    result = run("migrate", "wechatpayv3", str(file), "--write")
    lines = file.read_text().splitlines()
    line = lines.index('c = wxpay.close("2")[0]') + 1
    assert f"shop.py:{line}: the result is used in an expression" in result.stderr
    again = run("migrate", "wechatpayv3", str(file), "--write")
    assert f"shop.py:{line}: " in again.stderr  # it is found in the second run too
    assert again.exit_code == 3


def test_without_its_extra(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(CLIENT)
    code = (
        "import importlib.util as u, sys\n"
        "find = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name == 'libcst' else find(name, *a)\n"
        "sys.argv = ['x', 'migrate', 'wechatpayv3', '.']\n"
        "from wechatpay_chain.cli import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr == (
        "Error: libcst is not installed; migrate needs an extra\n"
        'pip install "wechatpay-chain[cli,migrate]"\n'
    )


def test_what_is_asked_for_wrongly(tmp_path: Path) -> None:
    assert "does not exist" in failed("migrate", "wechatpayv3", str(tmp_path / "no"), code=2)
    assert "'wechat'" in failed("migrate", "wechat", str(tmp_path), code=2)
    assert run("migrate", "wechatpy", str(tmp_path)).exit_code == 0


def test_nothing_is_loaded_before_it_is_needed() -> None:
    code = "import sys, wechatpay_chain.cli.application; print('libcst' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_a_folder_is_searched_in_order(tmp_path: Path) -> None:
    for name in ("b.py", "a.pyi", "c.txt"):
        (tmp_path / name).touch()
    assert [each.name for each in files.found(tmp_path)] == ["a.pyi", "b.py"]
