"""Carries a plan out: a module's text with calls, imports and names as they are here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar, cast

import libcst as cst
from libcst.matchers import Comment, findall

from .planning import Plan
from .reading import CLASSES, OURS, Module, dotted

__all__ = ["rewritten"]

Line = TypeVar("Line", bound=cst.CSTNode)
LIBRARY_NAMES = {
    "WeChatPay",
    "AsyncWeChatPay",
    "WeChatPayType",
    "SignType",
    "WeChatPayException",
    "InvalidSignatureException",
}
"""Names that an import loses once nothing uses them."""


def rewritten(module: Module, plan: Plan) -> bytes:
    """Return the module's text after the plan, in the encoding of its file."""
    if not plan.changes:
        return module.content
    tree = module.tree.visit(_Rewriter(module, plan))
    return _with_imports(tree, module, plan).bytes


class _Rewriter(cst.CSTTransformer):
    """Puts texts in the places of nodes."""

    def __init__(self, module: Module, plan: Plan) -> None:
        super().__init__()
        self.plan = plan
        self.config = module.tree.config_for_parsing
        self.is_async = "AsyncWeChatPay" in module.classes and "WeChatPay" in plan.imports

    def on_leave(self, original_node: Any, updated_node: Any) -> Any:
        """Return the replacement of a node; see `libcst.CSTTransformer.on_leave`."""
        text = self.plan.expressions.get(original_node)
        if text is not None:
            made: cst.CSTNode = cst.parse_expression(text, self.config)
            if isinstance(updated_node, cst.BaseExpression):
                made = made.with_changes(lpar=updated_node.lpar, rpar=updated_node.rpar)
            return made
        text = self.plan.statements.get(original_node)
        if text is not None and isinstance(updated_node, cst.SimpleStatementLine):
            return cst.FlattenSentinel(self._lines(text, updated_node))
        match updated_node:
            case cst.SimpleStatementLine() if updated_node is not original_node:
                return _with_comments(updated_node, _lost(original_node, [updated_node]))
            case cst.Name(value="AsyncWeChatPay") if self.is_async:
                return updated_node.with_changes(value="WeChatPay")
        return updated_node

    def _lines(self, text: str, line: cst.SimpleStatementLine) -> list[cst.CSTNode]:
        made = list(cst.parse_module(text, self.config).body)
        last = made[-1]
        if isinstance(last, cst.SimpleStatementLine):
            made[-1] = last.with_changes(trailing_whitespace=line.trailing_whitespace)
        made[0] = made[0].with_changes(leading_lines=line.leading_lines)
        made[0] = _with_comments(made[0], _lost(line, made))
        return list(made)


def _lost(before: cst.CSTNode, after: Sequence[cst.CSTNode]) -> list[str]:
    """Return the comments of a line that its replacement lacks."""
    kept = {each for node in after for each in _comments(node)}
    return [each for each in _comments(before) if each not in kept]


def _comments(node: cst.CSTNode) -> list[str]:
    found = [cast("cst.Comment", each).value for each in findall(node, Comment())]
    return [each for each in found if not each.startswith(("# noqa", "# type:"))]


def _with_comments(line: Line, comments: Sequence[str]) -> Line:
    """Return a line with comments above it."""
    above = [cst.EmptyLine(comment=cst.Comment(each)) for each in comments]
    leading = cast("Sequence[cst.EmptyLine]", getattr(line, "leading_lines", ()))
    return line.with_changes(leading_lines=[*leading, *above]) if above else line


def _with_imports(tree: cst.Module, module: Module, plan: Plan) -> cst.Module:
    """Return the module with its new imports in place of the other library's."""
    names = set(plan.imports)
    used = _Used()
    tree.visit(used)
    stays = any(each.client.problem for each in module.constructions.values())
    imported = any(not ours for ours in module.classes.values())
    if imported and "WeChatPay" in used.names and not stays:
        names.add("WeChatPay")
    edit = _Edit(module, names, used.names)
    body: list[cst.BaseStatement | cst.SimpleStatementLine] = []
    for line in tree.body:
        body += edit.line(line)
    missing = names - edit.present
    config = tree.config_for_parsing
    place = edit.place if edit.place is not None else _place(body)
    if missing:
        text = f"from {OURS} import {', '.join(sorted(missing, key=_order))}\n"
        made = cst.parse_statement(text, config)
        leading = edit.leading if edit.place is not None else ()
        body.insert(place, made.with_changes(leading_lines=leading))
    for name in sorted(plan.modules - edit.modules):
        made = cst.parse_statement(f"import {name}\n", config)
        body.insert(_standard(body, place), made)
    return tree.with_changes(body=body)


class _Edit:
    """Goes through the lines of a module, and takes out what is imported no more."""

    def __init__(self, module: Module, names: set[str], used: set[str]) -> None:
        self.module, self.names, self.used = module, names, used
        self.present: set[str] = set()
        self.modules: set[str] = set()
        self.place: int | None = None
        self.leading: Sequence[cst.EmptyLine] = ()
        self.seen = 0

    def line(self, line: cst.BaseStatement) -> list[cst.BaseStatement]:
        """Return the replacement of a line of the module."""
        kept: list[cst.BaseStatement] = [line]
        if isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1:
            only = line.body[0]
            if isinstance(only, cst.ImportFrom):
                kept = self._from(line, only)
            elif isinstance(only, cst.Import):
                kept = self._import(line, only)
        self.seen += len(kept)
        return kept

    def _from(self, line: cst.SimpleStatementLine, node: cst.ImportFrom) -> list[cst.BaseStatement]:
        base = "." * len(node.relative) + dotted(node.module)
        if isinstance(node.names, cst.ImportStar):
            return [line]
        if base == OURS:
            self.present |= {dotted(each.name) for each in node.names if each.asname is None}
            return [line]
        if base.partition(".")[0] != self.module.library:
            return [line]
        kept = [each for each in node.names if not self._goes(base, each)]
        if len(kept) == len(node.names):
            return [line]
        if self.place is None:
            self.place, self.leading = self.seen, line.leading_lines
            line = line.with_changes(leading_lines=())
        if not kept:
            return []
        kept[-1] = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        return [line.with_changes(body=[node.with_changes(names=kept)])]

    def _goes(self, base: str, alias: cst.ImportAlias) -> bool:
        name = dotted(alias.name)
        if name not in LIBRARY_NAMES:
            return False
        if name == "WeChatPay" and base in CLASSES[self.module.library]:  # renamed already
            return "WeChatPay" in self.names and alias.asname is None
        local = dotted(alias.asname.name) if alias.asname else name
        return local not in self.used

    def _import(self, line: cst.SimpleStatementLine, node: cst.Import) -> list[cst.BaseStatement]:
        self.modules |= {dotted(each.name) for each in node.names if each.asname is None}
        prefixes = self.module.prefixes
        kept = [
            each
            for each in node.names
            if (dotted(each.asname.name) if each.asname else dotted(each.name)) not in prefixes
            or dotted(each.name).partition(".")[0] in self.used
        ]
        if len(kept) == len(node.names):
            return [line]
        if self.place is None:
            self.place, self.leading = self.seen, line.leading_lines
            line = line.with_changes(leading_lines=())
        if not kept:
            return []
        kept[-1] = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        return [line.with_changes(body=[node.with_changes(names=kept)])]


class _Used(cst.CSTVisitor):
    """The names that a module uses, its imports aside."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def visit_Import(self, node: cst.Import) -> bool:
        return False

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
        return False

    def visit_Attribute(self, node: cst.Attribute) -> bool:
        node.value.visit(self)
        return False

    def visit_Arg(self, node: cst.Arg) -> bool:
        node.value.visit(self)
        return False

    def visit_Name(self, node: cst.Name) -> None:
        self.names.add(node.value)


def _order(name: str) -> tuple[bool, str]:
    """Classes ahead of modules, as import sorters have them."""
    return name.islower(), name


def _place(body: Sequence[cst.BaseStatement]) -> int:
    """Behind the last import at the module's top, and ahead of relative ones."""
    place = 0
    for number, line in enumerate(body):
        only = line.body[0] if isinstance(line, cst.SimpleStatementLine) else None
        is_text = isinstance(only, cst.Expr) and isinstance(only.value, cst.SimpleString)
        if isinstance(only, cst.ImportFrom) and only.relative:
            break
        if isinstance(only, cst.Import | cst.ImportFrom) or (is_text and number == 0):
            place = number + 1
        else:
            break
    return place


def _standard(body: Sequence[cst.BaseStatement], place: int) -> int:
    """The place after the last plain `import` before a place, or the place itself."""
    for number in range(place - 1, -1, -1):
        line = body[number]
        if isinstance(line, cst.SimpleStatementLine) and isinstance(line.body[0], cst.Import):
            return number + 1
    return place
