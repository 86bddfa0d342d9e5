"""Whoever installs the package has its types, however it is installed, and nothing beside it."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from .support import ROOT, Found, marked, mypy, pyright

pytest.importorskip("hatchling", reason="hatchling comes with the dependency group check")
pytest.importorskip("mypy", reason="the type checkers come with the dependency group check")
pytest.importorskip("pyright", reason="the type checkers come with the dependency group check")

PROGRAM = '''\
"""A part of each face of the package."""

from typing import assert_type

from wechatpay_chain import Merchants, Notification, WeChatPay, bills, catalogue, yuan
from wechatpay_chain.certificates import download
from wechatpay_chain.durable import Inbox, Outbox, Sweeper
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.testing import signed_notification
from wechatpay_chain.transport.mock import MockTransport
from wechatpay_chain.typed.v3.refund import RefundDomesticRefundsPostJSON

__all__ = ["Gateway", "Inbox", "Merchants", "MockTransport", "Notification", "Outbox", "Sweeper"]
__all__ += ["RefundDomesticRefundsPostJSON", "bills", "catalogue", "download"]
__all__ += ["signed_notification", "yuan"]

wxpay = WeChatPay.from_env()
native = wxpay.v3.pay.transactions.native
assert_type(wxpay.v3.certificates.get().json()["data"][0]["serial_no"], str)
assert_type(wxpay["v3/refund/domestic/refunds/{out_refund_no}"].get(out_refund_no="R").text, str)
native.post(json={"appid": "wx"})  # E
native.push()  # E
'''
BUILD = "import sys; from hatchling import build; build.{}(sys.argv[1])"


def built(hook: str, folder: Path, source: Path = ROOT) -> Path:
    """What a hook of PEP 517 or 660 makes."""
    command = [sys.executable, "-c", BUILD.format(hook), str(folder)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    return next(path for path in folder.iterdir() if path.suffix in (".whl", ".gz"))


def wheel(folder: Path) -> Path:
    return built("build_wheel", folder)


def source_distribution(folder: Path) -> Path:
    (folder / "unpacked").mkdir()
    (folder / "made").mkdir()
    with tarfile.open(built("build_sdist", folder)) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    return built("build_wheel", folder / "made", next((folder / "unpacked").iterdir()))


def editable(folder: Path) -> Path:
    pytest.importorskip("editables", reason="it comes with the dependency group check")
    return built("build_editable", folder)


@pytest.fixture(
    scope="module", params=[wheel, source_distribution, editable], ids=lambda make: make.__name__
)
def python(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the package, and with the dependencies of this one."""
    folder = tmp_path_factory.mktemp(request.param.__name__)
    (folder / "dist").mkdir()
    venv.create(folder / "env", with_pip=False)
    variables = {"base": str(folder / "env"), "platbase": str(folder / "env")}
    packages = Path(sysconfig.get_path("purelib", "venv", variables))
    with zipfile.ZipFile(request.param(folder / "dist")) as archive:
        archive.extractall(packages)
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"), "utf-8")
    return folder / "env" / Path(sysconfig.get_path("scripts", "venv", variables)).name / "python"


@pytest.mark.parametrize("checker", [mypy, pyright], ids=lambda checker: checker.__name__)
def test_a_checker_finds_all_types(
    checker: Callable[[Path, Path, Path], Found], python: Path, tmp_path: Path
) -> None:
    (tmp_path / "written").mkdir()
    (tmp_path / "written" / "shop.py").write_text(PROGRAM, "utf-8")
    found = checker(tmp_path / "written", tmp_path / "project", python)
    assert set(found) == marked(tmp_path / "written", checker.__name__), found
