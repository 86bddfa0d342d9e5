"""The base of the generated stubs, for type checkers only: it does not exist at run time."""

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
    """An API path under construction, with the catalogue's next segments and verbs as attributes.

    Brackets and `chain()` accept any string, and return a `Chain`, which is not checked further.
    """

    def chain(self, path: str) -> Chain: ...
    def __getitem__(self, path: str) -> Chain: ...
    def __hash__(self) -> int: ...

class JSONResponse(Response, Generic[Members]):
    """A `Response` with typed JSON."""

    def json(self) -> Members: ...

class XMLResponse(Response, Generic[Members]):
    """A `Response` with typed XML."""

    def xml(self) -> Members: ...  # type: ignore[override]  # for mypy, a TypedDict is not a dict

class AnyValue:
    """Only `Any` is compatible with this type."""

OfAnyValues = TypeVar("OfAnyValues", bound=Mapping[str, AnyValue])
"""A mapping with `Any` values, which are accepted unchecked."""

Key = TypeVar("Key", contravariant=True)
Get = TypeVar("Get", covariant=True)

class Lookup(Protocol[Key, Get]):
    """A mapping that is not a literal.

    Type checkers must check a literal only against its TypedDict, so it must not match this type.
    If a literal is expected to be a `Lookup`, pyright infers from `Key` that its keys are
    `LiteralString`, and mypy infers from `Get` that its values are `Nothing`; neither matches. A
    variable already has its type. Pyright treats a literal that spreads a mapping as a variable.
    """

    def __getitem__(self, key: Key, /) -> object: ...
    @property
    def get(self) -> Get: ...

class Nothing:
    """A type that no mapping has as its values."""

Texts: TypeAlias = Lookup[LiteralString, Callable[[str, Nothing], str | Nothing | None]]
"""A variable with text values."""
Fields: TypeAlias = Lookup[LiteralString, Callable[[str, Nothing], object]]
"""A variable with values of several or unknown types."""

class Options(TypedDict, total=False):
    """The options of every verb."""

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
