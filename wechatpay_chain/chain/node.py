"""The chain: an API path written as Python attributes and ended by a verb.

    wxpay.v3.refunds.id._refund_id_.get(refund_id="5030…")

A name is a path segment until it is called; the called name must be a verb. A string in brackets or
in `chain()` is used unchanged.
"""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from ..messages.response import Response
from ..utils.exceptions import ConfigurationError
from ..utils.translation import _
from .segments import segment
from .verbs import ASYNC_METHODS, ENDS, METHODS, VERBS

__all__ = ["Caller", "Chain"]


class Caller(Protocol):
    """The object that sends the request of a chain."""

    def request(self, method: str, path: str, options: Mapping[str, Any]) -> Response: ...

    def request_async(
        self, method: str, path: str, options: Mapping[str, Any]
    ) -> Coroutine[Any, Any, Response]: ...


class Chain:
    """An immutable, hashable API path; each step returns a new chain."""

    __slots__ = ("_place",)

    _place: tuple[Caller, str, str, str | None]
    """The caller, the path, the path before the last step, and that step's name as it was written
    if it is an attribute, which may be a verb."""

    def __init__(
        self, caller: Caller, path: str = "", parent: str = "", name: str | None = None
    ) -> None:
        _set_place(self, (caller, path, parent, name))

    def __getattr__(self, name: str) -> Chain:
        caller, path, _ignored, last = self._place
        addition = segment(name)
        if "?" in path and (name not in ENDS or last is not None):
            _reject_after_query(path, addition)  # only a verb can follow a query
        joined = f"{path}/{addition}" if path and path[-1] != "/" else path + addition
        return Chain(caller, joined, path, name)

    def __getitem__(self, path: str) -> Chain:
        return self.chain(path)

    def chain(self, path: str) -> Chain:
        """Append a string to the path, unchanged.

        Args:
            path: one or more segments, optionally with a query or template variables. At the
                beginning of a chain, an absolute URL returned by WeChat Pay is also accepted.

        Raises:
            TypeError: the path is not a str.
            ConfigurationError: the path is not valid at this place.
        """
        if not isinstance(path, str):
            raise TypeError(
                _('a path must be a str, not {type}: wxpay["v3/…"]', type=type(path).__name__)
            )
        caller, own = self._place[:2]
        if own and "://" in path.partition("?")[0]:
            raise ConfigurationError(
                _("an absolute URL must start a chain: wxpay[url], not wxpay.v3[url]")
            )
        if "?" in own:
            _reject_after_query(own, path)
        return Chain(caller, _join(own, path))

    def __call__(self, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> Any:
        """Send the request; the name before the parentheses is the verb.

        Args:
            options: the same as the keywords, as a mapping; keywords take precedence.
            keywords: request options, and a value for each template variable.

        Returns:
            A `Response`, or a coroutine that returns one for an `_async` verb.

        Raises:
            TypeError: the name is not a verb.
            WeChatPayError: see `wechatpay_chain.errors`.
        """
        caller, path, parent, name = self._place
        if name not in ENDS:
            raise TypeError(
                _(
                    "a chain ends with a verb: {verbs}, or its _async form. {value!r} is not a "
                    "verb; write .{example}.post(…), for example",
                    verbs=" ".join(VERBS),
                    value=name or path,
                    example=name or "…",
                )
            )
        if options is not None and not isinstance(options, Mapping):
            raise TypeError(
                _(
                    "{name}() accepts one mapping of options or keyword arguments, not {type}",
                    name=name,
                    type=type(options).__name__,
                )
            )
        given = {**options, **keywords} if options else keywords
        if name in METHODS:
            return caller.request(METHODS[name], parent, given)
        return caller.request_async(ASYNC_METHODS[name], parent, given)

    if TYPE_CHECKING:
        # Signatures of the verbs for type checkers; at run time, verbs are names like any other.
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

    # A chain accepts any name and any string; without these methods it would look like a container.
    __iter__ = None
    __contains__ = None

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(_("a chain is immutable; pass values to the verb: .post(json=…)"))

    def __delattr__(self, name: str) -> None:
        raise AttributeError(_("a chain is immutable"))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Chain) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[int, str, str, str | None]:
        caller, path, parent, name = self._place
        return id(caller), path, parent, name

    def __copy__(self) -> Chain:
        return self

    def __deepcopy__(self, memo: object) -> Chain:
        return self

    def __reduce__(self) -> Any:
        raise TypeError(_("a chain contains a client with its keys and cannot be pickled"))

    def __str__(self) -> str:
        return self._place[1]

    def __repr__(self) -> str:
        return f"<Chain {self._place[1]!r}>"

    def __dir__(self) -> list[str]:
        from .completion import names  # loads the catalogue, which only prompts need

        return dunders(self) + names(*self._place[1:])

    def _ipython_key_completions_(self) -> list[str]:
        from .completion import keys

        return keys(self._place[1])


_set_place = vars(Chain)["_place"].__set__  # lets a chain set its own slot although it is immutable


class _Documentation:
    """`Chain.__doc__`: the class docstring, or the catalogue's documentation of an instance."""

    def __init__(self, text: str | None) -> None:
        self._text = text

    def __get__(self, chain: Chain | None, owner: type) -> str | None:
        if chain is None:
            return self._text
        from .completion import documentation

        return documentation(*chain._place[1:])


class _Signature:
    """`Chain.__signature__`: the keywords of a verb, for editors and prompts."""

    def __get__(self, chain: Chain | None, owner: type) -> Any:
        _, _, parent, name = (None, "", "", None) if chain is None else chain._place
        if name is None or name not in ENDS:
            raise AttributeError("__signature__")
        from .signature import signature

        return signature(parent, name)


Chain.__doc__ = _Documentation(Chain.__doc__)  # type: ignore[assignment]
Chain.__signature__ = _Signature()  # type: ignore[attr-defined]


def dunders(thing: object) -> list[str]:
    """Return the names of an object's special methods, which tools expect in `dir()`."""
    return [name for name in object.__dir__(thing) if name.startswith("__")]


def _join(path: str, addition: str) -> str:
    if not path:
        return addition
    return f"{path.removesuffix('/')}/{addition.removeprefix('/')}"


def _reject_after_query(path: str, addition: str) -> None:
    raise ConfigurationError(
        _(
            "{path!r} ends with a query, so {addition!r} cannot follow it",
            path=path,
            addition=addition,
        )
    )
