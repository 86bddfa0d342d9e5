"""Spans belong to their own call, in tasks, threads and after a cancellation."""

from __future__ import annotations

import asyncio
import gc
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from opentelemetry import context, trace
from opentelemetry.trace import StatusCode

from tests.contrib.opentelemetry.conftest import Watch

PATH = "v3/certificates"
MANY = 50


def assert_pairs(telemetry: Any, parents: set[int | None]) -> None:
    """Each call has an attempt of its own, in its own trace, and the parent that it was given."""
    calls = telemetry.calls()
    assert len(calls) == MANY
    for call in calls:
        (attempt,) = telemetry.attempts(call)
        assert attempt.context.trace_id == call.context.trace_id
        assert call.start_time <= attempt.start_time < attempt.end_time <= call.end_time
    assert {call.parent and call.parent.span_id for call in calls} == parents


async def test_many_tasks_at_once(wxpay, telemetry):
    async def one(number: int) -> int:
        with telemetry.tracer.start_as_current_span(f"order {number}") as span:
            await wxpay.chain(PATH).get_async()
            assert trace.get_current_span() is span
            return span.get_span_context().span_id

    parents = await asyncio.gather(*map(one, range(MANY)))
    await wxpay.aclose()
    assert_pairs(telemetry, set(parents))


async def test_a_gather_below_one_span(wxpay, telemetry):
    with telemetry.tracer.start_as_current_span("batch") as batch:
        await asyncio.gather(*(wxpay.chain(PATH).get_async() for _ in range(MANY)))
        assert trace.get_current_span() is batch
    await wxpay.aclose()
    assert_pairs(telemetry, {batch.get_span_context().span_id})


def test_many_threads_at_once(wxpay, telemetry):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: wxpay.chain(PATH).get(), range(MANY)))
    assert_pairs(telemetry, {None})
    assert trace.get_current_span() is trace.INVALID_SPAN


async def test_a_cancelled_call_ends_its_spans(gateway, wxpay, telemetry):
    gateway.faults.add(PATH, "delay", times=1, seconds=60)
    sending, spans = asyncio.Event(), []

    def started(span: Any) -> None:
        spans.append(span)
        if len(spans) == 2:
            sending.set()

    telemetry.tracers.add_span_processor(Watch(started))
    with telemetry.tracer.start_as_current_span("checkout") as checkout:
        spans.clear()
        task = asyncio.create_task(wxpay.chain(PATH).get_async())
        await sending.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert trace.get_current_span() is checkout
    await wxpay.aclose(grace=0)
    attempt, call, _ = telemetry.spans()
    assert attempt.parent == call.context
    for span in (attempt, call):
        assert span.status.status_code is StatusCode.UNSET  # the conventions count it as no error
        assert "error.type" not in span.attributes
    for name in ("http.client.request.duration", "wechatpay.client.call.duration"):
        ((attributes, point),) = telemetry.durations(name)  # else no slow call would be seen
        assert point.count == 1
        assert "http.response.status_code" not in attributes


class Never:
    """A transport that never answers."""

    async def send_async(self, request: Any) -> Any:
        await asyncio.Event().wait()

    def send(self, request: Any) -> Any:
        raise AssertionError

    def close(self) -> None: ...

    async def aclose(self) -> None: ...


def test_a_call_that_nobody_awaits_any_more(gateway, telemetry, caplog):
    wxpay = gateway.client(tls=False, transport=Never())

    def drop() -> Any:
        async def begin() -> Any:
            call = wxpay.chain(PATH).get_async()
            call.send(None)
            return call

        return asyncio.run(begin())

    kept = [drop()]
    with telemetry.tracer.start_as_current_span("something else") as other:
        kept.clear()
        gc.collect()
        assert trace.get_current_span() is other
    assert len(telemetry.spans()) == 3
    assert not [each for each in caplog.records if each.levelno >= logging.WARNING]
    assert context.get_current() == {}
