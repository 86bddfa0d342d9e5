"""Imports the libraries of the extra `bills` on first use."""

from __future__ import annotations

import importlib
from typing import Any

from ...utils.exceptions import ConfigurationError
from ...utils.translation import _

__all__ = ["library"]


def library(name: str) -> Any:
    """Import a module.

    Args:
        name: the module name, such as `duckdb`, `pyarrow.parquet`.

    Raises:
        ConfigurationError: it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError:
        raise ConfigurationError(
            _(
                "{partition} is not installed: pip install 'wechatpay-chain[bills]'",
                partition=name.partition(".")[0],
            )
        ) from None
