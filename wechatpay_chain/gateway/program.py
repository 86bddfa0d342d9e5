"""Runs the gateway as a program: output, signals, and errors at the start."""

from __future__ import annotations

import errno
import ipaddress
import json
import shutil
import signal
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..utils.display import printable, printable_json, width
from ..utils.signals import stopped_by
from ..utils.translation import _
from .gateway import Gateway, ListenError
from .request_lines import RequestLines
from .scenarios import ScenarioError
from .snapshots import SnapshotError
from .store.data_directory import DataDirectoryError
from .store.identity import Way

__all__ = ["HOST", "PORT", "TLS_PORT", "CannotRun", "Settings", "run", "started"]

HOST, PORT, TLS_PORT = "127.0.0.1", 8790, 8791
SIGNALS = tuple(
    number
    for name in ("SIGINT", "SIGTERM", "SIGBREAK")  # the last is Ctrl-Break on Windows
    if (number := getattr(signal, name, None)) is not None
)
SHOWN = 4
"""Maximum number of merchants that are printed besides the first."""
POLL_INTERVAL = 1.0
"""Seconds between checks whether the gateway still runs."""


class CannotRun(Exception):
    """The gateway cannot start.

    Attributes:
        hint: how to fix the problem.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True)
class Settings:
    """The settings of the gateway.

    Attributes:
        host: address to listen on.
        port, tls_port: ports to listen on; 0 selects a free port.
        data: directory for keys and records. None keeps records in memory, and keys in a
            temporary directory.
        time_scale: speed of the gateway's clock relative to real time.
        signs_with: keys of WeChat Pay that the merchant uses.
        as_json: True prints the settings for clients in the format of `gateway.json`.
        merchants: number of merchants.
        scenario: file with the initial data; with a data directory, it is loaded only at the first
            start.
        snapshot: file of a snapshot with the initial state.
        public_url: address for clients on other machines; empty if there are none.
        control_token: token for control from other machines; empty without one.
        inline_keys: True writes the keys themselves to `gateway.json`.
        show_secrets: True shows the plaintext of encrypted fields.
        quiet: True prints no line for each request.
    """

    host: str = HOST
    port: int = PORT
    tls_port: int = TLS_PORT
    data: Path | None = None
    time_scale: float = 1
    signs_with: Way = "public_key"
    as_json: bool = False
    merchants: int = 1
    scenario: Path | None = None
    snapshot: Path | None = None
    public_url: str = ""
    control_token: str = ""
    inline_keys: bool = False
    show_secrets: bool = False
    quiet: bool = False


def run(settings: Settings, show: Callable[[str], None], warn: Callable[[str], None]) -> None:
    """Run until SIGINT, SIGTERM or Ctrl-Break. Call it in the main thread.

    Args:
        settings: settings of the gateway.
        show: prints the settings for clients when the gateway is ready.
        warn: prints a warning.

    Raises:
        CannotRun: a port is in use, or the data directory, the scenario or the snapshot cannot be
            used.
    """
    if not _is_loopback(settings.host):
        warn(
            _(
                "warning: other machines can connect to {host}, and everyone who connects can use "
                "the gateway; use only its test keys",
                host=settings.host,
            )
        )
    lines = RequestLines()
    with (
        stopped_by(*SIGNALS, wake=lines.wake) as stopped,
        started(settings) as (gateway, directory),
    ):
        show(_summary(gateway, directory.absolute(), settings))
        if not (settings.quiet or settings.as_json):
            gateway.state.log.listeners.add(lines.listen)
        lines.print_until(lambda: stopped.is_set() or not gateway.running, show, POLL_INTERVAL)


@contextmanager
def started(settings: Settings) -> Generator[tuple[Gateway, Path]]:
    """Run a gateway until the end of the block; yields it and the directory of `gateway.json`.

    Args:
        settings: settings of the gateway.

    Raises:
        CannotRun: see `run`.
    """
    with _data_directory(settings.data) as directory:
        try:
            gateway = Gateway(
                settings.host,
                settings.port,
                settings.tls_port,
                signs_with=settings.signs_with,
                data=directory,
                time_scale=settings.time_scale,
                keep=settings.data is not None,
                merchants=settings.merchants,
                snapshot=settings.snapshot,
                public_url=settings.public_url,
                control_token=settings.control_token or None,
                inline_keys=settings.inline_keys,
                show_secrets=settings.show_secrets,
            )
        except DataDirectoryError as error:
            raise CannotRun(str(error.args[0]), error.hint) from error
        except SnapshotError as error:
            raise CannotRun(str(error), _("create a snapshot with Snapshot.save")) from error
        except ValueError as error:
            hint = _("docs/gateway-deployment.md describes a gateway for other machines")
            raise CannotRun(str(error), hint) from None
        try:
            _load(gateway, settings)
            _start(gateway, settings)
            yield gateway, directory
        finally:
            gateway.stop()


def _load(gateway: Gateway, settings: Settings) -> None:
    if settings.scenario is not None:
        try:
            gateway.load(settings.scenario, once=True)
        except ScenarioError as error:
            hint = _("docs/gateway-scenarios.md describes the format")
            raise CannotRun(str(error), hint) from error


def _start(gateway: Gateway, settings: Settings) -> None:
    try:
        gateway.start()
    except DataDirectoryError as error:
        raise CannotRun(str(error.args[0]), error.hint) from error
    except ListenError as error:
        option = "--port" if error.port == settings.port else "--tls-port"
        hints = {
            errno.EADDRINUSE: _(
                "choose another port with {option}, or 0 for a free port", option=option
            ),
            errno.EACCES: _("choose a port above 1023 with {option}", option=option),
        }
        hint = hints.get(error.errno or 0, _("check that --host is an address of this machine"))
        message = _("the gateway cannot listen on {address}", address=error.strerror)
        raise CannotRun(message, hint) from error
    except OverflowError as error:
        raise CannotRun(str(error), _("a port is a number from 0 to 65535")) from error


@contextmanager
def _data_directory(data: Path | None) -> Iterator[Path]:
    """Return the data directory, or a temporary directory with the keys for clients."""
    if data is not None:
        yield data
        return
    try:
        directory = Path(tempfile.mkdtemp(prefix="wechatpay-gateway-"))
    except OSError as error:
        problem = printable(error.strerror or error, 1000)
        hint = _("set a writable directory with --data or TMPDIR")
        raise CannotRun(_("cannot write the keys: {error}", error=problem), hint) from error
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _summary(gateway: Gateway, directory: Path, settings: Settings) -> str:
    """Return the settings for clients, without private keys; symmetric keys only as JSON."""
    description = gateway.describe()
    if settings.as_json:
        return printable_json(json.dumps(description, ensure_ascii=False))
    platform, path = description["platform"], directory / "gateway.json"
    shown = {
        **{name: description[name] for name in ("base_uri", "tls_base_uri", "console")},
        "gateway.json": path,
        **{name: description[name] for name in ("mchid", "appid", "serial")},
        **{name: description[name] for name in ("private_key", "certificate", "ca")},
        **_others(description),
        "public_key_id": platform["public_key_id"],
        "public_key": platform["public_key"],
        _("platform serial"): platform["serial"],
        _("platform certificate"): platform["certificate"],
        "apiv3_key, secret": _("in gateway.json"),
    }
    longest = max(map(width, shown))
    kept = (
        _("Orders and keys are stored in {directory}. Ctrl-C stops it.", directory=directory)
        if settings.data
        else _("Orders and keys are lost when it stops; --data DIR keeps them. Ctrl-C stops it.")
    )
    lines = [
        _("A local WeChat Pay is listening."),
        "",
        *(f"  {name}{' ' * (longest - width(name))}  {value}" for name, value in shown.items()),
        "",
        f"  WeChatPay.from_gateway({str(path)!r})",
        "",
        *_advice(settings),
        "",
        kept,
    ]
    return "\n".join(lines)


def _advice(settings: Settings) -> list[str]:
    """Return the lines that explain who can use the console."""
    if settings.control_token:
        return [
            _("The console and the control API require the control token, also on this machine.")
        ]
    return [
        _("Do not expose these ports through a proxy or tunnel that does not add X-Forwarded-For:"),
        _("anyone could then pay orders, open the console and download apiclient_key.pem."),
    ]


def _others(description: dict[str, Any]) -> dict[str, str]:
    """Return a line with the other merchants."""
    others = [mchid for mchid in description["merchants"] if mchid != description["mchid"]]
    if not others:
        return {}
    numbers = ", ".join(others[:SHOWN])
    if len(others) > SHOWN:
        more = len(others) - SHOWN
        numbers = _("{numbers} and {count} more, in gateway.json", numbers=numbers, count=more)
    return {_("other merchants"): numbers}


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
