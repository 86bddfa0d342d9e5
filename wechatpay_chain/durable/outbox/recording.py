"""Checks and records calls: only those that WeChat Pay processes once, however often they are sent.

Calls are checked when they are recorded, while the calling code is still running and can see the
error.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from cryptography.fernet import Fernet, MultiFernet

from ... import catalogue
from ...catalogue.idempotency import numbers
from ...messages.sensitive import Sensitive
from ...utils.display import printable, represented
from ...utils.exceptions import ConfigurationError, DecryptionError
from ...utils.secret import Secret, hide
from ...utils.translation import _, current
from ..operations import Find, Insert, Row, Steps
from ..sealing import unseal
from ..texts import fitting, is_storable

__all__ = ["body_of", "cipher_of", "options_of", "record", "row_of", "variables_of"]

OPTIONS = frozenset({"json", "xml", "query", "headers", "security", "nonceless", "base_uri"})
"""Call options that can be used later, in another process."""
MARK = "$sensitive"
"""The only member of an object that represents a `Sensitive`."""
LONGEST, LONGEST_ID, LONGEST_PATH = 191, 96, 255
"""Maximum characters of the columns `number`, `operation` and `path`."""


def cipher_of(given: object) -> MultiFernet | None:
    """Return the cipher of recorded calls, from `encryption_key=`.

    Args:
        given: one or several Fernet keys: the first encrypts, all of them decrypt.

    Raises:
        ConfigurationError: a value is not a Fernet key.
    """
    given = hide(given)
    if given is None:
        return None
    cipher = _cipher(given) if isinstance(given, Secret) else None
    if cipher is None:
        raise ConfigurationError(
            _(
                "encryption_key: expected a key from cryptography.fernet.Fernet.generate_key(), "
                "or a list of them"
            )
        )
    return cipher


def _cipher(keys: Secret[Any]) -> MultiFernet | None:
    """Return the cipher of one or several keys, or None if one of them is invalid."""
    is_one = isinstance(keys.reveal(), str | bytes)
    try:
        return MultiFernet(map(Fernet, [keys.reveal()] if is_one else keys.reveal()))
    except (TypeError, ValueError):
        return None


def row_of(
    mchid: str,
    method: str,
    path: str,
    options: Mapping[str, Any],
    cipher: MultiFernet | None,
    now: int,
) -> dict[str, Any]:
    """Return the row of a call.

    Args:
        mchid: the merchant ID.
        method: upper-case HTTP method.
        path: the path, as written in a chain.
        options: the options of the call, and the path's variables.
        cipher: encrypts a call with sensitive fields.
        now: milliseconds.

    Raises:
        ConfigurationError: the call must not be repeated, or cannot be stored.
    """
    operation = catalogue.find(method, path)
    if operation is None:
        raise ConfigurationError(
            _(
                "{method} {path} is not in the catalogue: whether it is safe to retry is "
                "unknown, so it cannot be recorded",
                method=method,
                path=printable(path, 200),
            )
        )
    variables = {each.name for each in operation.variables}
    wrong = sorted(options.keys() - OPTIONS - variables)
    if wrong:
        raise ConfigurationError(
            _(
                "{map}: an outbox records only {options} and the path variables",
                map=", ".join(map(printable, wrong)),
                options=", ".join(sorted(OPTIONS)),
            )
        )
    body, content = body_of(options), _content(options)
    number = _number(operation, path, options, body)
    if len(path) > LONGEST_PATH or not is_storable(path + number):
        raise ConfigurationError(
            _(
                "{id} cannot be recorded: its path has more than {longest_path} characters, or "
                "the path or the number contains a NUL",
                id=operation.id,
                longest_path=LONGEST_PATH,
            )
        )
    is_secret = _has_secret(body, _encrypted(operation.body))
    if is_secret and cipher is None:
        raise ConfigurationError(
            _(
                "{id} has fields that are sent encrypted, and the outbox does not store them in "
                "plain text: pass Outbox(encryption_key=Fernet.generate_key()), and keep that key",
                id=operation.id,
            )
        )
    return {
        "mchid": mchid,
        "state": "pending",
        "attempts": 0,
        "due_at": now,
        "created_at": now,
        "operation": fitting(operation.id, LONGEST_ID),
        "number": number,
        "method": method,
        "path": path,
        "options": cipher.encrypt(content) if is_secret and cipher else content,
        "is_sealed": is_secret,
        "in_doubt": False,
    }


def record(row: dict[str, Any], cipher: MultiFernet | None) -> Steps[int]:
    """Record a call unless the same call is already recorded; the outcome is the row's id.

    Raises:
        ConfigurationError: its number was recorded with other content.
    """
    id_ = yield from Insert("outbox", row)
    if id_ is not None:
        return id_
    names = ("mchid", "operation", "number")
    for found in (yield from Find("outbox", {name: row[name] for name in names}, 1)):
        if found["path"] == row["path"] and options_of(found, cipher) == options_of(row, cipher):
            return int(found["id"])
        raise ConfigurationError(
            _(
                "{row} is already recorded for {row_2} as row {found} with different content: "
                "one number identifies one call. Use a new number for a new call",
                row=row["number"],
                row_2=row["operation"],
                found=found["id"],
            )
        )
    raise ConfigurationError(
        _(
            "{row} is being recorded for {row_2} by another transaction that this one cannot "
            "see: commit, and read it again",
            row=row["number"],
            row_2=row["operation"],
        )
    )


def options_of(row: Row, cipher: MultiFernet | None) -> dict[str, Any]:
    """Return the options of a recorded call.

    Raises:
        ConfigurationError: the options are encrypted, and there is no key.
        DecryptionError: they were encrypted with another key.
    """
    content = bytes(row["options"])
    if row["is_sealed"]:
        if cipher is None:
            raise ConfigurationError(
                _(
                    "row {get} of the outbox is encrypted: pass the key it was recorded with, "
                    "Outbox(encryption_key=…)",
                    get=row.get("id", ""),
                )
            )
        try:
            content = unseal(cipher, content)
        except DecryptionError:
            raise DecryptionError(
                _(
                    "row {get} of the outbox cannot be decrypted with encryption_key: add the "
                    "key it was recorded with to the list",
                    get=row.get("id", ""),
                )
            ) from None
    options: dict[str, Any] = json.loads(content, object_hook=_revived)
    return options


def variables_of(path: str, options: Mapping[str, Any]) -> str | dict[str, Any]:
    """Return a path with its values, or the values of its variables."""
    return {k: v for k, v in options.items() if k not in OPTIONS} if "{" in path else path


def body_of(options: Mapping[str, Any]) -> Any:
    """Return the value sent as `json=` or `xml=`."""
    return options.get("json", options.get("xml"))


def _number(operation: Any, path: str, options: Mapping[str, Any], body: Any) -> str:
    """Return the merchant-assigned numbers in a call, as one text.

    Raises:
        ConfigurationError: there are none, or they do not make the call safe to repeat.
    """
    found = numbers(
        operation, variables_of(path, options), options.get("query"), body, options.get("headers")
    )
    if found:
        text = "|".join(found)
        if len(text) <= LONGEST:
            return text
        return hashlib.sha256(text.encode()).hexdigest()
    if operation.safe:
        why = _("it only reads, or needs no number: call it directly")
    elif operation.not_idempotent is not None:
        reason = operation.not_idempotent
        why = reason.zh if current() == "zh" else reason.en
    elif operation.idempotency_key is None:
        why = _("it has no merchant-assigned number by which WeChat Pay detects a retry")
    else:
        places = ", ".join(
            _("{name} in the {location}", name=place.name, location=place.location)
            for place in operation.idempotency_key
        )
        why = _("it needs {places}", places=places)
    raise ConfigurationError(_("{id} cannot be recorded: {why}", id=operation.id, why=why))


def _content(options: Mapping[str, Any]) -> bytes:
    try:
        text = json.dumps(options, ensure_ascii=False, default=_stored, sort_keys=True)
        return text.encode()
    except UnicodeEncodeError:
        raise ConfigurationError(
            _("the call cannot be stored: it contains a lone surrogate, which is not valid text")
        ) from None
    except (TypeError, ValueError) as error:
        raise ConfigurationError(
            _("the call cannot be stored as JSON: {error}", error=printable(error))
        ) from None


def _stored(value: object) -> Any:
    if isinstance(value, Sensitive):
        return {MARK: value._value}
    raise TypeError(_("{represented} is not a JSON value", represented=represented(value)))


def _revived(value: dict[str, Any]) -> Any:
    return Sensitive(value[MARK]) if value.keys() == {MARK} else value


def _encrypted(members: Any) -> dict[str, Any]:
    """Return the sensitive members, as a tree of names."""
    tree: dict[str, Any] = {}
    for each in members:
        if each.encrypted:
            tree[each.name] = True
        elif inner := _encrypted(each.members):
            tree[each.name] = inner
    return tree


def _has_secret(value: Any, encrypted: Any) -> bool:
    """Return whether a body contains a `Sensitive` or a sensitive member."""
    if isinstance(value, Sensitive):
        return True
    if encrypted is True:
        return isinstance(value, str) and value != ""
    if isinstance(value, Mapping):
        tree = encrypted if isinstance(encrypted, dict) else {}
        return any(_has_secret(each, tree.get(name)) for name, each in value.items())
    return isinstance(value, list | tuple) and any(_has_secret(each, encrypted) for each in value)
