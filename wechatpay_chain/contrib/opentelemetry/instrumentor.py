"""Enables and disables tracing for the whole process."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from opentelemetry.instrumentation.instrumentor import (  # type: ignore[attr-defined]
    BaseInstrumentor,  # its module disables mypy
)
from opentelemetry.metrics import get_meter
from opentelemetry.trace import get_tracer

from ...middleware import observers
from ...utils.version import __version__
from .observer import TracingObserver

__all__ = ["WeChatPayInstrumentor"]

NAME = "wechatpay_chain.contrib.opentelemetry"
SCHEMA_URL = "https://opentelemetry.io/schemas/1.44.0"
"""The version of the semantic conventions for the names."""


class WeChatPayInstrumentor(BaseInstrumentor):  # type: ignore[misc]
    """Traces and measures the calls and notifications of all clients, existing and future.

    `instrument` takes `tracer_provider` and `meter_provider`, by default the global ones.
    `uninstrument` stops it; running calls are recorded to their end.
    """

    _observer: TracingObserver | None = None

    def instrumentation_dependencies(self) -> Collection[str]:
        """Return no dependencies, because the instrumented package is this one."""
        return ()

    def _instrument(self, **kwargs: Any) -> None:
        tracer = get_tracer(NAME, __version__, kwargs.get("tracer_provider"), SCHEMA_URL)
        meter = get_meter(NAME, __version__, kwargs.get("meter_provider"), SCHEMA_URL)
        self._observer = TracingObserver(tracer, meter)
        observers.add(self._observer)

    def _uninstrument(self, **kwargs: Any) -> None:
        if self._observer is not None:
            observers.remove(self._observer)
            self._observer = None
