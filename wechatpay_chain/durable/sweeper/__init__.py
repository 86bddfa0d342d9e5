"""The sweeper queries orders, refunds and transfers in case their notification does not arrive."""

from .end import End
from .sweeper import Sweeper

__all__ = ["End", "Sweeper"]
