"""What the generated modules are made of at run time."""

import sys

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:
    try:  # pydantic takes this one, and refuses that of typing before Python 3.12
        from typing_extensions import TypedDict
    except ImportError:
        from typing import TypedDict

__all__ = ["TypedDict"]
