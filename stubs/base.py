"""The run-time base of the generated modules."""

import sys

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:
    try:  # pydantic requires this one before Python 3.12
        from typing_extensions import TypedDict
    except ImportError:
        from typing import TypedDict

__all__ = ["TypedDict"]
