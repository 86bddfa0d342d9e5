"""The tools of `wechatpay-chain mcp`, with the official package `mcp`.

No tool can call WeChat Pay: calls go to a gateway (`gateway_calls`), and snippets are parsed, not
run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar

import click
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations

from ... import catalogue
from ...catalogue.code_samples import code_samples
from ...catalogue.describe import describe
from ...diagnosis.transcripts import number
from ...utils.display import printable
from ...utils.exceptions import WeChatPayError
from ...utils.translation import _
from ...utils.version import __version__
from ..operations.lookup import one_operation
from . import snippets, type_checker
from .gateway_calls import GatewayCalls

__all__ = ["server"]

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Tool = TypeVar("Tool", bound=Callable[..., str])

LISTED = 20
INSTRUCTIONS = """\
WeChat Pay (微信支付) with the Python package wechatpay_chain. Search for an operation, show it, and
write the call that show_code prints. Then check the snippet with check_snippet, and try the call
with call_gateway: a local WeChat Pay, in which no real money moves. Amounts are integer fen.
"""
READING = ToolAnnotations(read_only_hint=True, open_world_hint=False)
CHANGING = ToolAnnotations(read_only_hint=False, destructive_hint=False, open_world_hint=False)


def server(calls: GatewayCalls) -> MCPServer[Any]:
    """Return the server with its tools.

    Args:
        calls: the calls of the gateway.
    """
    made: MCPServer[Any] = MCPServer(
        "wechatpay-chain", instructions=INSTRUCTIONS, version=__version__, log_level="WARNING"
    )

    def tool(annotations: ToolAnnotations) -> Callable[[Tool], Tool]:
        def register(function: Tool) -> Tool:
            made.tool(annotations=annotations, structured_output=False)(_told(function))
            return function

        return register

    @tool(READING)
    def search_operations(words: str) -> str:
        """Find operations by Chinese or English words, the best match first.

        Args:
            words: such as `退款`, `native`, or `v2 红包`.
        """
        found = catalogue.search(words)
        lines = [f"{each.method} {each.path}  {each.title}" for each in found[:LISTED]]
        more = [_("… and {count} more", count=len(found) - LISTED)] if len(found) > LISTED else []
        return "\n".join([*lines, *more]) or _(
            "no operation contains {words!r}", words=printable(words)
        )

    @tool(READING)
    def show_operation(operation: str) -> str:
        """Show what an operation takes and returns, its errors, and how it is called.

        Args:
            operation: `POST v3/refund/domestic/refunds`, a path, a URL, a chain such as
                `wxpay.v3.certificates.get`, or a title.
        """
        return describe(_operation(operation))

    @tool(READING)
    def show_code(
        operation: str, style: Literal["attribute", "chain", "bracket"] = "attribute"
    ) -> str:
        """Show the call of an operation in Python, sync and async, with example values.

        Args:
            operation: an argument of `show_operation`.
            style: the style of the path.
        """
        samples = code_samples(_operation(operation))
        return "\n\n".join(each.code for each in samples if each.name == style)

    @tool(READING)
    def check_snippet(source: str) -> str:
        """Check Python code that uses `wxpay`: with the catalogue, and with a type checker.

        The code does not run.

        Args:
            source: the code; it may leave out imports, and the client `wxpay`.
        """
        found = snippets.findings(source)
        if any("not Python" in each for each in found):
            return "\n".join(found)
        checker = type_checker.installed()
        if checker is None:
            found.append(_("no type checker is installed: pip install mypy"))
        else:
            found += [f"{each} ({checker})" for each in type_checker.complaints(source, checker)]
        return "\n".join(found) or _(
            "no errors found by the catalogue and {checker}",
            checker=checker or _("no type checker"),
        )

    @tool(READING)
    def explain_error(code: str, operation: str = "") -> str:
        """Explain an error code or error number of WeChat Pay, and what to do about it.

        Args:
            code: such as `OUT_TRADE_NO_USED` or `268435462`.
            operation: the operation that returned it, as for `show_operation`; can be empty.
        """
        known = catalogue.explain(code.strip().upper(), number(code.strip()))
        listed = _operation(operation).errors if operation else ()
        lines = [f"{each.status} {each.code}: {each.en}" for each in listed if each.code == code]
        if known is not None:
            lines.append(
                _(
                    "{code}: {meaning}. What to do: {action}.",
                    code=code,
                    meaning=known.meaning,
                    action=known.action,
                )
            )
        return "\n".join(lines) or _(
            "{code} is unknown; see the message of the error", code=printable(code)
        )

    @tool(CHANGING)
    def call_gateway(
        method: Method,
        path: str,
        json: dict[str, Any] | None = None,
        xml: dict[str, Any] | None = None,
        query: dict[str, Any] | None = None,
    ) -> str:
        """Call an operation of the gateway, a local WeChat Pay; no real money moves.

        Args:
            method: the HTTP method.
            path: with values in it, such as `v3/pay/transactions/out-trade-no/A1`.
            json: the body of an APIv3 request.
            xml: the fields of an APIv2 request.
            query: parameters of the query.
        """
        known = catalogue.find(method, path)
        given = {"json": json, "xml": xml, "query": query}
        security = True if known is not None and known.security else None
        return calls.call(method, path, {**given, "security": security})

    @tool(CHANGING)
    def control_gateway(method: Method, path: str, body: dict[str, Any] | None = None) -> str:
        """Do in the gateway what customers and WeChat Pay do: pay orders, move the time on.

        `POST transactions/NUMBER/pay` pays an order, `POST transactions/NUMBER/fail` lets the
        payment fail, `POST clock {"seconds": 360}` moves the time on, `GET orders`, `GET
        notifications` and `GET requests` list what there is.

        Args:
            method: the HTTP method.
            path: below `/_gateway/`.
            body: members of the request.
        """
        return calls.control(method, path, body)

    return made


def _operation(text: str) -> catalogue.Operation:
    method, _space, path = text.strip().partition(" ")
    is_method = method.upper() in ("GET", "POST", "PUT", "PATCH", "DELETE")
    return one_operation(method.upper(), path) if is_method else one_operation(None, text)


def _told(function: Tool) -> Any:
    """Return the function, with errors that the assistant can read."""
    from functools import wraps

    @wraps(function)
    def call(*arguments: Any, **options: Any) -> str:
        try:
            return function(*arguments, **options)
        except click.ClickException as error:
            hints = getattr(error, "hints", ())
            raise ToolError("\n".join([error.message, *hints])) from None
        except WeChatPayError as error:
            raise ToolError(str(error)) from None

    return call
