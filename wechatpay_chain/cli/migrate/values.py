"""Arguments as text, and their values as far as they are known without running the code."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ...utils.translation import _
from .mapping import Function

__all__ = ["Binding", "Unsure", "Value", "bind"]

HARMLESS = {"dict", "get", "getattr", "getenv", "int", "isoformat", "list", "str", "strftime"}
"""Functions that may be called twice where once was written."""


class Unsure(Exception):
    """A call cannot be rewritten with certainty.

    Args:
        reason: for people.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Value:
    """An expression.

    Attributes:
        text: Python text.
        constants: whether names in it stand for something that counts as true.
        certain: whether it counts as true itself, where that is known otherwise.
    """

    text: str
    constants: Mapping[str, bool] = field(default_factory=dict)
    certain: bool | None = None

    @property
    def tree(self) -> ast.expr:
        return ast.parse(f"({self.text}\n)", mode="eval").body

    @property
    def is_none(self) -> bool:
        return self.text == "None"

    @property
    def truth(self) -> bool | None:
        """Whether it is true; None if that is unknown."""
        return _truth(self.tree, self.constants) if self.certain is None else self.certain

    @property
    def may_be_repeated(self) -> bool:
        """Whether it does no harm to evaluate it twice."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Await | ast.NamedExpr | ast.Yield | ast.YieldFrom):
                return False
            if isinstance(node, ast.Call):
                called = node.func
                name = called.attr if isinstance(called, ast.Attribute) else ""
                name = called.id if isinstance(called, ast.Name) else name
                if name not in HARMLESS:
                    return False
        return True

    @property
    def is_text(self) -> bool:
        """Whether it is certainly a string."""
        return _is_text(self.tree)

    @property
    def literal(self) -> object:
        """The value of a literal; `NotImplemented` of anything else."""
        try:
            return ast.literal_eval(self.tree)
        except ValueError:
            return NotImplemented

    @property
    def closed(self) -> str:
        """The text, in parentheses where an operator beside it would tear it apart."""
        simple = ast.Name | ast.Attribute | ast.Subscript | ast.Call | ast.Constant
        return self.text if isinstance(self.tree, simple) else f"({self.text})"

    def last_name(self) -> str:
        """`NATIVE` of `WeChatPayType.NATIVE`, or of the text `"NATIVE"`."""
        tree = self.tree
        if isinstance(tree, ast.Attribute) and re.fullmatch(r"[A-Z0-9_]+", tree.attr):
            return tree.attr
        if isinstance(tree, ast.Constant) and isinstance(tree.value, str):
            return tree.value
        return ""


def _is_text(tree: ast.expr) -> bool:
    match tree:
        case ast.Constant() as constant:
            return isinstance(constant.value, str)
        case ast.Call(func=ast.Attribute(attr="format" | "isoformat" | "replace" | "strftime")):
            return True
        case ast.BinOp(left=left, op=ast.Mod()):
            return _is_text(left)
        case ast.BinOp(left=left, right=right, op=ast.Add()):
            return _is_text(left) or _is_text(right)
    return isinstance(tree, ast.JoinedStr)


def _truth(tree: ast.expr, constants: Mapping[str, bool]) -> bool | None:
    match tree:
        case ast.Constant():
            return bool(tree.value)
        case ast.Name():
            return constants.get(tree.id)
        case ast.JoinedStr():
            literal = any(isinstance(each, ast.Constant) and each.value for each in tree.values)
            return True if literal else None
        case ast.Dict():
            return True if any(tree.keys) else (None if tree.keys else False)
        case ast.List() | ast.Tuple() | ast.Set():
            if not tree.elts:
                return False
            return True if any(not isinstance(e, ast.Starred) for e in tree.elts) else None
        case ast.Call(func=ast.Attribute(attr="strftime")):
            return True
        case ast.BoolOp(op=ast.Or()):
            return True if any(_truth(each, constants) for each in tree.values) else None
    return None


@dataclass(frozen=True, slots=True)
class Binding:
    """The arguments of a call, by the names of the parameters.

    Attributes:
        given: those that are there.
        more: keyword arguments that the function takes beyond its parameters.
        function: the called function.
    """

    function: Function
    given: Mapping[str, Value]
    more: Mapping[str, Value]

    def value(self, name: str) -> Value | None:
        """Return an argument, or its default; None if that is None."""
        if name in self.given:
            found = self.given[name]
            return None if found.is_none else found
        for each in self.function.parameters:
            if each.name == name and each.default not in (None, "None"):
                return Value(str(each.default).replace("'", '"'))
        return None


def bind(
    function: Function, arguments: Sequence[tuple[str, str, str]], constants: Mapping[str, bool]
) -> Binding:
    """Return the arguments by parameter.

    Args:
        function: the called function.
        arguments: the arguments of the call: stars, keyword and text of each.
        constants: the constants for `Value`.

    Raises:
        Unsure: the value is unknown without running the code, or Python rejects the call.
    """
    given: dict[str, Value] = {}
    more: dict[str, Value] = {}
    names = [each.name for each in function.parameters]
    for place, (stars, keyword, text) in enumerate(arguments):
        value = Value(text, constants)
        if stars:
            raise Unsure(
                _(
                    "the arguments {stars}{text} are only known at run time",
                    stars=stars,
                    text=text,
                )
            )
        name = keyword or (names[place] if place < len(names) else "")
        if name in given or (not keyword and not name):
            raise Unsure(_("{name} does not accept these arguments", name=function.name))
        if name in names:
            given[name] = value
        elif function.takes_more:
            more[name] = value
        else:
            raise Unsure(_("{name} has no parameter {name_2!r}", name=function.name, name_2=name))
    missing = [each.name for each in function.parameters if each.default is None]
    missing = [each for each in missing if each not in given]
    if missing:
        raise Unsure(_("{name} needs {missing}", name=function.name, missing=", ".join(missing)))
    return Binding(function, given, more)
