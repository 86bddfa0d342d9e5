"""A server that cannot be reached: nothing was sent, and the error says so."""

from __future__ import annotations

import pytest

from wechatpay_chain import TransportError

PATH = "v3/certificates"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_port_where_nobody_listens(call, raises, closed_port, scheme):
    base_uri = f"{scheme}://127.0.0.1:{closed_port}/"
    with raises(TransportError, f"GET {base_uri}{PATH}", "cannot connect", "Nothing was sent"):
        call("get", PATH, base_uri=base_uri)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_name_that_does_not_exist(call, raises, scheme):
    with raises(TransportError, "cannot connect", "name.invalid", "DNS"):
        call("get", PATH, base_uri=f"{scheme}://name.invalid/")


@pytest.mark.parametrize("origin", ["http://127.0.0.1:1/", "https://api.mch.weixin.qq.com/"])
def test_a_proxy_where_nobody_listens(call, keys, raises, closed_port, origin):
    proxied = keys.client(proxy=f"http://me:hunter2@127.0.0.1:{closed_port}", base_uri=origin)
    with raises(TransportError, "cannot connect", "Nothing was sent", "proxy") as caught:
        call("get", PATH, client=proxied)
    assert "hunter2" not in f"{caught.value!r} {caught.value.__cause__!r}"
