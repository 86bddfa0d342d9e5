"""The merchant of a command, from the environment, a profile, or a local gateway."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from ..utils.exceptions import ConfigurationError
from ..utils.secret import Secret, hide, reveal
from ..utils.translation import _
from .failure import Misuse
from .files import read_text
from .usage import PathType
from .wording import shown

if TYPE_CHECKING:
    from ..client import WeChatPay
    from ..diagnosis.keyring import Keyring

__all__ = ["Profile", "profile_options"]

ASSIGNMENT = re.compile(
    r"""[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*
        (?: '(?P<single>[^']*)' | "(?P<double>[^"\\]*)" | (?P<plain>[^\s'"\#]*) )
        [ \t]*(?:\#[^\n]*)?(?:\r?\n|\Z)""",
    re.VERBOSE,
)
SKIPPED = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\r?\n|\Z)")


class Profile(NamedTuple):
    """The source of a client's arguments.

    Attributes:
        path: path of a file with `WECHATPAY_*` lines; None uses the environment of the process.
        gateway: data directory or address of a local gateway; None uses WeChat Pay.
        mchid: merchant ID, if the gateway has several merchants.
    """

    path: Path | None
    gateway: str | None
    mchid: str | None

    @property
    def environ(self) -> dict[str, Any]:
        """Return the variables of the file or the environment, in an object that hides secrets.

        Raises:
            Misuse: the file cannot be read, or a line is not an assignment.
        """
        if self.path is not None:
            return {**assignments(self.path)}
        return {name: hide(value) for name, value in os.environ.items()}

    @property
    def is_gateway(self) -> bool:
        """True if calls go to a gateway, without real money."""
        return self._gateway is not None

    @property
    def base_uri(self) -> str:
        """Return the base URI for calls.

        Raises:
            Misuse: the gateway cannot be read.
        """
        from ..chain.uri import DEFAULT_BASE_URI
        from ..testing import connection_file

        try:
            if place := self._gateway:
                return str(connection_file.settings(place, mchid=self._mchid)["base_uri"])
        except ConfigurationError as error:
            raise Misuse(str(error), self._hints()) from None
        return self.setting("BASE_URI") or DEFAULT_BASE_URI

    def setting(self, name: str) -> str:
        """Return a variable by its name without `WECHATPAY_`; empty if unset or with a gateway."""
        return "" if self._gateway else str(reveal(self.environ.get(f"WECHATPAY_{name}", "")))

    @property
    def _gateway(self) -> str | Path | None:
        """Return the connection file or the address of the gateway, or None."""
        if self.gateway is not None:
            return _connection_file(self.gateway)
        return reveal(self.environ.get("WECHATPAY_GATEWAY")) or None

    @property
    def _mchid(self) -> str | None:
        """Return the selected merchant; without options, that of `WECHATPAY_MCHID`, or None."""
        if self.mchid is None and self.gateway is None:
            return reveal(self.environ.get("WECHATPAY_MCHID")) or None
        return self.mchid

    def client(self, *, tls: bool = False, **arguments: Any) -> WeChatPay:
        """Create a client for this merchant.

        Args:
            tls: True uses TLS for a gateway, which mutual TLS requires.
            arguments: arguments of `WeChatPay` that override the defaults.

        Raises:
            Misuse: a setting is missing or malformed.
        """
        from ..client import WeChatPay

        if self.gateway is not None and self.path is not None:
            raise Misuse(_("use only one of --gateway and --profile"))
        if self.mchid is not None and not self.is_gateway:
            raise Misuse(_("--mchid selects a merchant of a gateway; a profile already has one"))
        try:
            if self.gateway is not None:
                return WeChatPay.from_gateway(
                    _connection_file(self.gateway), tls=tls, mchid=self.mchid, **arguments
                )
            environ = self.environ
            if self.mchid is not None:
                environ["WECHATPAY_MCHID"] = self.mchid
            return WeChatPay.from_env(environ, **arguments)
        except ConfigurationError as error:
            raise Misuse(str(error), self._hints()) from None

    def keyring(self) -> Keyring:
        """Return the configured keys of this merchant.

        Raises:
            Misuse: a key is malformed, or the keys do not belong together.
        """
        from ..diagnosis.keyring import environment_keyring, keyring
        from ..testing import connection_file

        try:
            if place := self._gateway:
                return keyring(connection_file.settings(place, mchid=self._mchid))
            return environment_keyring(self.environ)
        except ConfigurationError as error:
            raise Misuse(str(error), self._hints()) from None

    def _hints(self) -> list[str]:
        if self.gateway is not None:
            return []
        if self.path is not None:
            return [_("The profile is {path}.", path=self.path)]
        return [
            _(
                "The merchant comes from the WECHATPAY_* variables; use --profile FILE to read "
                "them from a file, or --gateway DIR for a local gateway."
            )
        ]


def profile_options(function: Any) -> Any:
    """Add the options that select the merchant."""
    for option in (
        click.option("--mchid", metavar="MCHID", help="A merchant of the gateway."),
        click.option(
            "--gateway",
            metavar="DIR|URL",
            help="Call a local gateway, given by its data directory or address.",
        ),
        click.option(
            "--profile",
            type=PathType(),
            metavar="FILE",
            help="Read WECHATPAY_* lines from this file.  [default: the environment]",
        ),
    ):
        function = option(function)
    return function


def assignments(path: Path) -> dict[str, Secret[str]]:
    """Return the variables of a file, as a shell or `docker --env-file` reads them.

    Args:
        path: path of the file; quoted values may contain line breaks.

    Raises:
        Misuse: the file cannot be read, a line is not an assignment, or a name occurs twice.
    """
    text = Secret(read_text(path))
    found: dict[str, Secret[str]] = {}
    position = 0
    while position < len(text.reveal()):
        if blank := SKIPPED.match(text.reveal(), position):
            position = blank.end()
            continue
        line = text.reveal().count("\n", 0, position) + 1
        name, value, position = _assignment(text, position)
        if not name:
            raise Misuse(
                _(
                    "{path}, line {line}: expected NAME=value; quote a value that contains a "
                    "space, a quote or a #",
                    path=shown(str(path)),
                    line=line,
                )
            )
        if name in found:
            raise Misuse(
                _(
                    "{path}, line {line}: {name} is set twice",
                    path=shown(str(path)),
                    line=line,
                    name=name,
                )
            )
        found[name] = value
    return found


def _assignment(text: Secret[str], position: int) -> tuple[str, Secret[str], int]:
    """Return the name and the value at a position, and the start of the next line."""
    pair = ASSIGNMENT.match(text.reveal(), position)
    if pair is None:
        return "", Secret(""), position
    value = pair["single"] or pair["double"] or pair["plain"] or ""
    return pair["name"], Secret(value), pair.end()


def _connection_file(gateway: str) -> str | Path:
    return gateway if "://" in gateway else Path(gateway) / "gateway.json"
