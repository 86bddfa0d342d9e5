"""Tracing is turned on and off for the process, and fails no call."""

from __future__ import annotations

import logging
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.instrumentation.instrumentor import BaseInstrumentor
from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter

from wechatpay_chain import APIError, Merchants
from wechatpay_chain.contrib.opentelemetry import WeChatPayInstrumentor
from wechatpay_chain.middleware import observers

PATH = "v3/certificates"


def test_clients_made_before_and_after(gateway, telemetry):
    WeChatPayInstrumentor().uninstrument()
    with gateway.client(tls=False) as before:
        before[PATH].get()
        assert telemetry.spans() == ()
        telemetry.instrument()
        before[PATH].get()
        with gateway.client(tls=False) as after:
            after[PATH].get()
        assert len(telemetry.calls()) == 2
        WeChatPayInstrumentor().uninstrument()
        before[PATH].get()
    assert len(telemetry.calls()) == 2
    assert observers.installed == ()
    assert trace.get_current_span() is trace.INVALID_SPAN


def test_what_is_under_way_is_recorded_to_its_end(gateway, telemetry):
    def layer(request: Any, handle: Any) -> Any:
        WeChatPayInstrumentor().uninstrument()
        return (yield from handle(request))

    with gateway.client(tls=False) as wxpay:
        wxpay[PATH].get(stack=wxpay.stacks["v3"].after("retry", "off", layer))
    assert len(telemetry.calls()) == 1


def test_twice_is_once(gateway, telemetry, caplog):
    telemetry.instrument()
    assert "already instrumented" in caplog.text
    assert len(observers.installed) == 1


def test_the_clients_of_merchants(gateway, wxpay, telemetry):
    identity = gateway.identity
    merchants = Merchants(
        {
            identity.mchid: {
                "serial": identity.serial,
                "private_key": identity.merchant_key,
                "certs": gateway.certs,
            }
        },
        base_uri=gateway.base_uri,
    )
    with merchants:
        merchants[identity.mchid][PATH].get()
    (call,) = telemetry.calls()
    assert call.attributes["wechatpay.mchid"] == identity.mchid


def test_opentelemetry_finds_it():
    settings = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text("utf-8"))
    entry = settings["project"]["entry-points"]["opentelemetry_instrumentor"]["wechatpay_chain"]
    module, _, name = entry.partition(":")
    found = getattr(import_module(module), name)
    assert issubclass(found, BaseInstrumentor)
    assert found().instrumentation_dependencies() == ()


def test_without_it_nothing_of_opentelemetry_is_loaded():
    told = "import sys, wechatpay_chain; print([m for m in sys.modules if 'opentelemetry' in m])"
    result = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True)
    assert (result.stdout.strip(), result.returncode) == ("[]", 0)


@pytest.mark.parametrize("when", ["on_start", "on_end"])
def test_a_tracer_that_fails_fails_no_call(gateway, wxpay, telemetry, caplog, when):
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("the collector is on fire")

    broken = SpanProcessor()
    setattr(broken, when, fail)
    telemetry.tracers.add_span_processor(broken)
    assert wxpay[PATH].get().verified
    with pytest.raises(APIError, match="ORDER_NOT_EXIST"):
        wxpay["v3/pay/transactions/out-trade-no/no-such-1"].get(query={"mchid": wxpay.mchid})
    assert trace.get_current_span() is trace.INVALID_SPAN
    warned = [each.getMessage() for each in caplog.records if each.name == "wechatpay_chain"]
    assert len(warned) == 4  # two calls, and what they send
    assert all("the collector is on fire; the call goes on" in each for each in warned)


def test_an_exporter_that_fails_fails_no_call(wxpay, telemetry, caplog):
    class Broken(SpanExporter):
        def export(self, spans: Any) -> Any:
            raise RuntimeError("no route to the collector")

    telemetry.tracers.add_span_processor(SimpleSpanProcessor(Broken()))
    with caplog.at_level(logging.CRITICAL, "opentelemetry"):
        assert wxpay[PATH].get().verified
    assert len(telemetry.calls()) == 1


def test_a_meter_that_fails_fails_no_call(wxpay, telemetry, caplog, monkeypatch):
    (observer,) = observers.installed

    class Broken:
        def record(self, *_: Any) -> None:
            raise RuntimeError("no memory for a series")

    monkeypatch.setattr(observer, "_sends", Broken())
    assert wxpay[PATH].get().verified
    assert len(telemetry.calls()) == 1
    assert [span.name for span in telemetry.attempts(telemetry.calls()[0])] == [f"GET {PATH}"]
    assert trace.get_current_span() is trace.INVALID_SPAN


def test_the_global_providers_are_the_default(wxpay, telemetry):
    WeChatPayInstrumentor().uninstrument()
    WeChatPayInstrumentor().instrument()  # this process has set none: nothing is recorded
    assert wxpay[PATH].get().verified
    assert telemetry.spans() == ()
