"""What the gateway remembers while it runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .identity import Identity
from .inspection import Nonces

__all__ = ["State"]


@dataclass
class State:
    """One gateway's memory.

    Attributes:
        orders: by merchant's number (`out_trade_no`); what was asked for, and the prepay session.
        users: offline-face users by organization and the merchant's user number.
        collections: face collections by id.
    """

    identity: Identity
    nonces: Nonces = field(default_factory=Nonces)
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    users: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    collections: dict[str, dict[str, Any]] = field(default_factory=dict)
