"""A module as it is: which names are the other library's, and which are clients."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import libcst as cst
from libcst.metadata import MetadataWrapper, ParentNodeProvider, PositionProvider, ScopeProvider
from libcst.metadata.scope_provider import Assignment, ImportAssignment, Scope

from ...utils.translation import _
from .clients import Client
from .construction import constructed
from .values import Value

__all__ = ["Construction", "Module", "arguments", "code", "dotted"]

CLASSES = {
    "wechatpayv3": {
        "wechatpayv3": ("WeChatPay",),
        "wechatpayv3.async_": ("AsyncWeChatPay",),
    },
    "wechatpy": {"wechatpy": ("WeChatPay",), "wechatpy.pay": ("WeChatPay",)},
}
OURS = "wechatpay_chain"
BLANK = cst.Module([])
OTHER = Client("", problem=_("the name is not always bound to a client"))
"""Stands for a value that is not a client."""


def code(node: cst.CSTNode) -> str:
    """Return a node as text."""
    return BLANK.code_for_node(node)


def dotted(node: cst.CSTNode | None) -> str:
    """`a.b.c` as text; empty for another expression."""
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute):
        above = dotted(node.value)
        return f"{above}.{node.attr.value}" if above else ""
    return ""


def arguments(call: cst.Call) -> list[tuple[str, str, str]]:
    """Return the arguments of a call: stars, keyword and text of each."""
    return [
        (each.star, each.keyword.value if each.keyword else "", code(each.value))
        for each in call.args
    ]


@dataclass(frozen=True, slots=True)
class Construction:
    """A call of the constructor.

    Attributes:
        call: the call of it.
        client: the client that it creates.
        text: the text of the new call; empty if the call stays.
        remarks: on arguments that have no counterpart.
    """

    call: cst.Call
    client: Client
    text: str
    remarks: list[str]


@dataclass
class Module:
    """A module, and what was found in it.

    Args:
        content: the content of the file.
        library: the other library.
        imported: clients of other modules that this one may import: by module, then by name.
    """

    content: bytes
    library: str
    imported: Mapping[str, Mapping[str, Client]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.wrapper = MetadataWrapper(cst.parse_module(self.content), unsafe_skip_copy=False)
        self.tree = self.wrapper.module
        self.wrapper.resolve_many((ScopeProvider, ParentNodeProvider, PositionProvider))
        self.scopes = self.wrapper.resolve(ScopeProvider)
        self.parents = self.wrapper.resolve(ParentNodeProvider)
        self.positions = self.wrapper.resolve(PositionProvider)
        self.classes: dict[str, bool] = {}  # local name: whether it is this library's
        self.prefixes: set[str] = set()
        self.misplaced = ""
        self.constructions: dict[cst.Call, Construction] = {}
        self.names: dict[cst.CSTNode, Client | None] = {}  # None for a placeholder `x = None`
        self.attributes: dict[tuple[cst.CSTNode | None, str], list[Client | None]] = {}
        self.factories: dict[str, Client] = {}  # functions that return a client, by their names
        self.identifiers: set[str] = set()
        self.constants: dict[str, bool] = {}
        self.imports: dict[cst.CSTNode, dict[str, Client]] = {}
        self.tree.visit(_Imports(self))
        self.tree.visit(_Bindings(self))

    def line(self, node: cst.CSTNode) -> int:
        return int(self.positions[node].start.line)

    def owner(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """Return the class that contains a node."""
        above: cst.CSTNode | None = node
        while above is not None and not isinstance(above, cst.ClassDef):
            above = self.parents.get(above)
        return above

    def client(self, node: cst.BaseExpression) -> Client | None:
        """Return the client that an expression is; None if it is not one, or is uncertain."""
        if isinstance(node, cst.Attribute) and dotted(node.value) in ("self", "cls"):
            return _one(self.attributes.get((self.owner(node), node.attr.value), []))
        if isinstance(node, cst.Call) and (made := self.factories.get(dotted(node.func))):
            return Client(made.library, problem=_("bind the client to a name first"))
        if not isinstance(node, cst.Name):
            return None
        scope = self.scopes.get(node)
        if not isinstance(scope, Scope):
            return None
        found: list[Client | None] = []
        for each in scope[node.value]:
            if isinstance(each, ImportAssignment):
                clients = self.imports.get(each.node, {})
                if each.name not in clients:
                    return None
                found.append(clients[each.name])
            elif isinstance(each, Assignment) and each.node in self.names:
                found.append(self.names[each.node])
            else:
                return None
        return _one(found)

    @property
    def problem(self) -> str:
        """Why the clients of this module stay; empty where they are rewritten.

        All do, or none: a module has one class of the name.
        """
        problems = [each.client.problem for each in self.constructions.values()]
        found = next(filter(None, problems), "")
        return _("a client of this module is not rewritten: {found}", found=found) if found else ""

    @property
    def is_migrated(self) -> bool:
        """Whether the other library is imported no more."""
        return bool(self.classes) and all(self.classes.values())

    @property
    def exported(self) -> dict[str, Client]:
        """The clients that other modules may import."""
        found: dict[str, list[Client | None]] = {}
        for node, client in self.names.items():
            scope = self.scopes.get(node)
            if isinstance(node, cst.Name) and scope is not None and scope is scope.globals:
                found.setdefault(node.value, []).append(client)
        return {
            name: _elsewhere(client, self.problem)
            for name, clients in found.items()
            if (client := _one(clients)) is not None
        }


def _one(clients: Collection[Client | None]) -> Client | None:
    """Return the client with a name, or None."""
    known = [each for each in clients if each is not None and each is not OTHER]
    if not known:
        return None
    if OTHER in clients:
        return Client(known[0].library, problem=OTHER.problem)
    if any(each != known[0] for each in known):
        return Client(known[0].library, problem=_("the client is created in several ways"))
    return known[0]


def _elsewhere(client: Client, problem: str) -> Client:
    """Return a client for another module, which does not have the names of this one."""
    settings = {
        name: value if value.literal is not NotImplemented else Value("...", certain=value.truth)
        for name, value in client.settings.items()
    }
    return Client(
        client.library,
        client.partner,
        client.kind,
        settings,
        client.known,
        client.is_ours,
        client.problem or ("" if client.is_ours else problem),
    )


class _Imports(cst.CSTVisitor):
    """Finds the names of the libraries' classes, and the clients that are imported."""

    def __init__(self, module: Module) -> None:
        self.module = module

    def visit_ImportFrom(self, node: cst.ImportFrom) -> None:
        base = "." * len(node.relative) + dotted(node.module)
        if isinstance(node.names, cst.ImportStar):
            return
        known = CLASSES[self.module.library].get(base, ())
        clients = self.module.imported.get(base, {})
        for alias in node.names:
            name = dotted(alias.name)
            local = dotted(alias.asname.name) if alias.asname else name
            if name in known or (base == OURS and name == "WeChatPay"):
                self.module.classes[local] = base == OURS
                self._placed(node)
            elif name in clients:
                self.module.imports.setdefault(node, {})[local] = clients[name]

    def visit_Import(self, node: cst.Import) -> None:
        for alias in node.names:
            name = dotted(alias.name)
            if name in CLASSES[self.module.library]:
                local = dotted(alias.asname.name) if alias.asname else name
                for each in CLASSES[self.module.library][name]:
                    self.module.classes[f"{local}.{each}"] = False
                self.module.prefixes.add(local)
                self._placed(node)

    def _placed(self, node: cst.CSTNode) -> None:
        line = self.module.parents[node]
        if not isinstance(self.module.parents[line], cst.Module):
            self.module.misplaced = _("the library is imported inside a block")


class _Bindings(cst.CSTVisitor):
    """Finds the constructors' calls, and the names that they are bound to."""

    def __init__(self, module: Module) -> None:
        self.module = module

    def visit_Name(self, node: cst.Name) -> None:
        self.module.identifiers.add(node.value)

    def visit_Assign(self, node: cst.Assign) -> None:
        if len(node.targets) == 1:
            self._bound(node.targets[0].target, node.value)

    def visit_AnnAssign(self, node: cst.AnnAssign) -> None:
        if node.value is not None:
            self._bound(node.target, node.value)

    def visit_WithItem(self, node: cst.WithItem) -> None:
        if node.asname is not None:
            self._bound(node.asname.name, node.item)
        else:
            self._constructed(node.item)

    def visit_Return(self, node: cst.Return) -> None:
        client = self._constructed(node.value) if node.value is not None else None
        function: cst.CSTNode | None = node
        while function is not None and not isinstance(function, cst.FunctionDef):
            function = self.module.parents.get(function)
        if client is not None and function is not None:
            self.module.factories[function.name.value] = client

    def visit_Arg(self, node: cst.Arg) -> None:
        self._constructed(node.value)

    def visit_Param(self, node: cst.Param) -> None:
        if node.annotation is not None:
            named = dotted(node.annotation.annotation)
            if named in self.module.classes:
                is_ours = self.module.classes[named]
                self.module.names[node] = Client(self.module.library, is_ours=is_ours)

    def _bound(self, target: cst.CSTNode, value: cst.BaseExpression) -> None:
        client = self._constructed(value)
        is_none = isinstance(value, cst.Name) and value.value == "None"
        if isinstance(target, cst.Name):
            if client is not None or is_none:
                self.module.names[target] = client
            scope = self.module.scopes.get(target)
            if scope is not None and scope is scope.globals and len(scope[target.value]) == 1:
                truth = Value(code(value)).truth
                if truth is not None:
                    self.module.constants[target.value] = truth
        elif isinstance(target, cst.Attribute) and dotted(target.value) in ("self", "cls"):
            key = (self.module.owner(target), target.attr.value)
            found = client if client is not None or is_none else OTHER
            self.module.attributes.setdefault(key, []).append(found)

    def _constructed(self, value: cst.BaseExpression) -> Client | None:
        if not isinstance(value, cst.Call):
            return None
        if value in self.module.constructions:
            return self.module.constructions[value].client
        named = dotted(value.func)
        if named in self.module.factories:
            return self.module.factories[named]
        factory = isinstance(value.func, cst.Attribute) and dotted(value.func.value)
        if factory and self.module.classes.get(factory):  # WeChatPay.from_env()
            return Client(self.module.library, is_ours=True)
        if named not in self.module.classes:
            return None
        if self.module.classes[named]:
            return Client(self.module.library, is_ours=True)
        name = named.rpartition(".")[2].replace("AsyncWeChatPay", "WeChatPay")
        client, text, remarks = constructed(
            self.module.library, arguments(value), self.module.constants, name
        )
        if self.module.misplaced and not client.problem:
            client = Client(client.library, problem=self.module.misplaced)
        self.module.constructions[value] = Construction(value, client, text, remarks)
        return client
