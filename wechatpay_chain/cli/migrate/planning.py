"""The plan for each call: it is rewritten, or the user gets the line to write."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

import libcst as cst
from libcst.matchers import Call, findall

from ...utils.translation import _
from .clients import Client
from .mapping import Function, functions
from .reading import Module, arguments, code, dotted
from .rendering import candidates, chosen, rendered
from .substitutes import guess, substitute
from .values import Binding, Unsure, bind

__all__ = ["Finding", "Plan", "planned"]

ATTRIBUTES = {"errcode": "code", "errmsg": "message"}
"""Of an exception of wechatpy, and of `APIError`."""
CLIENT = re.compile("wx|wechat|weixin|pay(?!load)", re.IGNORECASE)
TRANSPORTS = ("requests", "httpx")


@dataclass(frozen=True, slots=True)
class Finding:
    """A place that the user must check.

    Attributes:
        line: the line of the file.
        reason: why it was not rewritten, or what has changed.
        suggestion: the lines to write; empty if there are none.
    """

    line: int
    reason: str
    suggestion: str = ""


@dataclass
class Plan:
    """The plan for a module.

    Attributes:
        expressions: the replacements of expressions.
        statements: the replacements of whole lines.
        names: names that become others, such as `AsyncWeChatPay`.
        imports: names of `wechatpay_chain` that the module needs.
        modules: modules that it needs.
        findings: places for people.
    """

    expressions: dict[cst.CSTNode, str] = field(default_factory=dict)
    statements: dict[cst.CSTNode, str] = field(default_factory=dict)
    names: dict[cst.CSTNode, str] = field(default_factory=dict)
    imports: set[str] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)

    @property
    def changes(self) -> bool:
        return bool(self.expressions or self.statements)

    def needs(self, names: frozenset[str]) -> None:
        standard = {"json", "time"}
        self.modules |= names & standard
        self.imports |= names - standard


def planned(module: Module) -> Plan:
    """Return the plan for a module."""
    plan = Plan()
    problem = module.problem
    for each in module.constructions.values():
        line = module.line(each.call)
        if problem:
            plan.findings.append(Finding(line, each.client.problem or problem, each.text))
            continue
        plan.expressions[each.call] = each.text
        plan.imports.add("WeChatPay")
        plan.findings += [Finding(line, remark) for remark in each.remarks]
    module.tree.visit(_Calls(module, plan, problem))
    module.tree.visit(_Handlers(module, plan))
    plan.findings.sort(key=lambda finding: finding.line)
    return plan


class _Calls(cst.CSTVisitor):
    """Plans each call on a client."""

    def __init__(self, module: Module, plan: Plan, problem: str) -> None:
        self.module, self.plan, self.problem = module, plan, problem
        table = functions(module.library)
        self.table = {name: each for name, each in table.items() if name != "WeChatPay"}
        self.response = self._free("response", "answer", "wxpay_response")
        self.error = self._free("error", "failure", "wxpay_error")
        self.notice = self._free("notice", "notification", "wxpay_notice")

    def _free(self, *names: str) -> str:
        free = [each for each in names if each not in self.module.identifiers]
        return free[0] if free else f"{names[-1]}_"

    def visit_Call(self, node: cst.Call) -> None:
        found = self._called(node)
        if found is None:
            return
        function, receiver, client = found
        if client.is_ours and function.name == "decrypt":
            return
        try:
            if client.problem or self.problem:
                raise Unsure(client.problem or self.problem)
            self._rewrite(node, function, receiver, client)
        except Unsure as error:
            lines = "\n".join(self._suggested(node, function, receiver, client))
            self.plan.findings.append(Finding(self.module.line(node), error.reason, lines))

    def _called(self, node: cst.Call) -> tuple[Function, str, Client] | None:
        if not isinstance(node.func, cst.Attribute):
            return None
        name, target = node.func.attr.value, node.func.value
        function = self.table.get(name)
        client = self.module.client(target)
        if client is None and isinstance(target, cst.Attribute):
            longer = self.table.get(f"{target.attr.value}.{name}")
            if longer is not None:
                function, target = longer, target.value
                client = self.module.client(target)
        if function is None:
            return None
        receiver = code(target)
        if client is None and self._is_like_one(function, receiver):
            client = Client(
                self.module.library, problem=_("this may be a client, but it is not certain")
            )
        return None if client is None else (function, receiver, client)

    def _is_like_one(self, function: Function, receiver: str) -> bool:
        """Return whether an unknown object is called, and has the calls of a client."""
        if self.module.is_migrated:
            return False
        if CLIENT.search(receiver.rpartition(".")[2]):
            return True
        return self.module.library == "wechatpayv3" and "_" in function.name

    def _rewrite(self, node: cst.Call, function: Function, receiver: str, client: Client) -> None:
        inner = [each for part in node.args for each in findall(part, Call())]
        if any(self._called(cast("cst.Call", each)) for each in inner):
            raise Unsure(_("its arguments contain another call on a client"))
        binding = bind(function, arguments(node), self.module.constants)
        row = chosen(binding, client)
        awaited = isinstance(self.module.parents[node], cst.Await)
        if not row.verb:
            made = substitute(row, binding, client, receiver, is_async=awaited)
            if made.verified:
                self._statement(node, self._verified(node, made.text))
            else:
                self.plan.expressions[node] = made.text
            self.plan.needs(made.imports)
            return
        call = rendered(row, binding, client, receiver, is_async=awaited, strict=True)
        if self.module.library == "wechatpy":
            end = ".text" if "text" in row.options else ".xml()"
            self.plan.expressions[node] = call.text + end
        else:
            self._statement(node, self._tuple(node, call.text, call.result))
        self.plan.needs(call.imports)
        if row.differs == "body":
            told = f"{self.module.library}: {function.name}: {row.remark}"
            self.plan.findings.append(Finding(self.module.line(node), told))

    def _line(self, node: cst.Call) -> tuple[cst.SimpleStatementLine, str, str]:
        """Return the line if it contains nothing but a call, with its target and `await`."""
        value: cst.CSTNode = node
        wait = ""
        if isinstance(self.module.parents[value], cst.Await):
            value, wait = self.module.parents[value], "await "
        statement = self.module.parents[value]
        line = self.module.parents.get(statement)
        if isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1:
            if isinstance(statement, cst.Assign) and len(statement.targets) == 1:
                return line, f"{code(statement.targets[0].target)} = ", wait
            if isinstance(statement, cst.Return):
                return line, "return ", wait
            if isinstance(statement, cst.Expr):
                return line, "", wait
        raise Unsure(_("the result is used in an expression"))

    def _statement(self, node: cst.Call, text: str) -> None:
        self.plan.statements[self._line(node)[0]] = text

    def _tuple(self, node: cst.Call, call: str, result: str) -> str:
        """Return a statement that keeps status and text in the same variables, also for errors."""
        _ignored, target, wait = self._line(node)
        name = self.response
        self.plan.imports.add("APIError")
        if not target:
            ignored = "    pass  # as before, an error is ignored here"
            return f"try:\n{_indented(wait + call)}\nexcept APIError:\n{ignored}\n"
        return (
            "try:\n"
            f"{_indented(f'{name} = {wait}{call}')}\n"
            f"except APIError as {self.error}:\n"
            f"    {name} = {self.error}.response\n"
            f"{target}{name}.status_code, {name}.{result}\n"
        )

    def _verified(self, node: cst.Call, call: str) -> str:
        """Return a statement that results in None if a notification is not genuine."""
        _ignored, target, wait = self._line(node)
        if not target:
            raise Unsure(_("the result is not used"))
        name = self.notice
        self.plan.imports |= {"DecryptionError", "SignatureError"}
        failed = "(SignatureError, DecryptionError)"
        end = f'{{**{name}.raw, "resource": {name}.resource}}'
        return (
            "try:\n"
            f"{_indented(f'{name} = {wait}{call}')}\n"
            f"except {failed}:\n"
            f"    {target}None\n"
            "else:\n"
            f"    {target}{end}\n"
        )

    def _suggested(
        self, node: cst.Call, function: Function, receiver: str, client: Client
    ) -> Iterator[str]:
        try:
            binding = bind(function, arguments(node), self.module.constants)
        except Unsure:
            binding = Binding(function, {}, {})
        awaited = isinstance(self.module.parents[node], cst.Await)
        wait = "await " if awaited else ""
        for row in candidates(binding, client) or function.rows[:1]:
            if row.verb:
                call = rendered(row, binding, client, receiver, is_async=awaited, strict=False)
                end = ".text" if "text" in row.options else ".xml()"
                end = end if self.module.library == "wechatpy" else ""
                yield f"{wait}{call.text}{end}"
                continue
            try:
                made = substitute(row, binding, client, receiver, is_async=awaited)
            except Unsure:
                yield guess(binding, receiver)
            else:
                yield f"{wait}{made.text}"


def _indented(text: str) -> str:
    if '"""' in text or "'''" in text:
        raise Unsure(_("an argument is multi-line text"))
    return textwrap.indent(text, "    ")


class _Handlers(cst.CSTVisitor):
    """Plans the handlers of exceptions around calls that are rewritten."""

    def __init__(self, module: Module, plan: Plan) -> None:
        self.module, self.plan = module, plan

    def visit_Try(self, node: cst.Try) -> None:
        inside = _Contains({*self.plan.expressions, *self.plan.statements})
        node.body.visit(inside)
        if not inside.found:
            return
        for handler in node.handlers:
            self._handler(handler)

    def _handler(self, handler: cst.ExceptHandler) -> None:
        if handler.type is None:
            return
        listed = handler.type.elements if isinstance(handler.type, cst.Tuple) else None
        types = [each.value for each in listed] if listed is not None else [handler.type]
        for each in types:
            name = dotted(each)
            if name.split(".")[0] in TRANSPORTS:
                reason = _("{name} is no longer raised for network failures", name=name)
                self.plan.findings.append(
                    Finding(self.module.line(handler), reason, "except TransportError:")
                )
            ours = {
                "WeChatPayException": "APIError",
                "InvalidSignatureException": "SignatureError",
            }.get(name.rpartition(".")[2])
            if ours is not None and self.module.library == "wechatpy":
                self.plan.expressions[each] = ours
                self.plan.imports.add(ours)
                if handler.name is not None:
                    bound = _Attributes(self.module, self.plan, dotted(handler.name.name))
                    handler.body.visit(bound)


class _Contains(cst.CSTVisitor):
    def __init__(self, nodes: set[cst.CSTNode]) -> None:
        self.nodes, self.found = nodes, False

    def on_visit(self, node: cst.CSTNode) -> bool:
        self.found = self.found or node in self.nodes
        return not self.found


class _Attributes(cst.CSTVisitor):
    """Renames what is read of an exception."""

    def __init__(self, module: Module, plan: Plan, name: str) -> None:
        self.module, self.plan, self.name = module, plan, name

    def visit_Attribute(self, node: cst.Attribute) -> None:
        if dotted(node.value) != self.name:
            return
        attribute = node.attr.value
        if attribute in ATTRIBUTES:
            self.plan.expressions[node] = f"{self.name}.{ATTRIBUTES[attribute]}"
        elif attribute in ("return_code", "result_code", "return_msg", "client"):
            reason = _("{name} is not an attribute of APIError", name=attribute)
            self.plan.findings.append(
                Finding(self.module.line(node), reason, f"{self.name}.response.xml()")
            )
