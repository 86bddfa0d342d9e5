"""What a client or a call was asked to do by the catalogue before a request is sent.

Neither happens by default, and the catalogue is read only where one of them is wanted.
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
    """What a client does by the catalogue, unless a call says otherwise.

    Attributes:
        fill: whether missing members are filled.
        check: whether a request is held against its operation.
        values: the client's `mchid`, `appid` and `notify_url`; those that it has.
    """

    fill: bool
    check: bool
    values: Mapping[str, str]

    def wants(self, options: Options) -> bool:
        """Whether there is anything to do for a call."""
        return self.fill or self.check or options.fill is not None or options.check is not None

    def prepared(self, handle: Handler, options: Options) -> Handler:
        """The handler that does what the call, or the client, asks for.

        Args:
            handle: the stack's.
            options: of the call.

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
    """What a client does by the catalogue, from its arguments.

    Raises:
        ConfigurationError: an argument is not what it must be.
    """
    given = {"mchid": mchid, "appid": appid_of(appid), "notify_url": notify_url_of(notify_url)}
    values = {name: value for name, value in given.items() if value}
    return Catalogued(fill_of(fill) is True, check_of(check) == CATALOGUE, values)


def fill_of(given: object) -> bool | None:
    """A `fill`: True, False, or None for what the client does.

    Raises:
        ConfigurationError: anything else.
    """
    if given is None or isinstance(given, bool):
        return given
    raise ConfigurationError(
        _("fill= takes True or False, not {represented}", represented=represented(given))
    )


def check_of(given: object) -> str | None:
    """A `check`: `"catalogue"`, `"off"`, or None for what the client does.

    Raises:
        ConfigurationError: anything else.
    """
    if given is None or (isinstance(given, str) and given in (CATALOGUE, "off")):
        return given
    raise ConfigurationError(
        _(
            'check= takes "catalogue", "off" or None, not {represented}',
            represented=represented(given),
        )
    )
