"""Nothing secret is logged, whatever is logged at whatever level, and whatever goes wrong."""

from __future__ import annotations

import contextlib
import logging
import traceback

import pytest

from tests.support import APIV3_KEY, MCHID, SECRET, pem
from wechatpay_chain import WeChatPayError

from .responses import http, v2
from .server import Do

SCRIPTS = {
    "a good answer": lambda s: [s.json({"phone": "13800138000"})],
    "an error": lambda s: [s.json({"code": "NO_AUTH", "message": "13800138000"}, 403)],
    "an unsigned answer": lambda _: [http(200, b'{"phone": "13800138000"}')],
    "garbage": lambda _: [b"SSH-2.0\r\n\r\n", Do.CLOSE],
    "a header that is none": lambda _: [b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", Do.CLOSE],
    "nothing": lambda _: [Do.CLOSE],
    "APIv2": lambda _: [http(200, v2({"return_code": "SUCCESS", "phone": "13800138000"}))],
}


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS.keys())
@pytest.mark.parametrize("version", ["v2", "v3"])
def test_what_is_logged(call, server, signed, keys, caplog, script, version):
    caplog.set_level(logging.DEBUG)
    server.respond(*script(signed))
    fields = {"mch_id": MCHID, "name": "Zhang San"}
    with contextlib.suppress(WeChatPayError):
        call("post", f"{version}/x", **{"xml" if version == "v2" else "json": fields})
    (received,) = server.requests
    secrets = [SECRET, APIV3_KEY, "Zhang San", "13800138000"]
    secrets += pem(keys.merchant).decode().split("\n")[1:-2]
    secrets += filter(None, [received.headers.get("authorization")])
    for secret in secrets:
        assert secret not in caplog.text
    (record,) = [record for record in caplog.records if record.name == "wechatpay_chain"]
    assert record.levelno == logging.DEBUG
    assert record.getMessage().startswith("POST /")


def test_an_answer_and_its_request_show_no_authorization(call, server, signed):
    server.respond(signed())
    response = call("post", "v3/x", json={"name": "Zhang San"})
    shown = f"{response!r} {response.request!r} {response.request.headers!r} {response.headers!r}"
    assert server.requests[0].headers["authorization"] not in shown
    assert "Zhang San" not in shown


TARGET = "v3/billdownload/file?a=1&token=s3cret-t0ken-of-a-bill&b=2"


@pytest.mark.parametrize(
    "script",
    [
        [http(200, b"bill")],
        [http(404, b"")],
        [b"HTTP/1.1 200 OK\r\nno colon \x1b[2J\r\n\r\n", Do.CLOSE],
        [b"SSH-2.0\r\n\r\n", Do.CLOSE],
        [Do.CLOSE],
    ],
)
def test_the_token_of_a_download_is_in_no_log_and_no_traceback(call, server, caplog, script):
    caplog.set_level(logging.DEBUG)
    server.respond(*script)
    told = ""
    try:
        call("get", TARGET)
    except WeChatPayError as error:
        told = "".join(traceback.format_exception(error))
    assert "s3cret" in server.requests[0].target
    assert "s3cret" not in caplog.text + told
    assert "\x1b" not in caplog.text + told
    assert "a=1&token=***&b=2" in caplog.text


OPENID = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"


@pytest.mark.parametrize(
    "target",
    [
        f"v3/marketing/favor/users/{OPENID}/coupons?appid=wx1",
        f"v3/payscore/user-service-state?service_id=1&openid={OPENID}",
        f"v3/payscore/partner/permissions/search?appid=wx1&sub_openid={OPENID}&n=1",
    ],
)
@pytest.mark.parametrize("script", [[http(404, b"")], [http(200, b"{}")], [Do.CLOSE]])
def test_no_openid_of_a_target_is_in_a_log_or_a_traceback(call, server, caplog, target, script):
    caplog.set_level(logging.DEBUG)
    server.respond(*script)
    with pytest.raises(WeChatPayError) as caught:
        call("get", target, retry=None)
    assert OPENID in server.requests[0].target
    assert OPENID not in caplog.text + "".join(traceback.format_exception(caught.value))
