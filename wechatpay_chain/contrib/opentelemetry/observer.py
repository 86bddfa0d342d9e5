"""Spans and durations of calls, of their requests, and of notifications."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from opentelemetry import context, trace
from opentelemetry.instrumentation.utils import (
    is_http_instrumentation_enabled,
    suppress_http_instrumentation,
)
from opentelemetry.metrics import Histogram, Meter
from opentelemetry.semconv.metrics.http_metrics import HTTP_CLIENT_REQUEST_DURATION
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer

from ...messages.request import Request
from .attributes import (
    CODE,
    ERROR_TYPE,
    EVENT_TYPE,
    HTTP_REQUEST_METHOD,
    HTTP_REQUEST_RESEND_COUNT,
    HTTP_RESPONSE_STATUS_CODE,
    MCHID,
    NETWORK_PROTOCOL_VERSION,
    SERVER_ADDRESS,
    SERVER_PORT,
    URL_TEMPLATE,
    Attributes,
    of_call,
    of_notification,
    of_opened,
    of_request,
    of_send,
)

__all__ = ["TracingObserver"]

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
"""The bucket boundaries of the conventions, in seconds."""
CALL_DURATION = "wechatpay.client.call.duration"
MEASURED = (
    HTTP_REQUEST_METHOD,
    SERVER_ADDRESS,
    SERVER_PORT,
    URL_TEMPLATE,
    HTTP_RESPONSE_STATUS_CODE,
    NETWORK_PROTOCOL_VERSION,
    ERROR_TYPE,
)
MEASURED_OF_CALL = (HTTP_REQUEST_METHOD, URL_TEMPLATE, ERROR_TYPE, CODE)
"""Merchant IDs are not included: a metric has a time series for each value."""


class TracingObserver:
    """Starts a span for each event, and ends it with the event's outcome.

    Args:
        tracer: creates the spans.
        meter: creates the histograms.
    """

    def __init__(self, tracer: Tracer, meter: Meter) -> None:
        self._tracer = tracer
        self._sends = meter.create_histogram(
            HTTP_CLIENT_REQUEST_DURATION,
            unit="s",
            description="Duration of HTTP client requests.",
            explicit_bucket_boundaries_advisory=BUCKETS,
        )
        self._calls = meter.create_histogram(
            CALL_DURATION,
            unit="s",
            description="Duration of calls to WeChat Pay, with all their attempts.",
            explicit_bucket_boundaries_advisory=(*BUCKETS, 30.0, 60.0),
        )

    def call(self, mchid: str, request: Request) -> _Current | None:
        """Start a span for a call."""
        if not is_http_instrumentation_enabled():
            return None
        attributes = of_request(request)
        span = self._client_span({**attributes, MCHID: mchid})
        measure = _Measure(self._calls, attributes, MEASURED_OF_CALL)
        return _Current(span, trace.set_span_in_context(span), of_call, measure)

    def send(self, request: Request, resend_count: int) -> _Current | None:
        """Start a span for an attempt, within which the HTTP library's instrumentation is disabled.

        That instrumentation would add a second span for the same request, with the whole URL.
        """
        if not is_http_instrumentation_enabled():
            return None
        attributes = of_request(request)
        count: Attributes = {HTTP_REQUEST_RESEND_COUNT: resend_count} if resend_count else {}
        span = self._client_span({**attributes, **count})
        with suppress_http_instrumentation():
            suppressed = trace.set_span_in_context(span)
        measure = _Measure(self._sends, attributes, MEASURED)
        return _Current(span, suppressed, of_send, measure)

    def notification(self, mchid: str) -> _Current:
        """Start a span for a notification."""
        span = self._tracer.start_span(
            "notify", kind=SpanKind.CONSUMER, attributes=of_notification(mchid)
        )
        return _Current(span, trace.set_span_in_context(span), of_opened)

    def _client_span(self, attributes: Attributes) -> Span:
        method = attributes[HTTP_REQUEST_METHOD]
        name = f"{'HTTP' if method == '_OTHER' else method} {attributes.get(URL_TEMPLATE, '')}"
        return self._tracer.start_span(name.strip(), kind=SpanKind.CLIENT, attributes=attributes)


class _Measure:
    """Measures the duration of an event.

    Args:
        histogram: records the duration.
        attributes: the attributes known at the beginning.
        names: the names of the attributes to record.
    """

    __slots__ = ("_attributes", "_histogram", "_names", "_started")

    def __init__(self, histogram: Histogram, attributes: Attributes, names: tuple[str, ...]):
        self._histogram = histogram
        self._attributes = attributes
        self._names = names
        self._started = time.perf_counter()

    def record(self, found: Attributes) -> None:
        """Record the elapsed time, in the context of its span."""
        known = {**self._attributes, **found}
        self._histogram.record(
            time.perf_counter() - self._started,
            {name: known[name] for name in self._names if name in known},
        )


class _Current:
    """A span that is current until it ends.

    Args:
        span: a started span.
        surroundings: the context that contains the span.
        describe: returns the attributes of an outcome.
        measure: records the duration, or None.
    """

    __slots__ = ("_describe", "_measure", "_span", "_token")

    def __init__(
        self,
        span: Span,
        surroundings: context.Context,
        describe: Callable[[Any], Attributes],
        measure: _Measure | None = None,
    ) -> None:
        self._span = span
        self._describe = describe
        self._measure = measure
        self._token = context.attach(surroundings)

    def end(self, outcome: Any) -> None:
        """End the span with its outcome, without exception messages, which may contain ids."""
        try:
            found = self._describe(outcome)
            self._span.set_attributes(found)
            if ERROR_TYPE in found:
                self._span.set_status(StatusCode.ERROR)
            if EVENT_TYPE in found:
                self._span.update_name(f"notify {found[EVENT_TYPE]}")
            if self._measure is not None:
                self._measure.record(found)
        finally:
            # A coroutine that is no longer awaited may be collected in any context.
            is_current = trace.get_current_span() is self._span
            if is_current or not isinstance(outcome, GeneratorExit):
                context.detach(self._token)
            self._span.end()
