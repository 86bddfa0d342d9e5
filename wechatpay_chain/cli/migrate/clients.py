"""The known facts about a client of the other library: its constructor's place and arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...utils.translation import _
from .values import Unsure, Value

__all__ = ["Client"]


@dataclass(frozen=True, slots=True)
class Client:
    """A client, as far as its constructor describes it.

    Attributes:
        library: its library.
        partner: whether it is a service provider's; None where that is not known.
        kind: the kind of payment that it makes by itself; empty where that is not known.
        settings: the constructor's other arguments.
        known: whether the constructor was seen.
        is_ours: whether the constructor is this library's already.
        problem: why the constructor is not rewritten; else empty.
    """

    library: str
    partner: bool | None = None
    kind: str = ""
    settings: Mapping[str, Value] = field(default_factory=dict)
    known: bool = False
    is_ours: bool = False
    problem: str = ""

    def attribute(self, name: str, receiver: str) -> Value | None:
        """Return an attribute of the client as an expression; None if it is empty.

        Args:
            name: `appid`, `mchid`, `notify_url`, or one that this library's client has not.
            receiver: the client's name in the program.

        Raises:
            Unsure: the client has no such attribute here, and its value is not known.
        """
        if name in ("appid", "mchid", "notify_url"):
            given = self.settings.get(name)
            if self.known and (given is None or given.truth is False):
                return None
            return Value(f"{receiver}.{name}", certain=self.known or None)
        if not self.known:
            return None if self.is_ours else _unknown(name)
        given = self.settings.get(name)
        if given is None or given.is_none:
            return None
        if given.literal is NotImplemented and not given.text.isupper():
            return _unknown(name)
        return given


def _unknown(name: str) -> Value:
    raise Unsure(_("the client has no {name} here: pass it with each call", name=name))
