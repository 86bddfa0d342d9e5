"""What is wrong with a name or a value that a call was given, and what may have been meant.

Nothing here is needed by a call that is right, except `reject_empty`, which looks at the values of
a path's variables.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from ..messages.identifiers import IDENTIFIERS
from ..utils.display import printable
from ..utils.exceptions import ConfigurationError

if TYPE_CHECKING:
    from ..messages.request import Options

__all__ = ["call_hints", "raise_attribute_error", "reject_empty"]

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
OPTIONAL = "empty"
SENT_EMPTY = frozenset({"v3/refunds/id/{refund_id}"})
"""Recorded calls of the official SDK leave the number at their end empty; they are sent alike."""

NOT_ON_A_CLIENT = {
    "serial": "wxpay.credential.serial is the serial number of the merchant's certificate",
    "certs": "wxpay.platform holds WeChat Pay's keys",
    "certificates": "wechatpay_chain.certificates.download(wxpay) fetches them",
    "sub_mchid": "a client serves any sub-merchant: give it to each call",
}
"""Names that people look for on a client, and where to find what they mean."""


def reject_empty(path: str, values: Mapping[str, Any]) -> None:
    """Reject an empty text as the value of a path's variable: it would ask for another resource.

    At the end of a path the number of an order, refund, transfer, … is never empty: what is left
    would be the path of the collection. Other variables may be, in the templates of the catalogue.

    Args:
        path: with its variables.
        values: by name.

    Raises:
        ConfigurationError: naming the variable.
    """
    for name, value in values.items():
        if isinstance(value, str) and not value.strip() and name != OPTIONAL:
            template = re.split("[?#]", path.strip("/"), maxsplit=1)[0]
            is_last = template.endswith(f"{{{name}}}") and template not in SENT_EMPTY
            if (is_last and name in IDENTIFIERS) or not _is_known(template):
                raise ConfigurationError(
                    f"{printable(path)}: {name!r} is {value!r}. An empty value would ask for "
                    "another resource, such as a collection; give the value that is meant"
                )


def _is_known(template: str) -> bool:
    from .. import catalogue  # only for a value that is empty

    found = (catalogue.find(method, template) for method in METHODS)
    return any(each is not None and each.path == template for each in found)


def call_hints(path: str, values: Mapping[str, Any], options: Options, names: Iterable[str]) -> str:
    """Hints about the names that a call was given; empty where there is none.

    Args:
        path: with its variables.
        values: what was given and is no option.
        options: what was given and is one.
        names: of all options.
    """
    hints = [
        f"{name!r} stands in {place}=, where it does not reach the path: give it beside that"
        for place in ("query", "json", "xml")
        if isinstance(given := getattr(options, place), Mapping)
        for name in given
        if f"{{{name}}}" in path and name not in values
    ]
    body = "xml" if path.lstrip("/")[:3].lower() == "v2/" else "json"
    for name in sorted(map(str, values)):
        if f"{{{name}}}" in path:
            continue
        near = _nearest(name, names, 0.7)
        if near:
            hints.append(f"did you mean {near[0]}=?")
        else:
            hints.append(
                f"A member of the body goes into {body}=, a parameter of the query into query=: "
                f"{body}={{{name!r}: …}}"
            )
    return "".join(f". {hint}" for hint in hints)


def raise_attribute_error(name: str, known: Iterable[str]) -> NoReturn:
    """Say that a client has no such attribute, and what it has.

    Args:
        name: what was asked for.
        known: the client's own names.

    Raises:
        AttributeError: always.
    """
    if name in NOT_ON_A_CLIENT:
        hint = f"{NOT_ON_A_CLIENT[name]}."
    elif near := _nearest(name, known, 0.6):
        hint = f"did you mean wxpay.{near[0]}?"
    else:
        hint = f"is it a segment of a path? Write wxpay['{name}/…']."
    raise AttributeError(
        f"a client has no {name!r}: {hint} A path written as attributes begins with v3 or v2, as "
        "in wxpay.v3.certificates.get()"
    )


def _nearest(name: str, known: Iterable[str], cutoff: float) -> list[str]:
    """The known name that is most like another one, if any is."""
    import difflib  # only for a call that fails

    return difflib.get_close_matches(name, list(known), n=1, cutoff=cutoff)
