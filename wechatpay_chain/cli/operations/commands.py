"""`wechatpay-chain ops`: searches, shows and lists operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ...utils.translation import _
from ..failure import Failure
from ..output import is_terminal, page, table, tell, write, write_json
from ..usage import examples, json_option
from ..wording import counted, shown
from . import candidates
from .lookup import METHODS, as_path, one_operation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...catalogue import Operation

__all__ = ["ops"]

ON_A_SCREEN = 20


@click.group(short_help="Find operations, and show how to call them.")
def ops() -> None:
    """Find operations, show how to call them, and browse the catalogue."""


@ops.command(
    short_help="Search operations by words.",
    epilog=examples("ops search 退款", "ops search native post", "ops search v2/ 红包 --json"),
)
@click.argument("words", nargs=-1, required=True, metavar="WORD...")
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    metavar="N",
    help=f"Show at most N, 0 for all.  [default: {ON_A_SCREEN} in a terminal, otherwise all]",
)
@json_option
def search(words: tuple[str, ...], limit: int | None, as_json: bool) -> None:
    """List the operations that contain every WORD, best match first.

    The search covers titles, products, paths and chains, and ignores case.
    """
    from ... import catalogue
    from ...display.layout import Column, Line, Span, Table, text
    from .describe import path_line, title_line
    from .json_records import in_short

    if not " ".join(words).strip():
        raise click.UsageError(_("WORD is empty: pass a search term, such as 退款."))
    found = catalogue.search(" ".join(words))
    if limit is None:
        limit = ON_A_SCREEN if is_terminal() and not as_json else 0
    listed = found[:limit] if limit else found
    if as_json:
        write_json([in_short(operation) for operation in listed])
    if not found:
        raise _nothing(" ".join(words).split())
    if not as_json:
        rows: list[tuple[Line, ...]] = [
            (
                (Span(each.method, each.verb),),
                path_line(each.path),
                title_line(each),
                text(", ".join(tag for tag in each.tags if tag != each.product), "aside"),
                text(each.page or "", "aside"),
            )
            for each in listed
        ]
        columns = [
            *(Column(_("method")), Column(_("path"), "path")),
            *(Column(_("title")), Column(_("product"))),
        ]
        if is_terminal():  # the tree has no space for an address in each row
            table(Table(tuple(columns), tuple(row[:-1] for row in rows)))
            if listed and listed[0].page:
                tell(f"{listed[0].title}: {listed[0].page}")
        else:
            table(Table((*columns, Column(_("page"))), tuple(rows)))
    if len(listed) < len(found):
        tell(_("{count} of {count_2}; --limit 0 shows all", count=len(listed), count_2=len(found)))


def _nothing(words: Sequence[str]) -> Failure:
    """Return an error with the count of each word, and similar words for unknown ones."""
    from ... import catalogue
    from .similarity import nearest

    texts = [
        text
        for each in catalogue.operations()
        for text in (each.title, each.path, *each.tags, ".".join(each.attributes))
    ]
    hints = []
    for word in dict.fromkeys(words):
        count = len(catalogue.search(word))
        if count:
            hints.append(_("  {word} has {counted}", word=shown(word), counted=counted(count)))
            continue
        near = nearest(word.lower(), texts)
        meant = _("; did you mean {near}?", near=", ".join(near)) if near else ""
        hints.append(
            _("  {word} does not occur in any operation{meant}", word=shown(word), meant=meant)
        )
    hints.append(_("To browse: wechatpay-chain ops tree"))
    wanted = " and ".join(map(shown, words[:5]))
    return Failure(_("no operation contains {wanted}", wanted=wanted), hints)


@ops.command(
    short_help="Show an operation and six ways to call it.",
    epilog=examples(
        "ops show POST v3/refund/domestic/refunds",
        "ops show https://api.mch.weixin.qq.com/v3/pay/transactions/id/42",
        "ops show wxpay.v3.pay.transactions.native.post --code --async",
    ),
)
@click.argument(
    "operation",
    nargs=-1,
    required=True,
    metavar="[METHOD] PATH",
    shell_complete=candidates.operations,
)
@click.option(
    "--style",
    type=click.Choice(["attribute", "chain", "bracket"]),
    help="Show only calls in this style.",
)
@click.option("--async/--sync", "is_async", default=None, help="Show only calls of this kind.")
@click.option("--full", is_flag=True, help="Write out the arguments of every call.")
@click.option("--code", is_flag=True, help="Print only the calls.")
@json_option
def show(
    operation: tuple[str, ...],
    style: str | None,
    is_async: bool | None,
    full: bool,
    code: bool,
    as_json: bool,
) -> None:
    """Show an operation: its parameters, six ways to call it, and its response.

    PATH is a template or a concrete path; a URL, an attribute chain, an operationId or a title also
    works. METHOD is needed only if the path has several.
    """
    from ...catalogue.code_samples import code_samples
    from .describe import calls_of, operation_page
    from .json_records import in_full

    shown_one = one_operation(*_method_and_path(operation))
    calls = [
        each
        for each in code_samples(shown_one)
        if style in (None, each.name) and is_async in (None, each.is_async)
    ]
    url = _url(shown_one)
    if as_json:
        write_json(in_full(shown_one, url, calls))
    elif code:
        write(f"{calls_of(calls, full)}\n")
    else:
        page(operation_page(shown_one, url, calls, full))


def _method_and_path(words: tuple[str, ...]) -> tuple[str | None, str]:
    """Return the method and the path in an argument; raises a usage error if it has none."""
    if len(words) > 2:
        raise click.UsageError(
            _(
                "{count} arguments are too many: expected METHOD and PATH, such as GET "
                "v3/certificates. Quote arguments with spaces.",
                count=len(words),
            )
        )
    if len(words) == 1:
        if words[0].strip().upper() in METHODS:
            raise click.UsageError(
                _(
                    "the path is missing, for example: {words} v3/certificates.",
                    words=words[0].strip().upper(),
                )
            )
        return None, words[0]
    method = words[0].strip().upper()
    if method not in METHODS:
        raise click.UsageError(
            _(
                "{words} is not an HTTP method that WeChat Pay uses; expected {methods} or "
                "{methods_2}.",
                words=shown(words[0]),
                methods=", ".join(METHODS[:-1]),
                methods_2=METHODS[-1],
            )
        )
    return method, words[1]


def _url(operation: Operation) -> str:
    from ...chain.uri import DEFAULT_BASE_URI

    return f"{operation.base_uri or DEFAULT_BASE_URI}{operation.path.removeprefix('v2/')}"


@ops.command(
    short_help="Show the tree of paths, or list the products.",
    epilog=examples("ops tree", "ops tree v3/offlineface", "ops tree v3/marketing --depth 2"),
)
@click.argument("path", default="", shell_complete=candidates.branches)
@click.option(
    "--depth", type=click.IntRange(min=1), metavar="N", help="Show N segments below PATH."
)
@json_option
def tree(path: str, depth: int | None, as_json: bool) -> None:
    """Show the paths below PATH as a tree, with their verbs and titles.

    Without PATH, or for v2 and v3, list the products.
    """
    from . import path_tree

    root = path_tree.grow(as_path(path), shown(path))
    levels = root.segments_to_products
    if as_json:
        write_json(root.record(depth or levels or None))
    elif levels and depth is None:
        table(root.products())
    else:
        page([[root.branch(depth)]])
