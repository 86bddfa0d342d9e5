"""`wechatpay-chain openapi`: the catalogue as an OpenAPI 3.1 document."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import Any

import click

from ..utils.files import replace
from ..utils.translation import _
from .failure import Failure
from .operations import candidates
from .output import tell, write
from .usage import PathType, examples
from .wording import shown

__all__ = ["openapi"]

WIDTH = 100


@click.command(
    short_help="Print an OpenAPI 3.1 document.",
    epilog=examples("openapi > wechatpay.json", "openapi v3/pay --output pay.yaml"),
)
@click.argument("product", required=False, shell_complete=candidates.products)
@click.option(
    "--json/--yaml",
    "as_json",
    default=None,
    help="The format.  [default: by the extension of FILE, otherwise JSON]",
)
@click.option(
    "-o",
    "--output",
    "target",
    type=PathType(dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="Write to FILE atomically.",
)
def openapi(product: str | None, as_json: bool | None, target: Path | None) -> None:
    """Print an OpenAPI 3.1 document of PRODUCT, or of all products.

    PRODUCT is one that `wechatpay-chain ops tree` lists, such as v3/pay; webhooks/v2 and
    webhooks/v3 have the notifications.
    """
    if as_json is None:
        as_json = target is None or target.suffix.lower() not in (".yaml", ".yml")
    dumps = _json if as_json else _yaml()
    text = dumps(_document(product))
    if target is None or str(target) == "-":
        write(text)
        return
    try:
        _replace(target, text.encode())
    except (OSError, ValueError) as error:
        folder = str(target.parent)
        there = os.path.isdir(folder)  # noqa: PTH112 - Path.is_dir raises where a name is too long
        raise Failure(
            _(
                "{target} could not be written: {value}",
                target=shown(str(target)),
                value=getattr(error, "strerror", None) or error,
            ),
            [] if there else [_("The folder {folder} does not exist.", folder=shown(folder))],
        ) from None
    tell(_("wrote {target}", target=target))


def _document(product: str | None) -> dict[str, Any]:
    from .. import catalogue
    from ..catalogue.documents import WEBHOOKS
    from .operations.similarity import nearest_names

    name = product.strip().strip("/").lower() if product is not None else None
    try:
        return catalogue.document(name)
    except KeyError:
        near = nearest_names(name or "", (*catalogue.products(), *WEBHOOKS))
        hints = [_("Did you mean {near}?", near=", ".join(near))] if near else []
        raise Failure(
            _("the catalogue has no product {value}", value=shown(product or "")),
            [*hints, _("To list the products: wechatpay-chain ops tree")],
        ) from None


def _json(document: dict[str, Any]) -> str:
    from ..catalogue.formatting import dumps

    return dumps(document)


def _yaml() -> Any:
    """Return the YAML writer; a missing package is reported before the work begins."""
    try:
        import yaml
    except ModuleNotFoundError:
        raise Failure(
            _("YAML needs PyYAML, which is not installed"),
            [_('To install it: pip install "wechatpay-chain[cli]"')],
        ) from None
    base: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

    class Dumper(base):  # type: ignore[misc]
        """A dumper without aliases, which few readers support."""

        def ignore_aliases(self, data: Any) -> bool:
            return True

    def dumps(document: dict[str, Any]) -> str:
        text: str = yaml.dump(
            document, Dumper=Dumper, allow_unicode=True, sort_keys=False, width=WIDTH
        )
        return text

    return dumps


def _replace(target: Path, content: bytes) -> None:
    """Write a temporary file and replace the target with it; a symbolic link is kept.

    Devices and pipes are written to directly.
    """
    place = target.resolve()
    if place.exists() and not place.is_file():
        place.write_bytes(content)
        return
    handle, name = tempfile.mkstemp(prefix=f".{place.name}.", suffix=".part", dir=place.parent)
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        part.chmod(_mode(place))
        replace(part, place)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise


def _mode(place: Path) -> int:
    """Return the mode of the replaced file, or the user's default for a new one."""
    if place.exists():
        return place.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
