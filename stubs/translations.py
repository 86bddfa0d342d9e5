"""The messages of the package and their Chinese translations, as a gettext catalogue.

    python stubs/translations.py

updates `wechatpay_chain/locale/zh/LC_MESSAGES/wechatpay_chain.po`: new messages are added without a
translation, and messages no longer in the code are removed. The build hook compiles it to the `.mo`
next to it, which the package reads.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

__all__ = ["compile_catalogue", "current", "read"]

ROOT = Path(__file__).resolve().parent.parent
PATH = Path("locale", "zh", "LC_MESSAGES", "wechatpay_chain.po")
WIDTH = 100
MADE = datetime(2026, 11, 28, tzinfo=UTC)
"""Fixed date of the header, so that it does not appear in every diff."""
KEYWORDS: dict[str, Any] = {"_": None, "N_": None}
CLICK_CALLS: dict[str, Any] = {"_": None, "ngettext": (1, 2)}
CLICK = ("core.py", "decorators.py", "exceptions.py", "formatting.py", "parser.py", "types.py")


def compile_catalogue(package: Path) -> None:
    """Write the `.mo`, unless it exists and is unchanged.

    Args:
        package: the folder `wechatpay_chain`.
    """
    source = package / PATH
    compiled = io.BytesIO()
    write_mo(compiled, read(source))
    target = source.with_suffix(".mo")
    if not target.exists() or target.read_bytes() != compiled.getvalue():
        target.write_bytes(compiled.getvalue())


def read(path: Path) -> Catalog:
    """Read a catalogue of Chinese messages."""
    with path.open("rb") as file:
        return read_po(file, locale="zh", domain="wechatpay_chain")


def current(package: Path) -> Catalog:
    """Return all messages of the code, without translations.

    Args:
        package: the folder `wechatpay_chain`.
    """
    catalogue = Catalog(
        locale="zh",
        domain="wechatpay_chain",
        header_comment="# Chinese messages of wechatpay_chain. `make messages` keeps the list.",
        project="wechatpay_chain",
        version="1",
        creation_date=MADE,
        revision_date=MADE,
        last_translator="wechatpay_chain",
        language_team="zh",
        fuzzy=False,
    )
    methods = [("typed/**", "ignore"), ("**.py", "python")]
    for name, _line, message, _comments, _context in extract_from_dir(
        str(package), method_map=methods, keywords=KEYWORDS
    ):
        catalogue.add(message, locations=[(name, 0)], flags=_flags(message))
    for message in (*_help(), *_click()):
        catalogue.add(message, locations=[("cli", 0)])
    return catalogue


def _flags(message: Any) -> list[str]:
    return ["python-brace-format"] if isinstance(message, str) and "{" in message else []


def _help() -> Iterator[str]:
    """Yield the help texts of all commands and their options.

    The commands of the gateway's products are created when they are used, from their controls.
    """
    from wechatpay_chain.cli.application import application
    from wechatpay_chain.cli.usage import texts
    from wechatpay_chain.gateway.control.products import PRODUCTS, controls_of

    yield from texts(application)
    for product in PRODUCTS.values():
        yield from (control.title for control in controls_of(product).values())


def _click() -> Iterator[str | tuple[str, str]]:
    """Yield click's own messages: `Usage:`, `Missing option`, …, and pairs with a plural form."""
    import click

    for name in CLICK:
        with Path(click.__file__).with_name(name).open("rb") as file:
            for _line, function, message, _comments in extract_python(file, CLICK_CALLS, (), {}):
                if function == "_" and isinstance(message, str):
                    yield message
                elif function == "ngettext" and isinstance(message, tuple):
                    yield message[0], message[1]


def _update(package: Path) -> None:
    path = package / PATH
    known = read(path) if path.exists() else Catalog(locale="zh")
    catalogue = current(package)
    for message in catalogue:
        if message.id and (old := known.get(message.id)) is not None:
            message.string = old.string
    with path.open("wb") as file:
        write_po(file, catalogue, width=WIDTH, sort_output=True, no_location=True)


if __name__ == "__main__":
    _update(ROOT / "wechatpay_chain")
