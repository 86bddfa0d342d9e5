"""The control API: for scripts on this machine only."""

from __future__ import annotations

import http.client
import json
from urllib.parse import quote, urlsplit

import pytest

from tests.gateway.support import ASKING, NOBODY, new_number, order
from tests.support import new_key
from wechatpay_chain import ServerError, SignatureError
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.testing.fault_names import NAMES

EVENT = "TRANSACTION.SUCCESS"


class Control:
    """A script that uses the control API over a socket."""

    def __init__(self, gateway: Gateway) -> None:
        self._at = urlsplit(gateway.base_uri)

    def ask(self, method, path, body=None, headers=None):
        """Return the status, the headers, and the JSON (None without a body)."""
        connection = http.client.HTTPConnection(self._at.hostname, self._at.port, timeout=10)
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        connection.request(method, f"/_gateway/{path}", body=data, headers=headers or {})
        response = connection.getresponse()
        content = response.read()
        connection.close()
        return response.status, response.headers, json.loads(content) if content else None

    def get(self, path):
        status, _, found = self.ask("GET", path)
        assert status == 200, found
        return found

    def post(self, path, body=None):
        status, _, found = self.ask("POST", path, body)
        assert status in (200, 201), found
        return found


@pytest.fixture
def control(gateway):
    return Control(gateway)


def create(gateway, wxpay, **changes):
    made = order(gateway, **changes)
    wxpay.v3.pay.transactions.native.post(json=made)
    return made["out_trade_no"]


def test_health(gateway, wxpay, control):
    before = control.get("health")
    assert before["status"] == "ok"
    assert (before["mchid"], before["serial"]) == (gateway.identity.mchid, gateway.identity.serial)
    create(gateway, wxpay)
    gateway.trigger(EVENT, NOBODY)
    after = control.get("health")
    assert after["orders"] == before["orders"] + 1
    assert after["notifications"] == before["notifications"] + 1
    assert after["pending"] >= 1


def test_an_order_is_paid_and_its_merchant_told(gateway, wxpay, control, receiver):
    number = create(gateway, wxpay, notify_url=receiver.url)
    assert control.post(f"transactions/{number}/fail")["state"] == "PAYERROR"
    paid = control.post(f"transactions/{number}/pay", {"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"})
    assert (paid["state"], paid["openid"]) == ("SUCCESS", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o")
    assert receiver.next().resource["transaction_id"] == paid["transaction_id"]
    status, _, rejected = control.ask("POST", f"transactions/{number}/pay")
    assert (status, rejected["error"]) == (400, "INVALID_REQUEST")
    status, _, rejected = control.ask("POST", f"transactions/{number}/fail")
    assert status == 400
    for action in ("pay", "fail"):
        status, _, rejected = control.ask("POST", f"transactions/nothing/{action}")
        assert (status, rejected["error"]) == (404, "ORDER_NOT_EXIST")


def test_requests_with_each_step_of_their_inspection(gateway, wxpay, control):
    number = create(gateway, wxpay)
    with (
        pytest.raises(SignatureError),
        gateway.client(certs={"PUB_KEY_ID_01": new_key().public_key()}, apiv3_key=None) as wrong,
    ):
        wrong.v3.certificates.get()
    latest, before = control.get("requests?limit=2")
    assert (latest["method"], latest["target"], latest["status"]) == (
        "GET",
        "/v3/certificates",
        200,
    )
    assert before["target"] == "/v3/pay/transactions/native"
    assert json.loads(before["body"])["out_trade_no"] == number
    assert "code_url" in json.loads(before["answer_body"])
    steps = [(step["name"], step["passed"]) for step in before["steps"]]
    names = ("Authorization", "mchid", "serial_no", "timestamp", "signature", "nonce_str")
    assert steps == [(name, True) for name in names]
    assert (before["kind"], before["fault"]) == ("simulated", None)
    assert control.get(f"requests/{before['number']}") == before
    for wrong in ("999999999", "x", "-1", "9" * 5000):
        assert control.ask("GET", f"requests/{wrong}")[0] in (400, 404)
    for wrong in ("x", "-1", "9" * 5000):
        assert control.ask("GET", f"requests?limit={wrong}")[0] == 400


def test_a_header_that_is_no_text_is_logged(gateway, control):
    at = urlsplit(gateway.base_uri)
    connection = http.client.HTTPConnection(at.hostname, at.port, timeout=10)
    connection.request(
        "GET",
        "/v3/certificates",
        headers={**ASKING, "Authorization": b"\xff\xfe", "X": b"\xff"},
    )
    assert connection.getresponse().status == 401
    connection.close()
    (latest,) = control.get("requests?limit=1")
    assert latest["target"] == "/v3/certificates"
    assert latest["headers"]["X"] == "?"


def test_a_notification_is_triggered_seen_and_sent_again(gateway, control, receiver):
    made = control.post("notifications", {"event": EVENT, "to": receiver.url, "resource": {"a": 1}})
    assert (made["event"], made["protocol"]) == (EVENT, "v3")
    assert receiver.next().resource["a"] == 1
    shown = next(each for each in control.get("notifications") if each["id"] == made["id"])
    assert shown["resource"]["a"] == 1
    assert control.post(f"notifications/{made['id']}/resend")["id"] == made["id"]
    assert receiver.next().event_type == EVENT
    status, _, found = control.ask("POST", "notifications/nothing/resend")
    assert status == 404
    assert "nothing" in found["error"]
    v2 = control.post(
        "notifications", {"event": "transaction-success", "to": receiver.url, "protocol": "v2"}
    )
    assert v2["protocol"] == "v2"
    assert receiver.next().version == "v2"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"event": "NOTHING", "to": NOBODY}, 404),
        ({"event": EVENT, "to": "ftp://a"}, 400),
        ({"event": EVENT}, 400),
        ({"to": NOBODY}, 400),
        ({"event": EVENT, "to": NOBODY, "resource": []}, 400),
        ({"event": EVENT, "to": NOBODY, "protocol": "v9"}, 400),
        ({"event": EVENT, "to": NOBODY, "state": {}}, 400),
        ({}, 400),
        ([], 400),
        (b"", 400),
        (b"{", 400),
        (b"\xff", 400),
        (b"[" * 100_000, 400),
        (b'{"event": "' + EVENT.encode() + b'", "to": "http://a", "resource": {"a": NaN}}', 400),
    ],
)
def test_a_notification_that_cannot_be(control, body, status):
    found = control.ask("POST", "notifications", body)
    assert (found[0], bool(found[2]["error"])) == (status, True)


@pytest.mark.parametrize("name", NAMES)
def test_every_fault_can_be_set(control, name):
    made = control.post("faults", {"match": "v3/nothing/*", "fault": name, "times": 2})
    assert made == {"match": "v3/nothing/*", "fault": name, "times": 2}
    assert control.get("faults") == [made]
    assert control.ask("DELETE", "faults")[0] == 204
    assert control.get("faults") == []


def test_a_fault_is_set_and_strikes(gateway, wxpay, control):
    body = {"code": "SYSTEM_ERROR", "message": "x"}
    asked = {"match": "v3/certificates", "fault": "status", "times": 1, "status": 503, "body": body}
    assert control.post("faults", asked) == asked
    with pytest.raises(ServerError) as caught:
        wxpay.v3.certificates.get()
    assert (caught.value.status_code, caught.value.code) == (503, "SYSTEM_ERROR")
    assert control.get("faults") == []
    for wrong in ({"match": "*"}, {"fault": "status"}, {"match": "*", "fault": "x"}, [], {"a": 1}):
        status, _, found = control.ask("POST", "faults", wrong)
        assert (status, bool(found["error"])) == (400, True)
    assert control.get("faults") == []


def test_faults_never_strike_the_control_api(control):
    control.post("faults", {"match": "*", "fault": "reset"})
    assert control.get("health")["status"] == "ok"
    assert control.ask("DELETE", "faults")[0] == 204


def test_time_is_moved_on(gateway, wxpay, control):
    number = create(gateway, wxpay)
    before = gateway.state.clock.now()
    control.post("clock", {"hours": 2, "minutes": 1, "seconds": 1})
    assert gateway.state.clock.now() - before == pytest.approx(7261, abs=5)
    shown = wxpay.v3.pay.transactions.outTradeNo._out_trade_no_.get(
        out_trade_no=number, query={"mchid": gateway.identity.mchid}
    )
    assert shown.json()["trade_state"] == "CLOSED"


@pytest.mark.parametrize(
    "body",
    [
        {"seconds": -1},
        {"seconds": "1"},
        {"seconds": None},
        {"seconds": []},
        {"weeks": 1},
        b'{"seconds": NaN}',
        b'{"seconds": Infinity}',
        b'{"seconds": 1e300}',
        {"hours": 10**12},
    ],
)
def test_a_time_that_cannot_be(gateway, control, body):
    before = gateway.state.clock.now()
    assert control.ask("POST", "clock", body)[0] == 400
    assert gateway.state.clock.now() - before == pytest.approx(0, abs=5)
    assert control.get("health")["time"]


def test_keys_are_rotated(identity):
    with Gateway(identity=identity) as gateway:
        told = Control(gateway).post("keys/rotate")
        assert told["public_key_id"] == gateway.identity.public_key_id != identity.public_key_id
        assert told["serial"] == gateway.identity.platform_serial
        with gateway.client() as wxpay:
            assert wxpay.v3.certificates.get().verified


# --- for this machine only ---------------------------------------------------------------------

ROUTES = [
    ("GET", "health"),
    ("GET", "requests"),
    ("GET", "notifications"),
    ("POST", "notifications"),
    ("POST", "faults"),
    ("DELETE", "faults"),
    ("POST", "clock"),
    ("POST", "keys/rotate"),
    pytest.param("POST", f"transactions/{new_number()}/pay", id="POST-transactions/NUMBER/pay"),
]


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "shop.example"},
        {"Host": "shop.example:8790"},
        {"Host": "127.0.0.1.shop.example"},
        {"Host": "localhost.shop.example"},
        {"Origin": "https://shop.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost"},
        {"Origin": ""},
        {"Host": "evil\\@127.0.0.1"},
    ],
    ids=str,
)
@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_page_elsewhere_cannot_ask(gateway, control, method, path, headers):
    before = gateway.identity
    status, _, found = control.ask(method, path, b"{}" if method == "POST" else None, headers)
    assert status in (400, 403)
    assert "status" not in (found or {})
    assert gateway.identity is before


def test_a_page_of_its_own_can_ask(gateway, control):
    at = urlsplit(gateway.base_uri)
    for host in (at.netloc, f"localhost:{at.port}", "[::1]"):
        headers = {"Host": host, "Origin": f"http://{host}"}
        assert control.ask("GET", "health", headers=headers)[0] == 200


def test_a_host_that_is_none(gateway, caplog):
    at = urlsplit(gateway.base_uri)
    wrong = (b"[::1", b"[", b"[1::2::3]", b"a:b", b"\xff", b"127.0.0.1:99999", b" ", b"a/b", b"%")
    for host in wrong:
        connection = http.client.HTTPConnection(at.hostname, at.port, timeout=10)
        connection.putrequest("GET", "/_gateway/health", skip_host=True)
        connection.putheader("Host", host)
        connection.endheaders()
        assert connection.getresponse().status in (400, 403)
        connection.close()
    assert caplog.records == []


def test_unknown_paths_of_the_control_api(control):
    for method, path in (("GET", "nothing"), ("PUT", "health"), ("GET", "transactions/1/pay")):
        status, _, _ = control.ask(method, path)
        assert status in (404, 405)


def test_odd_numbers_in_a_path(control):
    for number in ("a/b", "..", "\0", "ü", "%", "x" * 5000, "\ud7ff", "<script>"):
        path = quote(number, safe="")
        assert control.ask("POST", f"transactions/{path}/pay")[0] in (400, 404)
        assert control.ask("POST", f"notifications/{path}/resend")[0] in (400, 404)
