"""Stub responses contain the caller, and link to existing files."""

from __future__ import annotations

import base64
import re

import pytest

from wechatpay_chain import APIError, Sensitive, catalogue
from wechatpay_chain.catalogue import example
from wechatpay_chain.crypto import aes, digest
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway.simulation.registry import simulated

from .creating import asked_for, created_first

OWN = {"mchid": "mchid", "sp_mchid": "mchid", "mch_id": "mchid", "appid": "appid"}


def leads_to_a_file(operation):
    return "download_url" in str(operation.response_schema)


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
    verb = getattr(wxpay[operation.path], operation.verb)
    return created_first(operation, gateway, lambda: verb(**call.variables, **options))


def files(response):
    """Return the members of a response that describe a file."""
    if isinstance(response, list):
        return [each for inner in response for each in files(inner)]
    if not isinstance(response, dict):
        return []
    inner = [each for value in response.values() for each in files(value)]
    return [response, *inner] if "download_url" in response else inner


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
    assert len(FILES) > 5


def own(response, names):
    if isinstance(response, list):
        return [each for inner in response for each in own(inner, names)]
    if not isinstance(response, dict):
        return []
    here = [(name, value) for name, value in response.items() if name in names]
    return here + [each for value in response.values() for each in own(value, names)]


def test_merchant_and_app_are_the_callers(gateway, wxpay):
    checked = 0
    for operation in catalogue.operations():
        unknown = (operation.method, operation.path) not in simulated()
        if not (unknown and operation.protocol == "v3" and operation.method == "GET"):
            continue
        if operation.response_type != "application/json" or any(
            m.encrypted for m in operation.query
        ):
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
            if "time" not in name  # an echoed time keeps the request's format
        }
        try:
            response = ask(gateway, wxpay, operation, xml=fields)
        except APIError:
            continue  # a time was required
        seen += TIME.findall(response.text)
    assert seen
    assert [each for each in seen if not re.fullmatch(r"[0-9-]{10} [0-9:]{8}", each)] == []


CREATED = [each for each in catalogue.operations() if asked_for(each)]


def test_a_partner_and_its_sub_merchant_are_in_what_is_made_for_it():
    with Gateway() as gateway:
        partner = gateway.add_merchant("partner")
        sub = gateway.add_sub_merchant(partner, apps=["wx0123456789abcdef"])
        with partner.client() as wxpay:
            activity = wxpay["v3/marketing/paygiftactivity/activities/1"].get().json()
            assert activity["creator_merchant_id"] == activity["belong_merchant_id"]
            assert activity["creator_merchant_id"] == partner.mchid
            sent = partner.signed_notification("TRANSACTION.SUCCESS", variant="partner")
            told = wxpay.notify(*sent).resource
        assert (told["sp_mchid"], told["sub_mchid"]) == (partner.mchid, sub.mchid)
        assert told["sub_appid"] == "wx0123456789abcdef"


def test_there_are_many_that_ask_for_what_was_created():
    paths = {each.path for each in CREATED}
    assert len(paths) > 100
    assert "v3/funds-to-oversea/orders/{out_order_id}" in paths
    assert "v3/bank-transfer/batches/batch-id/{batch_id}" in paths
    assert not any("{sub_mchid}" in each and each.count("{") == 1 for each in paths)


def batch(identity, number):
    return {
        "platform_mchid": identity.mchid,
        "specialized_payment_mchid": identity.mchid,
        "sponsor_mchid": identity.mchid,
        "user_authorized_mchid": identity.mchid,
        "user_authorized_appid": identity.appid,
        "out_batch_no": number,
        "batch_name": "报销",
        "batch_remark": "十一月报销",
        "total_amount": 200000,
        "total_count": 1,
        "transfer_scene": "ORDINARY_TRANSFER",
        "transfer_purpose": "REIMBURSEMENT",
        "transfer_detail_list": [
            {
                "out_detail_no": f"{number}x",
                "transfer_amount": 200000,
                "transfer_remark": "报销",
                "openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o",
                "user_name": Sensitive("张三"),
            }
        ],
    }


async def test_a_batch_exists_once_it_was_created(gateway, wxpay):
    batches = wxpay.v3.bankTransfer.batches
    by_theirs = batches.batchId._batch_id_
    detail = batches.outBatchNo._out_batch_no_.details.outDetailNo._out_detail_no_
    query = {"need_query_detail": False}
    with pytest.raises(APIError, match="RESOURCE_NOT_EXISTS") as error:
        by_theirs.get(batch_id="other", query=query)
    assert (error.value.status_code, error.value.verified) == (404, True)
    made = (await batches.post_async(json=batch(gateway.identity, "batch0001"))).json()
    for found in (
        by_theirs.get(batch_id=made["batch_id"], query=query),
        await by_theirs.get_async(batch_id=made["batch_id"], query=query),
    ):
        told = found.json()
        assert (told["out_batch_no"], told["batch_id"]) == ("batch0001", made["batch_id"])
        assert (told["total_amount"], told["batch_remark"]) == (200000, "十一月报销")
    assert detail.get(out_batch_no="batch0001", out_detail_no="batch0001x").json()["username"]
    for numbers in (("batch0001", "other"), ("batch0002", "batch0001x")):
        with pytest.raises(APIError, match="RESOURCE_NOT_EXISTS"):
            detail.get(out_batch_no=numbers[0], out_detail_no=numbers[1])
    assert "张三" not in str(gateway.state.store.all("stub"))


def test_a_transfer_of_apiv2_exists_once_it_was_made(gateway, wxpay):
    identity = gateway.identity
    number = {"partner_trade_no": "transfer0001"}
    asked = {"appid": identity.appid, "mch_id": identity.mchid, **number}
    query = wxpay.v2.mmpaymkttransfers.gettransferinfo
    with pytest.raises(APIError, match="NOT_FOUND"):
        query.post(xml=asked, security=True)
    wxpay.v2.mmpaymkttransfers.promotion.transfers.post(
        xml={
            "mch_appid": identity.appid,
            "mchid": identity.mchid,
            **number,
            "openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o",
            "check_name": "NO_CHECK",
            "amount": 300,
            "desc": "报销",
            "spbill_create_ip": "1.2.3.4",
        },
        security=True,
    )
    assert query.post(xml=asked, security=True).xml()["desc"] == "报销"


@pytest.mark.parametrize("way", ["native", "micropay"])
def test_an_order_abroad_exists_once_it_was_created(gateway, wxpay, way):
    create = {"native": "v3/global/transactions/native"}.get(
        way, "v3/global/micropay/transactions/pay"
    )
    operation = catalogue.find("POST", create)
    base = {"base_uri": gateway.base_uris[operation.base_uri]}
    order = wxpay["v3/global/transactions/out-trade-no/{out_trade_no}"]
    asked = {"out_trade_no": f"abroad{way}", "query": {"mchid": gateway.identity.mchid}, **base}
    with pytest.raises(APIError, match="RESOURCE_NOT_EXISTS"):
        order.get(asked)
    with pytest.raises(APIError, match="RESOURCE_NOT_EXISTS"):
        wxpay["v3/global/transactions/out-trade-no/{out_trade_no}/close"].post(
            out_trade_no=f"abroad{way}", json={"mchid": gateway.identity.mchid}, **base
        )
    body = example.call(operation).options["json"] | {"out_trade_no": f"abroad{way}"}
    wxpay[create].post(json=body, **base)
    assert order.get(asked).json()["out_trade_no"] == f"abroad{way}"


def test_what_is_inside_of_something_exists_once_it_was_created(gateway, wxpay):
    orders = wxpay["v3/pay-devices/printers/{device_id}/print-orders"]
    with pytest.raises(APIError, match="RESOURCE_NOT_EXISTS"):
        orders["{print_order_no}"].get(device_id="1", print_order_no="print0001")
    operation = catalogue.find("POST", "v3/pay-devices/printers/{device_id}/print-orders")
    body = example.call(operation).options["json"] | {"print_order_no": "print0001"}
    orders.post(device_id="1", json=body)
    found = orders["{print_order_no}"].get(device_id="1", print_order_no="print0001").json()
    assert found["print_order_no"] == "print0001"
