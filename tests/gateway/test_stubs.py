"""Made-up answers are the caller's, and lead to what is there."""

from __future__ import annotations

import base64
import re

import pytest

from wechatpay_chain import APIError, catalogue
from wechatpay_chain.catalogue import example
from wechatpay_chain.crypto import aes, digest
from wechatpay_chain.gateway.operations.registry import simulated

OWN = {"mchid": "mchid", "sp_mchid": "mchid", "mch_id": "mchid", "appid": "appid"}


def leads_to_a_file(operation):
    return "download_url" in str(operation.answer_schema)


FILES = [
    each
    for each in catalogue.operations()
    if leads_to_a_file(each) and (each.method, each.path) not in simulated()
]


def ask(gateway, wxpay, operation, **changes):
    call = example.call(operation)
    options = {**call.options, **changes}
    if operation.base_uri:
        options["base_uri"] = gateway.base_uris[operation.base_uri]
    return getattr(wxpay[operation.path], operation.verb)(**call.variables, **options)


def files(answer):
    """The parts of an answer that tell of a file."""
    if isinstance(answer, list):
        return [each for inner in answer for each in files(inner)]
    if not isinstance(answer, dict):
        return []
    inner = [each for value in answer.values() for each in files(value)]
    return [answer, *inner] if "download_url" in answer else inner


@pytest.mark.parametrize("operation", FILES, ids=lambda each: f"{each.method} {each.path}")
def test_a_download_url_is_a_file_of_the_gateway(gateway, wxpay, operation):
    headers = {"Wechatpay-Serial": gateway.identity.public_key_id}
    told = files(ask(gateway, wxpay, operation, headers=headers).json())
    assert told
    for each in told:
        assert each["download_url"].startswith(gateway.tls_base_uri)
        content = wxpay[each["download_url"]].get().content
        assert content
        if "encrypt_key" in each:
            key = wxpay.decrypt(each["encrypt_key"])
            sealed = base64.b64encode(content).decode()
            content = aes.gcm_decrypt(sealed, key, each["nonce"], "").encode()
        if "hash_value" in each:
            name = each.get("hash_type", "SHA1").lower()
            assert digest.hexdigest(name, content) == each["hash_value"]


def test_there_are_many_of_them():
    assert len(FILES) > 20


def own(answer, names):
    if isinstance(answer, list):
        return [each for inner in answer for each in own(inner, names)]
    if not isinstance(answer, dict):
        return []
    here = [(name, value) for name, value in answer.items() if name in names]
    return here + [each for value in answer.values() for each in own(value, names)]


def test_merchant_and_app_are_the_callers(gateway, wxpay):
    checked = 0
    for operation in catalogue.operations():
        unknown = (operation.method, operation.path) not in simulated()
        if not (unknown and operation.protocol == "v3" and operation.method == "GET"):
            continue
        if operation.answer_type != "application/json" or any(m.encrypted for m in operation.query):
            continue
        sent = str(example.call(operation).options)
        for name, value in own(ask(gateway, wxpay, operation).json(), OWN):
            if name not in sent and name not in operation.path:
                mine = getattr(gateway.identity, OWN[name])
                assert value in (mine, [mine]), (operation, name)
                checked += 1
    assert checked > 20


TIME = re.compile(r"\d{4}-\d\d-\d\d.\d\d:\d\d:\d\d[^<\]\"]*")


def test_times_of_apiv2(gateway, wxpay):
    seen = []
    for operation in catalogue.operations():
        is_known = (operation.method, operation.path) in simulated()
        if is_known or operation.body_type != "text/xml":
            continue
        options = example.call(operation).options
        fields = {
            name: gateway.identity.mchid if str(value) == example.MCHID else value
            for name, value in options["xml"].items()
            if "time" not in name  # an echo has the form that was sent
        }
        try:
            answer = ask(gateway, wxpay, operation, xml=fields)
        except APIError:
            continue  # a time was required
        seen += TIME.findall(answer.text)
    assert seen
    assert [each for each in seen if not re.fullmatch(r"[0-9-]{10} [0-9:]{8}", each)] == []
