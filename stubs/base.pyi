"""What the generated stubs are made of. For type checkers only: nothing here exists at run time."""

from collections.abc import Callable, Mapping
from os import PathLike
from typing import (
    Any,
    BinaryIO,
    Generic,
    Literal,
    LiteralString,
    Protocol,
    TypeAlias,
    TypedDict,
    TypeVar,
)

from wechatpay_chain.chain.node import Chain
from wechatpay_chain.messages.media import Media
from wechatpay_chain.messages.response import Response
from wechatpay_chain.middleware.retry import Retry
from wechatpay_chain.stack import Stack

Members = TypeVar("Members", covariant=True)

class Node:
    """A path so far; its attributes are the segments and verbs that the catalogue knows.

    Brackets and `chain()` take any string, and give a `Chain` that is not checked any further.
    """

    def chain(self, path: str) -> Chain: ...
    def __getitem__(self, path: str) -> Chain: ...
    def __hash__(self) -> int: ...

class JSONResponse(Response, Generic[Members]):
    """A `Response` whose JSON is known."""

    def json(self) -> Members: ...

class XMLResponse(Response, Generic[Members]):
    """A `Response` whose XML is known."""

    def xml(self) -> Members: ...  # type: ignore[override]  # a TypedDict is no dict to mypy

class AnyValue:
    """Nothing but `Any` passes for it."""

OfAnyValues = TypeVar("OfAnyValues", bound=Mapping[str, AnyValue])
"""A mapping whose values are `Any`: it is taken as it is, and nothing in it is checked."""

Key = TypeVar("Key", contravariant=True)
Get = TypeVar("Get", covariant=True)

class Lookup(Protocol[Key, Get]):
    """A mapping that is no literal.

    A literal is held against its TypedDict alone, so neither checker may take one for this. Where
    a literal is expected to be a `Lookup`, pyright infers from `Key` that its keys are
    `LiteralString`, and mypy from `Get` that its values are `Nothing`: neither fits. A variable
    has its type already. Pyright takes a literal that spreads a mapping for a variable.
    """

    def __getitem__(self, key: Key, /) -> object: ...
    @property
    def get(self) -> Get: ...

class Nothing:
    """No mapping has values of it."""

Texts: TypeAlias = Lookup[LiteralString, Callable[[str, Nothing], str | Nothing | None]]
"""A variable whose values are text."""
Fields: TypeAlias = Lookup[LiteralString, Callable[[str, Nothing], object]]
"""A variable whose values are of several kinds, or are not known."""

class Options(TypedDict, total=False):
    """The options that every verb takes."""

    body: str | bytes | None
    headers: Mapping[str, str | int] | None
    base_uri: str | None
    security: bool
    nonceless: bool
    sink: str | PathLike[str] | BinaryIO | None
    media: str | PathLike[str] | BinaryIO | Media | None
    meta: Mapping[str, Any] | str | None
    timeout: float | tuple[float | None, float | None] | None
    unsigned: bool
    retry: Retry | None
    deadline: float | None
    stack: Stack | None
    sensitive: Literal["auto", "off"] | None
    answer_with: str | None
    fill: bool | None
    check: Literal["catalogue", "off"] | None
