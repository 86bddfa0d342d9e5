"""Nothing secret or personal is in a cassette: planted values of every kind, in every operation."""

from __future__ import annotations

import base64
import contextlib
import json
import re
import secrets
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import Keys
from wechatpay_chain import (
    APIError,
    ConfigurationError,
    Request,
    ResponseError,
    Sensitive,
    WeChatPay,
    catalogue,
)
from wechatpay_chain.catalogue import Member, Operation
from wechatpay_chain.crypto import rsa
from wechatpay_chain.messages import canonical, xml
from wechatpay_chain.testing import MockTransport, cassette
from wechatpay_chain.testing.strategies import answers, bodies, queries

PERSONAL = re.compile(
    "姓名|证件号|身份证|手机|电话|邮箱|银行卡号|银行账号|银行帐号|卡号|户名|住址|地址信息|车牌"
    "|用户标识|openid|昵称|联系人|收件人|终端IP|client_?ip|token|令牌|密钥|授权码|签名|凭证码|资格证号|纳税人识别号",
    re.IGNORECASE,
)
"""How the catalogue's Chinese titles tell of a person, or of what grants access."""
HARMLESS = re.compile(
    "类型|状态|时间|日期|链接|url|回调|是否|方式|版本|规则|期限|展示", re.IGNORECASE
)
KEPT_NUMBERS = re.compile("(appid|mchid|mch_id|merchant_id)$")
OPENID = "oUpF8uMuAJO_M2pxb1Q9zNj{:05d}"


class Planted:
    """Values that must not be found again, each of them used once."""

    def __init__(self) -> None:
        self.values: set[str] = set()

    def text(self, member: Member, drawn: str) -> str:
        """A value of the member's kind; what was drawn where it is nobody's."""
        told = f"{member.name} {member.title}"
        is_personal = bool(member.encrypted) or (
            PERSONAL.search(told) is not None and HARMLESS.search(member.title) is None
        )
        if not is_personal or member.enum or KEPT_NUMBERS.search(member.name):
            return drawn
        number = len(self.values)
        if "openid" in told.lower() or "用户标识" in told:
            value = OPENID.format(number)
        elif re.search("手机|电话|phone|mobile", told):
            value = f"1391{secrets.randbelow(10**7):07d}"
        elif re.search("证件号|身份证|卡号|账号|帐号", told):
            value = f"4{secrets.randbelow(10**17):017d}"
        else:
            value = f"欧阳{secrets.token_hex(6)}测"
        self.values.add(value)
        return value

    def into(self, value: Any, members: tuple[Member, ...]) -> Any:
        """A body with planted values."""
        known = {each.name: each for each in members}
        return {
            name: self._one(each, known[name]) if name in known else each
            for name, each in value.items()
        }

    def _one(self, value: Any, member: Member) -> Any:
        if isinstance(value, list):
            return [self._one(each, member) for each in value]
        if isinstance(value, dict):
            return self.into(value, member.members)
        if isinstance(value, Sensitive):
            return Sensitive(self.text(member, "欧阳"))
        if isinstance(value, str) and value[:1] in ("{", "[") and member.members:
            held = json.loads(value)
            planted = self._one(held, member) if isinstance(held, dict) else held
            return json.dumps(planted, ensure_ascii=False)
        return self.text(member, value) if isinstance(value, str) else value


def sealed(value: Any, members: tuple[Member, ...], seal: Callable[[str], str]) -> Any:
    """A response whose encrypted members are encrypted for the merchant."""
    known = {each.name: each for each in members}

    def one(each: Any, member: Member | None) -> Any:
        if isinstance(each, list):
            return [one(inner, member) for inner in each]
        if member is None:
            return each
        if isinstance(each, dict):
            return sealed(each, member.members, seal)
        return seal(each) if member.encrypted == "RSAES-OAEP" and each else each

    return {name: one(each, known.get(name)) for name, each in value.items()}


def everything(members: tuple[Member, ...], planted: Planted) -> dict[str, Any]:
    """An object with all of its members, and planted values in them."""
    found: dict[str, Any] = {}
    for member in members:
        kind = member.type.removesuffix("[]")
        value: Any = {"integer": 1, "number": 1, "boolean": True}.get(kind)
        if kind == "object":
            value = everything(member.members, planted)
        elif value is None:
            value = planted.text(member, "A1")
        found[member.name.replace("$", "")] = [value] if member.type.endswith("[]") else value
    return found


class Body(NamedTuple):
    """A request's options, and the response to it."""

    query: dict[str, Any]
    body: dict[str, Any]
    answer: dict[str, Any]


def whole(operation: Operation, planted: Planted) -> Body:
    parts = (operation.query, operation.body, operation.answer)
    return Body(*(everything(each, planted) for each in parts))


def call(wxpay: WeChatPay, operation: Operation, made: Body, planted: Planted) -> None:
    """Make a call, whatever comes of it."""
    options: dict[str, Any] = {"query": made.query, "unsigned": True}
    if operation.protocol == "v2":
        own = {**(made.query if operation.method == "GET" else made.body), "mch_id": wxpay.mchid}
        fields = {
            name: json.dumps(each) if isinstance(each, dict | list) else each
            for name, each in own.items()
            if name not in ("mchid", "combine_mch_id", "sign", "sign_type")
        }
        options = {"query" if operation.method == "GET" else "xml": fields, "unsigned": True}
    elif operation.body_option == "json":
        options["json"] = made.body
    values = {each.name: planted.text(each, "A1") for each in operation.variables}
    values |= {name[1:-1]: "x" for name in re.findall(r"\{\w+\}", operation.path)} | values
    verb = getattr(wxpay.chain(operation.path), operation.verb)
    with contextlib.suppress(ResponseError):
        verb({**options, **values})


def answered(operation: Operation, made: Body, planted: Planted, keys: Keys, failed: bool) -> Any:
    """What a transport answers: a success, or an error that quotes what was sent."""
    if operation.protocol == "v2":
        return 200, xml.dumps(made.answer)
    if failed:
        sent = json.dumps(made.body, ensure_ascii=False, default=str)
        quoted = next((each for each in sorted(planted.values) if each in sent), "")
        error = {"code": "PARAM_ERROR", "message": f"参数“{quoted}”错误", "detail": made.answer}
        return 400, error
    public = keys.merchant.public_key()
    return sealed(made.answer, operation.answer, lambda text: rsa.encrypt(text[:40], public))


def assert_clean(text: str, planted: Planted) -> None:
    assert len(text) > 200
    for value in planted.values:
        assert value not in text, value
        assert base64.b64encode(value.encode()).decode() not in text
    assert "WECHATPAY2-SHA256-RSA2048 mchid" not in text


OPERATIONS = [each for each in catalogue.operations() if not each.security]
PARTS = 8
"""The catalogue in parts, so that a failure tells where it is."""


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("failed", [False, True])
def test_no_planted_value_of_any_operation_is_in_the_file(
    part: int, failed: bool, keys: Keys, tmp_path: Path
) -> None:
    path, planted = tmp_path / "planted.json", Planted()
    answers: list[Any] = []
    transport = MockTransport(lambda _: answers.pop())
    with cassette(path) as tape:
        wxpay = tape.client(transport.client, private_key=keys.merchant, retry=None)
        for operation in OPERATIONS[part :: PARTS * (5 if failed else 1)]:
            made = whole(operation, planted)
            answers[:] = [answered(operation, made, planted, keys, failed)]
            call(wxpay, operation, made, planted)
    assert len(planted.values) > 10
    assert_clean(path.read_text("utf-8"), planted)


@pytest.mark.parametrize(
    ("method", "operation_path"),
    [
        ("POST", "v3/refund/domestic/refunds"),
        ("POST", "v3/pay/transactions/jsapi"),
        ("POST", "v3/profitsharing/receivers/add"),
        ("POST", "v3/fund-app/mch-transfer/transfer-bills"),
        ("GET", "v3/merchant-service/complaints-v2/{complaint_id}"),
        ("POST", "v3/applyment4sub/applyment/"),
    ],
)
def test_no_planted_value_that_is_drawn_is_in_the_file(
    method: str, operation_path: str, keys: Keys, tmp_path: Path
) -> None:
    path, operation = tmp_path / "planted.json", catalogue.find(method, operation_path)
    assert operation is not None

    @settings(max_examples=5, suppress_health_check=list(HealthCheck), database=None)
    @given(st.data())
    def draw(data: st.DataObject) -> None:
        planted = Planted()
        body = data.draw(bodies(method, operation_path)) if operation.body else {}
        made = Body(
            planted.into(data.draw(queries(method, operation_path)), operation.query),
            planted.into(body, operation.body),
            planted.into(data.draw(answers(method, operation_path)), operation.answer),
        )
        answer = answered(operation, made, planted, keys, data.draw(st.booleans()))
        with cassette(path, "all") as tape:
            transport = MockTransport(lambda _: answer)
            wxpay = tape.client(transport.client, private_key=keys.merchant)
            call(wxpay, operation, made, planted)
        assert_clean(path.read_text("utf-8"), planted)

    draw()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "secrets.json"


def recorded(path: Path, answer: Any, **options: Any) -> dict[str, Any]:
    """What the cassette has of an answer."""
    transport = MockTransport(lambda _: answer)
    with cassette(path, "all", **options) as tape:
        wxpay = tape.client(transport.client)
        wxpay["v3/unheard-of/things"].get()
    (found,) = json.loads(path.read_text("utf-8"))["interactions"]
    body: dict[str, Any] = found["response"]["json"]
    return body


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"out_trade_no": "N1", "total": 5, "state": "SUCCESS"}, None),
        ({"success_time": "2026-11-27T10:00:00+08:00", "bill_date": "20261127"}, None),
        ({"appid": "wx1", "sub_mchid": "190", "currency": "CNY", "done": True, "x": None}, None),
        ({"prose": "张三"}, {"prose": "hidden-1"}),
        ({"a": "x", "b": "x", "c": "y"}, {"a": "hidden-1", "b": "hidden-1", "c": "hidden-2"}),
        ({"payer": {"openid": "abc"}}, {"payer": {"openid": "oRecorded0000000000000000001"}}),
        ({"other": OPENID.format(1)}, {"other": "oRecorded0000000000000000001"}),
        ({"phone": "13912345678", "email": "a@b.cn"}, None),
        ({"account_number": 6225880137}, {"account_number": 0}),
        ({"unknown_count_of": 13912345678}, {"unknown_count_of": 0}),
        ({"张三": 1}, {"hidden-1": 1}),
        ({"id_card_number": "110101199003070000"}, {"id_card_number": "11010519491231002X"}),
        ({"user_name": "张三"}, {"user_name": "测试用户"}),
        ({"held": '{"openid": "abc", "total": 1}'}, None),
        ({"pem": "-----BEGIN PRIVATE KEY-----\nM\n"}, {"pem": "hidden-1"}),
        ({"code_url": "weixin://wxpay/bizpayurl?pr=Nw1"}, None),
        ({"h5_url": "https://wx.tenpay.com/cgi-bin/pay?prepay_id=wx1&package=Ab"}, None),
        ({"notify_url": "https://shop.cn/a?b=c"}, {"notify_url": "https://example.com/hidden-1"}),
        ({"url": "https://wx.qlogo.cn/m/abc"}, {"url": "https://example.com/hidden-1"}),
        ({"url": "https://evilweixin.qq.com.cn/x"}, {"url": "https://example.com/hidden-1"}),
    ],
)
def test_what_is_kept(path: Path, given: Any, kept: Any) -> None:
    special = {
        "phone": {"phone": "13800138000", "email": "user@example.com"},
        "held": {"held": '{"openid": "oRecorded0000000000000000001", "total": 1}'},
        "code_url": {"code_url": "weixin://wxpay/bizpayurl?pr=hidden-1"},
        "h5_url": {
            "h5_url": "https://wx.tenpay.com/cgi-bin/pay?prepay_id=hidden-1&package=hidden-2"
        },
    }
    expected = kept or special.get(next(iter(given)), given)
    assert recorded(path, given) == expected


def test_members_are_kept_and_hidden_on_request(path: Path) -> None:
    answer = {"attach": "blue", "out_trade_no": "N1", "prose": "张三"}
    found = recorded(path, answer, keep={"attach"}, hide={"out_trade_no"})
    assert found == {"attach": "blue", "out_trade_no": "hidden-1", "prose": "hidden-2"}


@pytest.mark.parametrize("name", ["APIV3_KEY", "SECRET"])
def test_a_cassette_with_a_key_in_it_is_not_written(path: Path, name: str) -> None:
    from wechatpay_chain.testing import own_keys

    key = getattr(own_keys, name)
    assert recorded(path, {"echo": key}) == {"echo": "hidden-1"}
    before = path.read_bytes()
    with pytest.raises(ConfigurationError, match="was not written, because it would contain a key"):
        recorded(path, {"echo": key}, keep={"echo"})
    assert path.read_bytes() == before


def test_a_message_quotes_nothing_that_is_hidden_elsewhere(path: Path) -> None:
    """It may come ahead of what it quotes."""
    answer = {
        "code": "PARAM_ERROR",
        "message": "赵六的手机号13912345678错误,邮箱a.b@shop.cn,身份证110101199003070000",
        "detail": {"field": "/payer/name", "value": "赵六", "issue": "赵六 is too short"},
    }
    transport = MockTransport(lambda _: (400, answer))
    with cassette(path) as tape, pytest.raises(APIError, match="赵六"):
        tape.client(transport.client)["v3/pay/transactions/jsapi"].post(json={})
    text = path.read_text("utf-8")
    for private in ("赵六", "13912345678", "a.b@", "110101199003070000"):
        assert private not in text
    with cassette(path, "none") as tape, pytest.raises(APIError, match="手机号13800138000错误"):
        tape.client()["v3/pay/transactions/jsapi"].post(json={})


def test_header_fields_and_cookies_are_left_out(path: Path) -> None:
    from wechatpay_chain import Response

    def respond(request: Request) -> Response:
        fields = {
            "Set-Cookie": "session=1234",
            "Server": "nginx-of-the-shop",
            "Content-Type": "application/json",
            "Request-ID": "08F78BB4AF0610D602188A-268435461",
        }
        return Response(200, fields, b"{}")

    with cassette(path) as tape:
        tape.client(MockTransport(respond).client)["v3/certificates"].get(
            headers={"X-Person": "Zhang", "Idempotency-Key": "K1"}
        )
    (found,) = json.loads(path.read_text("utf-8"))["interactions"]
    assert found["request"]["headers"] == {"Idempotency-Key": "K1"}
    assert found["response"]["headers"] == {
        "Content-Type": "application/json",
        "Request-ID": f"{'0' * 32}-268435461",
    }


def test_the_file_is_ordinary(path: Path) -> None:
    """It is made to be committed: its mode is what the umask says, and nothing is left over."""
    recorded(path, {})
    other = path.with_name("other")
    other.touch()
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(other.stat().st_mode)
    assert sorted(each.name for each in path.parent.iterdir()) == ["other", "secrets.json"]


def test_a_link_is_not_followed_into_another_file(path: Path) -> None:
    target = path.with_name("precious")
    target.write_text("precious")
    path.symlink_to(target)
    recorded(path, {})
    assert target.read_text() == "precious"
    assert not path.is_symlink()


def test_timestamps_do_not_change_a_recording(path: Path) -> None:
    """Recorded twice, a cassette is the same, so a review sees what WeChat Pay has changed."""
    answer = {"out_trade_no": "N1", "nonce": canonical.nonce(), "prose": "张三"}
    recorded(path, answer)
    before = path.read_bytes()
    recorded(path, {**answer, "nonce": canonical.nonce(), "prose": "李四"})
    assert path.read_bytes() == before
