"""Programs that are migrated in a folder of their own."""

from __future__ import annotations

from pathlib import Path

from click.testing import Result

from tests.cli.support import run

CLIENT = """\
from wechatpayv3 import WeChatPay, WeChatPayType

wxpay = WeChatPay(
    wechatpay_type=WeChatPayType.NATIVE,
    mchid="1900000109",
    private_key=KEY,
    cert_serial_no="3775B6A45ACD588826D15E583A95F5DD11223344",
    appid="wxd678efh567hg6787",
    apiv3_key="0123456789abcdef0123456789ABCDEF",
    notify_url="https://shop.example/notify",
)
"""
V2_CLIENT = """\
from wechatpy.pay import WeChatPay

client = WeChatPay("wxd678efh567hg6787", "192006250b4c09247ec02edce69f6a2d", "1900000109")
"""


def migrated(folder: Path, text: str, library: str = "wechatpayv3") -> tuple[str, Result]:
    """A program's text afterwards, and what was said of it.

    Args:
        folder: for the file.
        text: of the program.
        library: that it uses.
    """
    file = folder / "shop.py"
    file.write_text(text, "utf-8")
    result = run("migrate", library, str(file), "--write")
    return file.read_text("utf-8"), result


def calls(folder: Path, *lines: str, client: str = CLIENT) -> tuple[str, Result]:
    """What becomes of lines below a client."""
    library = "wechatpayv3" if client is CLIENT or "wechatpayv3" in client else "wechatpy"
    after, result = migrated(folder, client + "".join(f"{line}\n" for line in lines), library)
    return after.partition(")\n")[2], result
