"""Reads and atomically writes the file of a cassette, in YAML or JSON.

A cassette is meant to be committed and reviewed, so it is an ordinary file with the mode of the
user's umask. A mode for the owner only would suggest that the file contains secrets.
"""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any, ClassVar

from ...utils.display import printable
from ...utils.exceptions import ConfigurationError
from ...utils.files import replace, why_not
from ...utils.translation import _

__all__ = ["checked", "read", "text_of", "write"]

NEW_FILE = (
    os.O_WRONLY
    | os.O_CREAT
    | os.O_EXCL
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
ORDINARY = 0o666
LARGEST = 64 * 1024 * 1024
"""Maximum size of a file, in bytes."""
HEAD = (
    "# What wechatpay_chain recorded, with placeholders for secrets and personal data.\n"
    "# Review it before you commit it.\n"
)
VERSION = 1
KINDS = (".yaml", ".yml", ".json")


def read(path: Path) -> dict[str, Any] | None:
    """Read a file; returns None if it does not exist.

    Raises:
        ConfigurationError: the file cannot be read, or is not a cassette.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            _("{name} cannot be read: {why_not}", name=_name(path), why_not=why_not(error))
        ) from None
    if len(content) > LARGEST:
        raise _unusable(path, _("it has more than {largest} bytes", largest=LARGEST))
    found = _parsed(path, content)
    if not isinstance(found, dict) or not isinstance(found.get("interactions"), list):
        raise _unusable(path, _("it has no list 'interactions'"))
    if found.get("version") != VERSION:
        shown = printable(found.get("version"), 40)
        raise _unusable(
            path,
            _("its version is {shown}; expected {version}", shown=shown, version=VERSION),
        )
    for place, each in enumerate(found["interactions"]):
        if problem := _problem(each):
            raise _unusable(path, f"interactions[{place}] {problem}")
    return found


def _problem(interaction: Any) -> str:
    if not isinstance(interaction, dict):
        return _("is not a mapping")
    request, response = interaction.get("request"), interaction.get("response")
    if not isinstance(request, dict) or not all(
        isinstance(request.get(name), str) for name in ("method", "path")
    ):
        return _("has no request with a method and a path")
    if not isinstance(request.get("query", {}), dict):
        return _("has a query that is not a mapping")
    if isinstance(interaction.get("error"), dict):
        return ""
    if not isinstance(response, dict) or not isinstance(response.get("status"), int):
        return _("has neither a response with a status nor an error")
    return ""


def text_of(path: Path, content: dict[str, Any]) -> str:
    """Serialize the content in the format given by the file name.

    Raises:
        ConfigurationError: the format is YAML, and PyYAML is not installed.
    """
    content = {"version": VERSION, **content}
    if _is_json(path):
        return json.dumps(content, ensure_ascii=False, indent=2) + "\n"
    yaml = _yaml(path)

    class Dumper(yaml.SafeDumper):  # type: ignore[misc, name-defined]
        """Writes multi-line text as blocks and indents lists, like handwritten YAML."""

        def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
            super().increase_indent(flow, False)

        def ignore_aliases(self, data: Any) -> bool:
            return True

    def block(dumper: Any, text: str) -> Any:
        style = "|" if "\n" in text else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)

    Dumper.add_representer(str, block)
    written: str = yaml.dump(content, Dumper=Dumper, allow_unicode=True, sort_keys=False, width=100)
    return HEAD + written


def write(path: Path, text: str) -> None:
    """Write a file, and create its folder if necessary.

    Raises:
        ConfigurationError: the file cannot be written; an existing file stays unchanged.
    """
    part = path.with_name(f".{path.name[:50]}.{secrets.token_hex(8)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(part, NEW_FILE, ORDINARY)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(text.encode("utf-8", "backslashreplace"))
            replace(part, path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ConfigurationError(
            _("{name} cannot be written: {why_not}", name=_name(path), why_not=why_not(error))
        ) from None


def checked(path: Path) -> Path:
    """Check that a file name has a known format.

    Raises:
        ConfigurationError: the format is unknown.
    """
    if path.suffix.lower() not in KINDS:
        raise ConfigurationError(
            _(
                "{name}: expected a file name ending in {kinds}",
                name=_name(path),
                kinds=", ".join(KINDS),
            )
        )
    return path


def _parsed(path: Path, content: bytes) -> Any:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _unusable(
            path, _("it is not valid UTF-8 at byte {start}", start=error.start)
        ) from None
    if _is_json(path):
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise _unusable(path, printable(error)) from None
    yaml = _yaml(path)

    class Loader(yaml.SafeLoader):  # type: ignore[misc, name-defined]
        """Loads dates as text, and rejects aliases, which could expand a file."""

        yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {
            first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
            for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }

        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                raise yaml.YAMLError(_("anchors and aliases are not allowed"))
            return super().compose_node(parent, index)

    try:
        return yaml.load(text, Loader=Loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _unusable(path, printable(error)) from None


def _yaml(path: Path) -> Any:
    try:
        import yaml
    except ImportError:
        raise ConfigurationError(
            _(
                "{name} is YAML, which needs PyYAML: install wechatpay-chain[cli], or use a "
                ".json file name",
                name=_name(path),
            )
        ) from None
    return yaml


def _is_json(path: Path) -> bool:
    return path.suffix.lower() == ".json"


def _name(path: Path) -> str:
    return printable(path)


def _unusable(path: Path, why: str) -> ConfigurationError:
    return ConfigurationError(
        _(
            "{path} is not a valid cassette: {reason}. Record it again with {mode} or "
            "pytest --wechatpay-record=all",
            path=_name(path),
            reason=why,
            mode='record_mode="all"',
        )
    )
