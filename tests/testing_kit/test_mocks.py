"""`unittest.mock` and `monkeypatch` take the place of a client, or of its chains."""

from __future__ import annotations

from typing import Any
from unittest.mock import MagicMock, Mock, create_autospec, patch

import pytest

from wechatpay_chain import Chain, WeChatPay
from wechatpay_chain.testing import MockTransport


@pytest.fixture(scope="module")
def wxpay() -> WeChatPay:
    return MockTransport(lambda _: {}).client()


def test_an_autospec_has_the_chains_of_the_catalogue(wxpay: WeChatPay) -> None:
    for spec in (WeChatPay, wxpay):
        mock: Any = create_autospec(spec)
        mock.v3.pay.transactions.native.post.return_value = {"code_url": "weixin://"}
        assert mock.v3.pay.transactions.native.post(json={}) == {"code_url": "weixin://"}
        mock.v3.pay.transactions.native.post.assert_called_once_with(json={})
        mock.v2.pay.unifiedorder.post(xml={})
        with pytest.raises(AttributeError):
            mock.v3.pay.transaktions
        with pytest.raises(AttributeError):
            mock.nothing


@pytest.mark.parametrize("kind", [Mock, MagicMock])
def test_a_mock_with_a_spec_has_v2_and_v3(kind: Any, wxpay: WeChatPay) -> None:
    for spec in (WeChatPay, wxpay):
        mock = kind(spec=spec)
        mock.v3.refund.domestic.refunds.post.return_value = 1
        assert mock.v3.refund.domestic.refunds.post() == 1
        with pytest.raises(AttributeError):
            mock.v4


@pytest.mark.parametrize("name", ["v2", "v3"])
def test_chains_of_a_client_are_patched_and_restored(wxpay: WeChatPay, name: str) -> None:
    with patch.object(wxpay, name) as mock:
        mock.pay.orderquery.post.return_value = 7
        assert getattr(wxpay, name).pay.orderquery.post() == 7
    assert str(getattr(wxpay, name).pay.orderquery) == f"{name}/pay/orderquery"


def test_chains_of_all_clients_are_patched_and_restored(wxpay: WeChatPay) -> None:
    with patch.object(WeChatPay, "v3") as mock:
        assert wxpay.v3 is mock
    assert isinstance(wxpay.v3, Chain)
    assert isinstance(WeChatPay.v3, Chain)


def test_monkeypatch_sets_and_restores(wxpay: WeChatPay) -> None:
    with pytest.MonkeyPatch.context() as patcher:
        patcher.setattr(wxpay, "v3", "fake")
        assert wxpay.v3 == "fake"  # type: ignore[comparison-overlap]
    assert str(wxpay.v3.certificates) == "v3/certificates"


def test_a_chain_of_the_class_cannot_be_called() -> None:
    with pytest.raises(TypeError, match="is called on the class WeChatPay; call it on a"):
        WeChatPay.v3.certificates.get()
    with pytest.raises(TypeError, match="is called on the class WeChatPay; call it on a"):
        WeChatPay.v3.certificates.get_async()


def test_other_attributes_stay_read_only(wxpay: WeChatPay) -> None:
    with pytest.raises(AttributeError):
        wxpay.mchid = "1"  # type: ignore[misc]
