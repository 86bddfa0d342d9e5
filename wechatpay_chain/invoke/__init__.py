"""Launch parameters: the signed parameters that start a payment on the customer's device."""

from .parameters import Invoke

__all__ = ["Invoke"]
