"""Optional request preparation from the catalogue: `fill` and `check`.

Both are off by default, and the catalogue is loaded only if one of them is on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ...flow import Handler
from ...messages.request import Options
from ...utils.display import represented
from ...utils.exceptions import ConfigurationError
from ...utils.translation import _
from .values import appid_of, notify_url_of

__all__ = ["Catalogued", "by_catalogue", "check_of", "fill_of"]

CATALOGUE = "catalogue"


class Catalogued(NamedTuple):
    """A client's defaults for `fill` and `check`.

    Attributes:
        fill: whether missing members are filled.
        check: whether a request is validated against its operation.
        values: the client's `mchid`, `appid` and `notify_url`, as far as they are set.
    """

    fill: bool
    check: bool
    values: Mapping[str, str]

    def wants(self, options: Options) -> bool:
        """Return whether a call requires any preparation."""
        return self.fill or self.check or options.fill is not None or options.check is not None

    def prepared(self, handle: Handler, options: Options) -> Handler:
        """Return the handler that prepares requests for a call.

        Args:
            handle: the stack's handler.
            options: the options of the call.

        Raises:
            ConfigurationError: the catalogue cannot be loaded.
        """
        try:
            if self.check if options.check is None else options.check == CATALOGUE:
                from .checking import checked

                handle = checked(handle)
            if self.fill if options.fill is None else options.fill:
                from .filling import completed

                handle = completed(handle, self.values)
        except (ImportError, OSError) as error:
            raise ConfigurationError(
                _("fill= and check= need the catalogue, which cannot be read: {error}", error=error)
            ) from error
        return handle


def by_catalogue(
    mchid: str, appid: object, notify_url: object, fill: object, check: object
) -> Catalogued:
    """Check a client's arguments for `fill` and `check`.

    Raises:
        ConfigurationError: an argument is invalid.
    """
    given = {"mchid": mchid, "appid": appid_of(appid), "notify_url": notify_url_of(notify_url)}
    values = {name: value for name, value in given.items() if value}
    return Catalogued(fill_of(fill) is True, check_of(check) == CATALOGUE, values)


def fill_of(given: object) -> bool | None:
    """Check a `fill` argument: True, False, or None for the client's default.

    Raises:
        ConfigurationError: any other value.
    """
    if given is None or isinstance(given, bool):
        return given
    raise ConfigurationError(
        _("fill= must be True or False, not {represented}", represented=represented(given))
    )


def check_of(given: object) -> str | None:
    """Check a `check` argument: `"catalogue"`, `"off"`, or None for the client's default.

    Raises:
        ConfigurationError: any other value.
    """
    if given is None or (isinstance(given, str) and given in (CATALOGUE, "off")):
        return given
    raise ConfigurationError(
        _(
            'check= must be "catalogue", "off" or None, not {represented}',
            represented=represented(given),
        )
    )
