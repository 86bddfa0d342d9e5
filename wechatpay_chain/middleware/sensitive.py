"""`sensitive=`: encrypts and decrypts the sensitive fields of a call, if enabled."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from ..flow import Handler
from ..keys.credential import Credential
from ..utils.exceptions import ConfigurationError
from ..utils.translation import _

__all__ = ["catalogue_needed", "secured"]


def secured(
    handle: Handler, wanted: str | None, credential: Credential | None, *, v2: bool
) -> Handler:
    """Return the handler for a call, with support for sensitive fields if it is enabled.

    Args:
        handle: the stack's handler.
        wanted: the call's own `sensitive=`.
        credential: decrypts the fields.
        v2: whether the call is for APIv2.
    """
    if v2 and wanted == "auto":
        raise ConfigurationError(
            _(
                'sensitive="auto" is only for APIv3. APIv2 encrypts fields with a separate key '
                "from POST v2/risk/getpublickey: crypto.rsa.encrypt(text, key)"
            )
        )
    if v2 or wanted == "off":
        return handle
    with catalogue_needed():
        from .v3.field_encryption import encrypt_fields
    return encrypt_fields(handle, credential)


@contextlib.contextmanager
def catalogue_needed() -> Iterator[None]:
    """Raise a helpful error if the catalogue cannot be loaded."""
    try:
        yield
    except (ImportError, OSError) as error:
        raise ConfigurationError(
            _(
                'sensitive="auto" needs the catalogue, which cannot be read; nothing was sent: '
                "{error}",
                error=error,
            )
        ) from error
