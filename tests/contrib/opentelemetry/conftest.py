"""What was exported, in memory, of calls to a gateway over the loopback."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from wechatpay_chain import Retry, WeChatPay
from wechatpay_chain.contrib.opentelemetry import WeChatPayInstrumentor
from wechatpay_chain.gateway import Gateway


class Telemetry:
    """An instrumented process.

    Attributes:
        tracers: the provider that spans are made by.
    """

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        self._reader = InMemoryMetricReader()
        self.tracers = TracerProvider(shutdown_on_exit=False)
        self.tracers.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.meters = MeterProvider([self._reader], shutdown_on_exit=False)
        self.tracer = self.tracers.get_tracer("the shop")

    def instrument(self) -> None:
        WeChatPayInstrumentor().instrument(tracer_provider=self.tracers, meter_provider=self.meters)

    def spans(self) -> Sequence[ReadableSpan]:
        """All spans that have ended, in the order in which they did."""
        return self._exporter.get_finished_spans()

    def clear(self) -> None:
        self._exporter.clear()

    def calls(self) -> list[ReadableSpan]:
        """The spans of calls, in order."""
        return [span for span in self.spans() if _is_call(span)]

    def attempts(self, call: ReadableSpan) -> list[ReadableSpan]:
        """The spans right below another one, in order."""
        return [span for span in self.spans() if span.parent == call.context]

    def durations(self, name: str) -> list[tuple[dict[str, Any], Any]]:
        """The attributes and the data point of each time series of a histogram."""
        data = self._reader.get_metrics_data()
        return [
            (dict(point.attributes), point)
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        ]

    def exported(self) -> str:
        """Everything that leaves the process, as one text."""
        data = self._reader.get_metrics_data()
        spans = [json.loads(span.to_json()) for span in self.spans()]
        metrics = json.loads(data.to_json()) if data else None
        return json.dumps([spans, metrics], ensure_ascii=False)

    def shutdown(self) -> None:
        self.tracers.shutdown()
        self.meters.shutdown()


def _is_call(span: ReadableSpan) -> bool:
    return span.kind.name == "CLIENT" and "wechatpay.mchid" in (span.attributes or {})


class Watch(SpanProcessor):
    """Calls a function for each span that starts."""

    def __init__(self, started: Callable[[Any], None]) -> None:
        self._started = started

    def on_start(self, span: Any, parent_context: Any = None) -> None:
        self._started(span)


@pytest.fixture
def telemetry() -> Iterator[Telemetry]:
    made = Telemetry()
    made.instrument()
    yield made
    if WeChatPayInstrumentor().is_instrumented_by_opentelemetry:
        WeChatPayInstrumentor().uninstrument()
    made.shutdown()


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    with Gateway(time_scale=0.001) as running:
        yield running


@pytest.fixture(autouse=True)
def no_faults(gateway: Gateway) -> Iterator[None]:
    yield
    gateway.faults.clear()


@pytest.fixture
def wxpay(gateway: Gateway) -> Iterator[WeChatPay]:
    with gateway.client(tls=False, retry=Retry(initial=0)) as made:
        yield made
