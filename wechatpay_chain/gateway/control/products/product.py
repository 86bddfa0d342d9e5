"""The controls of a product: a class for the product, with a method for each control.

    class Transfers(Product):
        label, kind = Label("Transfers", "商家转账"), "transfer"

        @of_record(when=("WAIT_USER_CONFIRM",))
        def confirm(self, state: State, out_bill_no: str) -> Record: ...

A method receives the state of the merchant that has the record, and is called without it:
`gateway.transfers.confirm("T1")`. `descriptions` reads its signature and its docstring for the
control API, the command line and the console.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import (
    Any,
    ClassVar,
    Concatenate,
    Generic,
    NamedTuple,
    ParamSpec,
    Protocol,
    TypeVar,
    overload,
)

from ....utils.display import represented
from ....utils.translation import Message, _, current
from ...messages.exchange import Rejection
from ...state import State

__all__ = [
    "Attribute",
    "ControlRejected",
    "Label",
    "Product",
    "Record",
    "Scope",
    "controlled",
    "of_merchant",
    "of_record",
]

Record = dict[str, Any]
P = ParamSpec("P")
R = TypeVar("R")
Owner = TypeVar("Owner", bound="Product")
Some = TypeVar("Some", bound="Product")

LISTED = 100
"""Default number of records in a list."""


class Label(NamedTuple):
    """The name of a product in the console."""

    en: str
    zh: str

    @property
    def shown(self) -> str:
        """The name in the language of the process."""
        return Message(self.zh, self.en) if current() == "zh" else self.en


class Scope(Protocol):
    """The merchants of a control: all merchants of a gateway, or one."""

    def state_of(self, kinds: Iterable[str], key: str) -> State:
        """Return the state of the merchant that has a record; see `Controls.state_of`."""

    def states(self) -> list[State]:
        """Return the states of the merchants."""


class ControlRejected(LookupError):
    """Raised if a control is rejected: the record does not exist, or its state forbids the control.

    Attributes:
        code: WeChat Pay's error code.
        message: error message.
        status: HTTP status of the error code.
    """

    def __init__(self, code: str, message: str = "", status: int = 400) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.status = status

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


def controlled(state: State, action: Callable[[], R]) -> R:
    """Run an action in a transaction, and return its result.

    Raises:
        ControlRejected: the action is rejected.
    """
    with state.store.transaction():
        try:
            return action()
        except Rejection as rejection:
            status = rejection.status if rejection.status >= 400 else 400
            raise ControlRejected(rejection.code, rejection.message, status) from None


class Product:
    """The controls of one product.

    Args:
        scope: the gateway, or one of its merchants.

    Attributes:
        label: name of the product in the console.
        kind: kind of its records in the store.
        state_name: field of a record that contains its state.
    """

    label: ClassVar[Label]
    kind: ClassVar[str]
    state_name: ClassVar[str] = "state"

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def settle(self, state: State) -> None:
        """Store the state changes of a merchant's records that are due."""

    def all(self, limit: int = LISTED) -> list[Record]:
        """Return the records, newest first.

        Args:
            limit: maximum number of records.
        """
        found: list[Record] = []
        for state in self._scope.states():
            with state.store.transaction():
                self.settle(state)
            found += state.store.all(self.kind, newest_first=True, limit=limit)
        newest = sorted(found, key=lambda each: float(each.get("created", 0)), reverse=True)
        return newest[:limit]

    def get(self, key: str) -> Record:
        """Return the current state of a record.

        Args:
            key: number of the record.

        Raises:
            LookupError: the record does not exist, or several merchants have one with this number.
        """
        state = self._scope.state_of((self.kind,), key)
        with state.store.transaction():
            self.settle(state)
        record = state.store.get(self.kind, key)
        if record is None:
            raise LookupError(
                _("{name}: no record {key}", name=self.label.shown, key=represented(key))
            )
        return record


def of_record(
    *kinds: str, when: Iterable[str] = ()
) -> Callable[
    [Callable[Concatenate[Owner, State, str, P], R]], Callable[Concatenate[Owner, str, P], R]
]:
    """Decorate a control of a record; the first argument identifies the record.

    Args:
        kinds: the kinds of the record; by default, the product's own.
        when: the states of the record that permit the control; by default, all.
    """

    def decorate(
        function: Callable[Concatenate[Owner, State, str, P], R],
    ) -> Callable[Concatenate[Owner, str, P], R]:
        @functools.wraps(function)
        def control(self: Owner, key: str, /, *args: P.args, **kwargs: P.kwargs) -> R:
            state = self._scope.state_of(kinds or (self.kind,), key)
            result = controlled(state, lambda: function(self, state, key, *args, **kwargs))
            state.log.tell(self.kind, {"id": key})
            return result

        _describe(control, function, kinds=kinds, keyed=True, when=frozenset(when))
        return control

    return decorate


def of_merchant(
    function: Callable[Concatenate[Owner, State, P], R],
) -> Callable[Concatenate[Owner, P], R]:
    """Decorate a control of a merchant; a gateway's control applies to its first merchant."""

    @functools.wraps(function)
    def control(self: Owner, /, *args: P.args, **kwargs: P.kwargs) -> R:
        state = self._scope.state_of((), "")
        result = controlled(state, lambda: function(self, state, *args, **kwargs))
        state.log.tell(self.kind, {})
        return result

    _describe(control, function, kinds=(), keyed=False, when=frozenset())
    return control


def _describe(
    control: Any,
    function: Callable[..., Any],
    *,
    kinds: tuple[str, ...],
    keyed: bool,
    when: frozenset[str],
) -> None:
    """Set the signature and the description of a control."""
    signature = inspect.signature(function)
    owner, _state, *parameters = signature.parameters.values()
    control.__signature__ = signature.replace(parameters=[owner, *parameters])
    control._control = (kinds, keyed, when, tuple(parameters))


class Attribute(Generic[Some]):
    """An attribute of a gateway or a merchant with a product's controls.

    Args:
        product: the class of the controls.
    """

    def __init__(self, product: type[Some]) -> None:
        self.product = product

    @overload
    def __get__(self, scope: None, owner: type) -> Attribute[Some]: ...

    @overload
    def __get__(self, scope: Scope, owner: type) -> Some: ...

    def __get__(self, scope: Scope | None, owner: type) -> Some | Attribute[Some]:
        return self if scope is None else self.product(scope)
