"""Which transport the clients of a test send over; `conftest` imports it all."""

from __future__ import annotations

import pytest

from tests.support import need_pycurl, send_over_curl
from wechatpay_chain.transport import HTTPTransport

OVER_CURL = frozenset(
    {
        "test_broken_responses",
        "test_cancellation",
        "test_closing",
        "test_connections",
        "test_large_bodies",
        "test_many_at_once",
        "test_proxy",
        "test_reuse",
        "test_sink",
        "test_sink_async",
        "test_sink_failures",
        "test_targets",
        "test_timeouts",
        "test_tls",
        "test_unreachable",
    }
)
"""Modules whose tests run over libcurl as well: those about connections. What a response means is
the same over each of them."""

only_curl = pytest.mark.parametrize("transport_class", ["curl"], indirect=True)
only_default = pytest.mark.parametrize("transport_class", ["default"], indirect=True)
"""Tests of these modules that are about one of the two."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    marked = any(
        mark.args[0] == "transport_class"
        for mark in metafunc.definition.iter_markers("parametrize")
    )
    if metafunc.module.__name__.rpartition(".")[2] in OVER_CURL and not marked:
        metafunc.parametrize("transport_class", ["default", "curl"], indirect=True)


@pytest.fixture(autouse=True)
def transport_class(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> type[HTTPTransport]:
    """The class of the transports that clients make for themselves."""
    if getattr(request, "param", "default") == "default":
        return HTTPTransport
    need_pycurl()
    from wechatpay_chain.transport.curl import CurlTransport

    send_over_curl(monkeypatch.setattr)
    return CurlTransport
