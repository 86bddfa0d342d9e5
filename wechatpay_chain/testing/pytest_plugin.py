"""Pytest fixtures for code that accepts payments: a local gateway, and its client.

    def test_an_order_is_paid(wechatpay_gateway, wechatpay):
        order = wechatpay.v3.pay.transactions.native.post(json={…})
        wechatpay_gateway.pay(out_trade_no)

A test begins with an empty gateway, or with the state of a scenario:

    @pytest.mark.wechatpay(scenario="shop.yaml")
    def test_a_refund(wechatpay_gateway, wechatpay): ...

A test with recorded exchanges plays them; `--wechatpay-record=once` records them:

    def test_a_refund(wechatpay_cassette):
        wxpay = wechatpay_cassette.client()

Pytest finds the fixtures when the package is installed; nothing else is loaded until one is used.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ..utils.translation import _

if TYPE_CHECKING:
    from ..client import WeChatPay
    from ..gateway import Gateway, Snapshot
    from ..gateway.store.identity import Identity
    from .cassettes import Cassette

__all__ = [
    "pytest_addoption",
    "pytest_configure",
    "wechatpay",
    "wechatpay_app",
    "wechatpay_cassette",
    "wechatpay_gateway",
    "wechatpay_identity",
]


Scenario = str | Path | Mapping[str, Any] | None


CASSETTES = "cassettes"
"""The folder for cassettes next to a test file."""
UNLIKE_A_NAME = re.compile(r"[^\w.-]+", re.ASCII)
LONGEST = 100
"""Maximum characters of a test's name in a cassette's name."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the command-line option for recording cassettes."""
    parser.getgroup("wechatpay").addoption(
        "--wechatpay-record",
        choices=("once", "new_episodes", "new", "none", "all"),
        default="none",
        help="what wechatpay_cassette records: 'none' only plays and is the default; 'once' "
        "records a cassette that is missing, 'new_episodes' what one lacks, 'all' everything",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers."""
    config.addinivalue_line(
        "markers",
        "wechatpay_cassette(path, **options): which file wechatpay_cassette uses, relative to that "
        "of the test; and keep, hide, hide_merchant, match_on.",
    )
    config.addinivalue_line(
        "markers",
        "wechatpay(scenario): what wechatpay_gateway has when the test begins: a scenario, or the "
        "path of its file, relative to that of the test.",
    )


class Prepared:
    """A gateway that can be reset to prepared states.

    Args:
        gateway: a running, empty gateway.

    Attributes:
        gateway: the same gateway.
    """

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self._empty = gateway.snapshot()
        self._prepared: dict[str, Snapshot] = {}

    def reset(self, scenario: Scenario = None) -> None:
        """Reset the gateway to a scenario; without one, it is empty and uses the real time.

        Each scenario is loaded once, and restored from a snapshot afterwards.

        Raises:
            ScenarioError: the scenario cannot be loaded.
        """
        if not self.gateway.running:
            self.gateway.start()
        if scenario is None:
            self.gateway.restore(self._empty, elapsed=True)
            return
        name = str(scenario) if isinstance(scenario, Path) else json.dumps(scenario)
        if name not in self._prepared:
            self.gateway.restore(self._empty, elapsed=True)
            self.gateway.load(scenario)
            self._prepared[name] = self.gateway.snapshot()
        self.gateway.restore(self._prepared[name])


def _scenario_of(marker: pytest.Mark) -> Scenario:
    """Return the scenario of a marker.

    Raises:
        UsageError: the marker has other arguments.
    """
    if marker.args or marker.kwargs.keys() != {"scenario"}:
        raise pytest.UsageError(_('{marker}: expected wechatpay(scenario="FILE")', marker=marker))
    scenario: Scenario = marker.kwargs["scenario"]
    return scenario


@pytest.fixture(scope="session")
def wechatpay_identity(request: pytest.FixtureRequest) -> Identity:
    """The gateway's keys, kept in pytest's cache because generating them is slow."""
    from ..gateway.store.data_directory import DataDirectoryError, load_identity
    from ..gateway.store.identity import Identity

    cache = getattr(request.config, "cache", None)
    if cache is None:  # -p no:cacheprovider
        return Identity.new()
    try:
        return load_identity(cache.mkdir("wechatpay_gateway"))
    except DataDirectoryError:  # a container's cache may belong to another user, for example
        return Identity.new()


@pytest.fixture(scope="session")
def _wechatpay_prepared(wechatpay_identity: Identity) -> Iterator[Prepared]:
    """The gateway of this process, which all tests use in turn."""
    from ..gateway import Gateway

    with Gateway(identity=wechatpay_identity) as gateway:
        yield Prepared(gateway)


@pytest.fixture
def wechatpay_gateway(
    request: pytest.FixtureRequest, _wechatpay_prepared: Prepared
) -> Iterator[Gateway]:
    """A local gateway on a free port of 127.0.0.1, empty or with the test's scenario.

    One gateway serves all tests of a process. Before each test, its entire state is replaced:
    records, merchants, keys, faults, time and log.
    """
    marker = request.node.get_closest_marker("wechatpay")
    scenario = None if marker is None else _scenario_of(marker)
    if isinstance(scenario, str | Path):
        scenario = request.path.parent / scenario
    gateway, shared = _wechatpay_prepared.gateway, _wechatpay_prepared.gateway.platform.shared
    listeners, receivers = set(shared.log.listeners), list(shared.receivers)
    _wechatpay_prepared.reset(scenario)
    try:
        yield gateway
    finally:
        shared.log.listeners.intersection_update(listeners)
        shared.receivers[:] = receivers
        _wechatpay_prepared.reset()  # pending deliveries must not reach the next test


@pytest.fixture
def wechatpay(wechatpay_gateway: Gateway) -> Iterator[WeChatPay]:
    """A client of the merchant in `wechatpay_gateway`, sync and async."""
    with wechatpay_gateway.client() as client:
        yield client


@pytest.fixture
def wechatpay_app(wechatpay_gateway: Gateway) -> Iterator[Callable[..., str]]:
    """Serve a web application on 127.0.0.1 until the test ends, and return its base URL.

        url = wechatpay_app(app)

    The gateway posts its notifications to a `notify_url` that begins with this URL. See
    `wechatpay_chain.testing.serving.serve`.
    """
    from .serving import serve

    with ExitStack() as served:
        yield lambda app, interface=None: served.enter_context(serve(app, interface))


@pytest.fixture
def wechatpay_cassette(request: pytest.FixtureRequest) -> Iterator[Cassette]:
    """Recorded exchanges with WeChat Pay, in `cassettes/MODULE/TEST.yaml` next to the test file.

    They are played, and an unrecorded request fails the test; `--wechatpay-record` records them.
    See `wechatpay_chain.testing.cassette`.
    """
    from . import cassettes

    marker = request.node.get_closest_marker("wechatpay_cassette")
    given, options = ((), {}) if marker is None else (marker.args, dict(marker.kwargs))
    if len(given) > 1 or "record_mode" in options:
        raise pytest.UsageError(
            _(
                '{marker}: expected wechatpay_cassette("FILE", keep=…); --wechatpay-record sets '
                "the record mode",
                marker=marker,
            )
        )
    folder = request.path.parent
    named = given[0] if given else options.pop("path", None)
    path = folder / (named or f"{CASSETTES}/{request.path.stem}/{_name_of(request.node)}.yaml")
    mode = request.config.getoption("--wechatpay-record")
    with cassettes.cassette(path, mode, **options) as cassette:
        yield cassette


def _name_of(item: pytest.Item) -> str:
    """Return a file name for a test; a changed name has a digest of the test's name appended."""
    within = item.nodeid.partition("::")[2].replace("::", ".")
    name = UNLIKE_A_NAME.sub("-", within)[:LONGEST]
    if name == within:
        return name
    return f"{name}.{hashlib.sha256(within.encode()).hexdigest()[:8]}"
