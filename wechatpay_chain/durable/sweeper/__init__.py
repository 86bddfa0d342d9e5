"""Orders, refunds and transfers whose notification does not come: they are queried."""

from .end import End
from .sweeper import Sweeper

__all__ = ["End", "Sweeper"]
