"""A gateway's description that comes over the network: material, and no paths; a token, hidden."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.security.test_frames import assert_hidden
from tests.wire.responses import http
from tests.wire.server import Server
from wechatpay_chain import ConfigurationError, Merchants, WeChatPay
from wechatpay_chain.gateway.store.data_directory import save_identity
from wechatpay_chain.gateway.store.description import describe
from wechatpay_chain.gateway.store.identity import Identity

PLACES = ["private_key", "certificate", "ca", "platform.public_key", "platform.certificate"]
TOKEN = "s3cretControlToken"


@pytest.fixture
def files(wechatpay_identity: Identity, tmp_path: Path) -> dict[str, Any]:
    """A description whose keys are the paths of files that are there."""
    save_identity(wechatpay_identity, tmp_path)
    return describe(wechatpay_identity, "http://127.0.0.1:1/", "https://127.0.0.1:1/", tmp_path)


@pytest.fixture
def inline(files: dict[str, Any]) -> dict[str, Any]:
    """The same description with the keys themselves, as a gateway serves it."""
    told = {**files, "platform": dict(files["platform"])}
    for place in PLACES:
        *outer, name = place.split(".")
        where = told["platform"] if outer else told
        where[name] = Path(where[name]).read_text()
    return told


def test_keys_themselves_make_a_client(server: Server, inline: dict[str, Any]) -> None:
    server.respond(http(200, json.dumps(inline).encode()))
    for tls in (False, True):
        WeChatPay.from_gateway(server.url, tls=tls).close()


@pytest.mark.parametrize("form", ["path", "relative", "URI", "label", "base64"])
@pytest.mark.parametrize("place", PLACES)
def test_a_path_is_not_read(
    server: Server,
    files: dict[str, Any],
    inline: dict[str, Any],
    place: str,
    form: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else whoever responds there chooses the key of this machine that requests are signed with."""
    *outer, name = place.split(".")
    path = Path((files["platform"] if outer else files)[name])
    monkeypatch.chdir(path.parent)
    where = inline["platform"] if outer else inline
    where[name] = {
        "path": str(path),
        "relative": path.name,
        "URI": path.as_uri(),
        "label": f"-----BEGIN {path.name}",
        "base64": "".join(where[name].split("-----")[2].split()),
    }[form]
    server.respond(http(200, json.dumps(inline).encode()))
    for made in (WeChatPay.from_gateway, Merchants.from_gateway):
        with pytest.raises(ConfigurationError, match=f"{name}: check that it is the gateway.json"):
            made(server.url, tls=True)


@pytest.mark.parametrize(
    ("answer", "suffix"),
    [
        (b"{}", ""),
        (b"[", ""),
        (b"", "&more=1"),
        (None, ""),
    ],
    ids=["an object", "no JSON", "too much of an address", "403"],
)
@pytest.mark.parametrize("how", ["from_gateway", "from_env", "Merchants"])
def test_no_frame_has_the_token(
    server: Server, answer: bytes | None, suffix: str, how: str
) -> None:
    server.respond(http(403 if answer is None else 200, answer or b""))
    address = f"{server.url}?token={TOKEN}{suffix}"
    made = {
        "from_gateway": lambda: WeChatPay.from_gateway(address),
        "from_env": lambda: WeChatPay.from_env({"WECHATPAY_GATEWAY": address}),
        "Merchants": lambda: Merchants.from_gateway(address),
    }
    with pytest.raises(ConfigurationError) as caught:
        made[how]()
    assert_hidden(caught.value, TOKEN)


@pytest.mark.parametrize("how", ["from_gateway", "Merchants"])
def test_no_frame_has_the_token_of_a_gateway_that_is_gone(how: str) -> None:
    address = f"http://127.0.0.1:1/?token={TOKEN}"
    made = {"from_gateway": WeChatPay.from_gateway, "Merchants": Merchants.from_gateway}[how]
    with pytest.raises(ConfigurationError) as caught:
        made(address)
    assert_hidden(caught.value, TOKEN)
