"""The constructor: what its arguments are called here, and what the client is then known for."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from ...utils.translation import N_, _
from .clients import Client
from .mapping import functions
from .values import Binding, Unsure, Value, bind

__all__ = ["constructed"]

NAMES = {
    "wechatpayv3": {
        "mchid": "mchid",
        "cert_serial_no": "serial",
        "private_key": "private_key",
        "certs": "certs",
        "apiv3_key": "apiv3_key",
        "appid": "appid",
        "notify_url": "notify_url",
        "timeout": "timeout",
        "proxy": "proxy",
    },
    "wechatpy": {
        "mch_id": "mchid",
        "api_key": "secret",
        "merchant": "merchant",
        "appid": "appid",
        "timeout": "timeout",
    },
}
"""Their arguments and ours, in the order in which they are written."""
DROPPED = {
    "cert_dir": N_(
        "cert_dir was removed: certificates are downloaded into memory; key_store= shares them"
    ),
    "logger": N_('logger was removed: the logger is logging.getLogger("wechatpay_chain")'),
}


def constructed(
    library: str,
    arguments: Sequence[tuple[str, str, str]],
    constants: Mapping[str, bool],
    name: str,
) -> tuple[Client, str, list[str]]:
    """Return the client of a constructor, its new text, and remarks on removed arguments.

    Args:
        library: the library of the constructor.
        arguments: the arguments of the call: stars, keyword and text of each.
        constants: the constants for `Value`.
        name: the name of the class in the program.
    """
    try:
        binding = bind(functions(library)["WeChatPay"], arguments, constants)
        ours = _ours(library, binding)
    except Unsure as error:
        return Client(library, problem=error.reason), "", []
    settings = {NAMES[library].get(key, key): value for key, value in binding.given.items()}
    partner = binding.value("partner_mode") if library == "wechatpayv3" else None
    kind = binding.value("wechatpay_type")
    client = Client(
        library,
        partner=False if partner is None else partner.truth,
        kind="" if kind is None else kind.last_name(),
        settings=settings,
        known=True,
    )
    lines = "".join(f"    {key}={text},\n" for key, text in ours.items())
    remarks = [
        _(DROPPED[key]) for key in DROPPED if key in settings and binding.value(key) is not None
    ]
    return client, f"{name}(\n{lines})", remarks


def _ours(library: str, binding: Binding) -> dict[str, str]:
    given = {key: value for key, value in binding.given.items() if not value.is_none}
    if library == "wechatpayv3":
        given |= _certs(given)
    else:
        sandbox = given.get("sandbox")
        if sandbox is not None and sandbox.truth is not False:
            raise Unsure(_("WeChat Pay's sandbox was shut down: test against the gateway"))
        if "mch_cert" in given and "mch_key" in given:
            pair = f'{{"cert": {given["mch_cert"].text}, "key": {given["mch_key"].text}}}'
            given["merchant"] = Value(pair)
    if "proxy" in given:
        given["proxy"] = _proxy(given["proxy"])
    return {ours: given[theirs].text for theirs, ours in NAMES[library].items() if theirs in given}


def _certs(given: Mapping[str, Value]) -> dict[str, Value]:
    if "public_key" not in given or "public_key_id" not in given:
        return {}
    return {"certs": Value(f"{{{given['public_key_id'].text}: {given['public_key'].text}}}")}


def _proxy(value: Value) -> Value:
    tree = value.tree
    if isinstance(tree, ast.Constant):
        return value
    if isinstance(tree, ast.Dict):
        for key, each in zip(tree.keys, tree.values, strict=True):
            if isinstance(key, ast.Constant) and key.value == "https":
                return Value(ast.unparse(each).replace("'", '"'))
    raise Unsure(_("proxy= must be one address: http://[user:password@]host:port"))
