"""`WeChatPay.from_gateway`: a client from the file that a gateway writes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.support import order, paid_by_v2
from tests.servers import VerifyingServer
from wechatpay_chain import ConfigurationError, Sensitive, TransportError, WeChatPay
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.gateway.store.identity import Identity

NATIVE = "v3/pay/transactions/native"


@pytest.fixture(scope="module")
def directory(identity: Identity, tmp_path_factory: pytest.TempPathFactory) -> Any:
    directory = tmp_path_factory.mktemp("gateway")
    with Gateway(identity=identity, data=directory) as gateway:
        yield directory, gateway


@pytest.fixture
def description(directory: Any) -> Path:
    return directory[0] / "gateway.json"


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
async def test_it_is_ready(directory: Any, description: Path, tls: bool) -> None:
    gateway = directory[1]
    with VerifyingServer(gateway) as shop:
        async with WeChatPay.from_gateway(description, tls=tls) as wxpay:
            made = order(gateway, notify_url=shop.url)
            response = await wxpay[NATIVE].post_async(json=made)
            assert response.request.origin.startswith("https://" if tls else "http://")
            assert wxpay[NATIVE].post(json=made).json() == response.json()
            gateway.pay(made["out_trade_no"])
            assert shop.next().resource["trade_state"] == "SUCCESS"
            assert wxpay._secret.reveal() == gateway.identity.secret


def test_it_opens_notifications_and_encrypts(directory: Any, description: Path) -> None:
    gateway = directory[1]
    user = "v3/offlinefacemch/organizations/ORG/users/out-user-id/stu-1"
    with WeChatPay.from_gateway(description) as wxpay:
        wxpay[user].patch(json={"user_name": Sensitive("王五"), "status": "NORMAL"})
        assert wxpay.decrypt(wxpay[user].get().json()["user_name"]) == "王五"
        notice = gateway.trigger("TRANSACTION.SUCCESS", "http://127.0.0.1:1/")
        headers = gateway.state.outbox.headers(gateway.state.outbox.get(notice["id"]))
        assert wxpay.notify(headers, notice["body"]).event_type == "TRANSACTION.SUCCESS"


def test_either_name_of_the_platforms_key_is_known(directory: Any, description: Path) -> None:
    identity = directory[1].identity
    with WeChatPay.from_gateway(description) as wxpay:
        for serial in (identity.public_key_id, identity.platform_serial):
            response = wxpay.v3.certificates.get(headers={"Wechatpay-Serial": serial})
            assert response.headers["Wechatpay-Serial"] == serial


def test_mutual_tls_for_apiv2(directory: Any, description: Path) -> None:
    gateway = directory[1]
    with WeChatPay.from_gateway(str(description), tls=True) as wxpay:
        made = paid_by_v2(gateway, wxpay)
        refund = {
            "appid": gateway.identity.appid,
            "mch_id": gateway.identity.mchid,
            "out_trade_no": made["out_trade_no"],
            "out_refund_no": f"R{made['out_trade_no']}",
            "total_fee": 100,
            "refund_fee": 40,
        }
        response = wxpay.v2.secapi.pay.refund.post(security=True, xml=refund)
        assert response.xml()["refund_fee"] == "40"


def test_arguments_go_before_the_file(description: Path) -> None:
    with (
        WeChatPay.from_gateway(description, base_uri="http://127.0.0.1:1/", timeout=1) as wxpay,
        pytest.raises(TransportError),
    ):
        wxpay.v3.certificates.get()


def test_a_subclass_stays_one(description: Path) -> None:
    class Shop(WeChatPay):
        """A merchant's own."""

    assert isinstance(Shop.from_gateway(description), Shop)


def test_the_gateway_need_not_run(identity: Identity, tmp_path: Path) -> None:
    with Gateway(identity=identity, data=tmp_path):
        pass
    assert repr(WeChatPay.from_gateway(tmp_path / "gateway.json")) == (
        f"<WeChatPay {identity.mchid}>"
    )


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"No such file.*gateway --data DIR"):
        WeChatPay.from_gateway(tmp_path / "gateway.json")
    with pytest.raises(ConfigurationError, match="cannot be read: Is a directory"):
        WeChatPay.from_gateway(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b'"text"'])
def test_a_file_that_is_something_else(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "gateway.json"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match="is not a JSON object"):
        WeChatPay.from_gateway(path)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"mchid": None}, "has no mchid"),
        ({"mchid": ""}, "has no mchid"),
        ({"tls_base_uri": 1}, "has no tls_base_uri"),
        ({"platform": None}, "has no platform"),
        ({"platform": {}}, r"has no platform\.public_key_id"),
    ],
)
def test_a_file_that_lacks_something(
    change: dict[str, Any], problem: str, description: Path, tmp_path: Path
) -> None:
    path = tmp_path / "gateway.json"
    path.write_text(json.dumps({**json.loads(description.read_bytes()), **change}))
    with pytest.raises(ConfigurationError, match=problem):
        WeChatPay.from_gateway(path)


def test_a_key_that_is_gone(description: Path, tmp_path: Path) -> None:
    told = json.loads(description.read_bytes())
    path = tmp_path / "gateway.json"
    path.write_text(json.dumps({**told, "private_key": str(tmp_path / "gone.pem")}))
    with pytest.raises(ConfigurationError, match=r"private_key|gone\.pem"):
        WeChatPay.from_gateway(path)


def test_no_message_shows_a_secret(description: Path, tmp_path: Path) -> None:
    path = tmp_path / "gateway.json"
    shutil.copy(description, path)
    told = json.loads(path.read_bytes())
    path.write_text(json.dumps({**told, "appid": "", "ca": ""}))
    with pytest.raises(ConfigurationError) as caught:
        WeChatPay.from_gateway(path, tls=True)
    assert told["apiv3_key"] not in str(caught.value)
    assert told["secret"] not in str(caught.value)
