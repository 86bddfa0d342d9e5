"""The chain: a path written as code, ended by a verb.

    wxpay.v3.refunds.id._refund_id_.get(refund_id="5030…")

A name is a segment until it is called; the called name must be a verb. What is inside brackets or
`chain()` is a string, and a string is never rewritten.
"""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from ..messages.response import Response
from ..utils.exceptions import ConfigurationError
from .segments import segment
from .verbs import ASYNC_METHODS, ENDS, METHODS, VERBS

__all__ = ["Caller", "Chain"]


class Caller(Protocol):
    """What a chain calls in the end."""

    def request(self, method: str, path: str, options: Mapping[str, Any]) -> Response: ...

    def request_async(
        self, method: str, path: str, options: Mapping[str, Any]
    ) -> Coroutine[Any, Any, Response]: ...


class Chain:
    """A path so far. Immutable and hashable; every step makes a new one, and none is kept."""

    __slots__ = ("_caller", "_name", "_parent", "_path")

    _caller: Caller
    _name: str | None  # as it was written, if this step is an attribute: it may be a verb
    _parent: str
    _path: str

    def __new__(
        cls, caller: Caller, path: str = "", parent: str = "", name: str | None = None
    ) -> Chain:
        chain = _new(cls)
        _set_caller(chain, caller)
        _set_path(chain, path)
        _set_parent(chain, parent)
        _set_name(chain, name)
        return chain

    def __getattr__(self, name: str) -> Chain:
        path, addition = self._path, segment(name)
        if "?" in path and (name not in ENDS or self._name is not None):
            _reject_after_query(path, addition)  # right after a query only a verb can stand
        # `Chain(self._caller, _join(path, addition), path, name)`, without the calls: a chain has
        # five steps or more.
        chain = _new(Chain)
        _set_caller(chain, self._caller)
        _set_path(chain, f"{path}/{addition}" if path and path[-1] != "/" else path + addition)
        _set_parent(chain, path)
        _set_name(chain, name)
        return chain

    def __getitem__(self, path: str) -> Chain:
        return self.chain(path)

    def chain(self, path: str) -> Chain:
        """Go on with a string, taken as it is.

        Args:
            path: one or more segments, perhaps with a query or template variables; at the
                beginning of a chain also an absolute URL as WeChat Pay hands them out.

        Raises:
            TypeError: it is not a str.
            ConfigurationError: it cannot stand at this place.
        """
        if not isinstance(path, str):
            raise TypeError(f'a path is written as str, not {type(path).__name__}: wxpay["v3/…"]')
        if self._path and "://" in path.partition("?")[0]:
            raise ConfigurationError(
                "an absolute URL begins a chain of its own: wxpay[url], not wxpay.v3[url]"
            )
        if "?" in self._path:
            _reject_after_query(self._path, path)
        return Chain(self._caller, _join(self._path, path))

    def __call__(self, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> Any:
        """End the chain: the name just before the parentheses is the verb.

        Args:
            options: the same as the keywords, as one mapping; a keyword given as well wins.
            keywords: options of the request, and a value for each template variable.

        Returns:
            A `Response`; of an `_async` verb, a coroutine that returns one.

        Raises:
            TypeError: the name is not a verb.
            WeChatPayError: as `wechatpay_chain.errors` says.
        """
        name = self._name
        if name not in ENDS:
            raise TypeError(
                f"a chain ends with a verb: {' '.join(VERBS)}, each also with _async. "
                f"{name or self._path!r} is none of them; write .{name or '…'}.post(…), say"
            )
        if options is not None and not isinstance(options, Mapping):
            raise TypeError(
                f"{name}() takes one mapping of options, or keywords, not {type(options).__name__}"
            )
        given = {**options, **keywords} if options else keywords
        if name in METHODS:
            return self._caller.request(METHODS[name], self._parent, given)
        return self._caller.request_async(ASYNC_METHODS[name], self._parent, given)

    if TYPE_CHECKING:
        # What a verb takes and gives, for type checkers; at run time these are names like others.
        def get(self, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> Response: ...
        def post(
            self, options: Mapping[str, Any] | None = None, /, **keywords: Any
        ) -> Response: ...
        def put(self, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> Response: ...
        def patch(
            self, options: Mapping[str, Any] | None = None, /, **keywords: Any
        ) -> Response: ...
        def delete(
            self, options: Mapping[str, Any] | None = None, /, **keywords: Any
        ) -> Response: ...
        async def get_async(
            self, options: Mapping[str, Any] | None = None, /, **keywords: Any
        ) -> Response: ...
        async def post_async(
            self, options: Mapping[str, Any] | None = None, /, **keywords: Any
        ) -> Response: ...
        async def put_async(
            self, options: Mapping[str, Any] | None = None, /, **keywords: Any
        ) -> Response: ...
        async def patch_async(
            self, options: Mapping[str, Any] | None = None, /, **keywords: Any
        ) -> Response: ...
        async def delete_async(
            self, options: Mapping[str, Any] | None = None, /, **keywords: Any
        ) -> Response: ...

    # A chain answers every name and every string; without these it would pass for a container.
    __iter__ = None
    __contains__ = None

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a chain is immutable; values go to the verb: .post(json=…)")

    def __delattr__(self, name: str) -> None:
        raise AttributeError("a chain is immutable")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Chain) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[int, str, str, str | None]:
        return id(self._caller), self._path, self._parent, self._name

    def __copy__(self) -> Chain:
        return self

    def __deepcopy__(self, memo: object) -> Chain:
        return self

    def __reduce__(self) -> Any:
        raise TypeError("a chain holds a client with its keys, and is not pickled")

    def __str__(self) -> str:
        return self._path

    def __repr__(self) -> str:
        return f"<Chain {self._path!r}>"

    def __dir__(self) -> list[str]:
        from .completion import names  # loads the catalogue, which nothing but a prompt needs

        return dunders(self) + names(self._path, self._parent, self._name)

    def _ipython_key_completions_(self) -> list[str]:
        from .completion import keys

        return keys(self._path)


# A chain's own way around its immutability.
_new = object.__new__
_set_caller, _set_path, _set_parent, _set_name = (
    getattr(Chain, slot).__set__ for slot in ("_caller", "_path", "_parent", "_name")
)


class _Documentation:
    """`Chain.__doc__`: of the class its docstring, of a chain what is known of its place."""

    def __init__(self, text: str | None) -> None:
        self._text = text

    def __get__(self, chain: Chain | None, owner: type) -> str | None:
        if chain is None:
            return self._text
        from .completion import documentation

        return documentation(chain._path, chain._parent, chain._name)


Chain.__doc__ = _Documentation(Chain.__doc__)  # type: ignore[assignment]


def dunders(thing: object) -> list[str]:
    """The names of a thing's special methods, which tools expect of `dir()`."""
    return [name for name in object.__dir__(thing) if name.startswith("__")]


def _join(path: str, addition: str) -> str:
    if not path:
        return addition
    return f"{path.removesuffix('/')}/{addition.removeprefix('/')}"


def _reject_after_query(path: str, addition: str) -> None:
    raise ConfigurationError(f"{path!r} ends with a query: {addition!r} cannot follow it")
