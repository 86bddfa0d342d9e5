"""`wechatpay-chain mcp`: a server of the Model Context Protocol on standard input and output."""

from __future__ import annotations

import click

from ...utils.translation import _
from ..failure import Failure
from ..usage import examples

__all__ = ["mcp"]

NEEDED = "mcp"


@click.command(
    short_help="Serve the catalogue and a gateway to a coding assistant.",
    epilog=examples("mcp", "mcp --gateway wechatpay", "mcp --gateway http://127.0.0.1:8790/"),
)
@click.option(
    "--gateway",
    metavar="DIR|URL",
    help="The gateway to call.  [default: its own, in memory]",
)
def mcp(gateway: str | None) -> None:
    """Serve the catalogue and a gateway to a coding assistant, with the Model Context Protocol.

    The assistant can search and show operations and their code, check snippets with the catalogue
    and a type checker, look up errors, and call the gateway. It cannot call WeChat Pay. Messages
    use standard input and output; the assistant starts the command.
    """
    try:
        from .server import server
    except ImportError as error:
        if error.name is None or error.name.partition(".")[0] != NEEDED:
            raise
        raise Failure(
            _("the package mcp is not installed"),
            [_('Install it: pip install "wechatpay-chain[mcp]"')],
        ) from None
    from .gateway_calls import GatewayCalls

    calls = GatewayCalls(gateway)
    try:
        server(calls).run("stdio")
    finally:
        calls.close()
