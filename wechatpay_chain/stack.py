"""A stack: named middleware layers, outermost first, composed into one handler."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from .flow import Flow, Handler, Middleware, Send
from .messages.request import Request
from .messages.response import Response
from .utils.exceptions import ConfigurationError
from .utils.translation import _

__all__ = ["Stack", "Stacks"]


class Stack:
    """An immutable, ordered set of named middleware layers.

    Args:
        layers: pairs of name and middleware, outermost first.

    Raises:
        ConfigurationError: a name occurs twice.
    """

    def __init__(self, layers: Iterable[tuple[str, Middleware]] = ()) -> None:
        self._layers = tuple(layers)
        if len(set(self.names)) != len(self._layers):
            raise ConfigurationError(
                _("the stack contains a name twice: {names}", names=", ".join(self.names))
            )

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the layers, outermost first."""
        return tuple(name for name, _ignored in self._layers)

    def __getitem__(self, name: str) -> Middleware:
        return self._layers[self._index(name)][1]

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __len__(self) -> int:
        return len(self._layers)

    def before(self, name: str, new: str, middleware: Middleware) -> Stack:
        """Return a stack with a new layer directly outside the named one."""
        return self._insert(self._index(name), new, middleware)

    def after(self, name: str, new: str, middleware: Middleware) -> Stack:
        """Return a stack with a new layer directly inside the named one."""
        return self._insert(self._index(name) + 1, new, middleware)

    def replace(self, name: str, middleware: Middleware) -> Stack:
        """Return a stack with other middleware under the same name."""
        index = self._index(name)
        return Stack((*self._layers[:index], (name, middleware), *self._layers[index + 1 :]))

    def without(self, name: str) -> Stack:
        """Return a stack without the named layer."""
        index = self._index(name)
        return Stack((*self._layers[:index], *self._layers[index + 1 :]))

    @cached_property
    def handler(self) -> Handler:
        """The whole stack as one function from request to flow."""
        handler: Handler = send
        for _name, middleware in reversed(self._layers):
            handler = _wrap(middleware, handler)
        return handler

    def _insert(self, index: int, name: str, middleware: Middleware) -> Stack:
        return Stack((*self._layers[:index], (name, middleware), *self._layers[index:]))

    def _index(self, name: str) -> int:
        try:
            return self.names.index(name)
        except ValueError:
            raise ConfigurationError(
                _(
                    "this stack has no layer {name!r}; its layers are {names}",
                    name=name,
                    names=", ".join(self.names) or "none",
                )
            ) from None

    def __repr__(self) -> str:
        return f"<Stack {' > '.join(self.names)}>"


class Stacks(dict[str, Stack]):
    """A client's stacks, `v3` and `v2`; assign a changed stack back to use it."""

    def __setitem__(self, name: str, stack: Stack) -> None:
        if name not in self or not isinstance(stack, Stack):
            raise ConfigurationError(
                _(
                    "stacks[{name!r}] = {type}: expected a Stack, such as {map}",
                    name=name,
                    type=type(stack).__name__,
                    map=" or ".join(map(repr, self)),
                )
            )
        super().__setitem__(name, stack)


def _wrap(middleware: Middleware, inner: Handler) -> Handler:
    return lambda request: middleware(request, inner)


def send(request: Request) -> Flow:
    """The innermost handler: send the request and return the response."""
    if request.content is None:
        raise ConfigurationError(
            _(
                "the request was not encoded: the stack needs an 'encoder' (or your own "
                "middleware that sets request.content) outside its innermost layer"
            )
        )
    response: Response = yield Send(request)
    return response
