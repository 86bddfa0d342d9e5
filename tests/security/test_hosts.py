"""A signed request reaches the host that was checked, or is not sent at all."""

from __future__ import annotations

import base64
import pickle
from urllib.parse import urlsplit

import pytest
import urllib3
from hypothesis import example, given
from hypothesis import strategies as st
from yarl import URL

from tests.support import Keys
from tests.wire.responses import http
from tests.wire.server import Server
from wechatpay_chain import ConfigurationError, WeChatPay
from wechatpay_chain.chain import uri
from wechatpay_chain.messages.authority import Origin, split
from wechatpay_chain.messages.headers import Headers
from wechatpay_chain.messages.request import Request
from wechatpay_chain.transport import HTTPTransport
from wechatpay_chain.transport.proxy import parse

try:
    import pycurl
except ImportError:
    pycurl = None

OWN = uri.DEFAULT_BASE_URI

STRANGERS = [
    "evil.example\\.weixin.qq.com",
    "evil.example\uff3c.weixin.qq.com",  # IDNA makes a backslash of these two
    "evil.example\ufe68.weixin.qq.com",
    "evil.example\uff0f.weixin.qq.com",  # … a slash of these,
    "evil.example\u2100.weixin.qq.com",
    "evil.example\uff1f.weixin.qq.com",  # … a question mark,
    "evil.example\uff03.weixin.qq.com",  # … a number sign,
    "evil.example\uff20api.weixin.qq.com",  # … an at sign,
    "evil.example\uff1a80.weixin.qq.com",  # … a colon,
    "evil.example\u3002weixin.qq.com",  # … a dot
    "evil.example%2f.weixin.qq.com",
    "evil.example%5c.weixin.qq.com",
    "evil.example%00.weixin.qq.com",
    "evil.example\x00.weixin.qq.com",
    "evil.example\t.weixin.qq.com",
    "evil.example\r\n.weixin.qq.com",
    "evil.example .weixin.qq.com",
    "evil.example\xa0.weixin.qq.com",
    "evil.example\u200b.weixin.qq.com",
    "evil.example\xad.weixin.qq.com",
    "evil.example;.weixin.qq.com",
    "evil.example,.weixin.qq.com",
    "evil_example.weixin.qq.com",
    "api.mch.weixin.qq.com.",
    ".weixin.qq.com",
    "a..weixin.qq.com",
    "-a.weixin.qq.com",
    "a-.weixin.qq.com",
    f"{'a' * 64}.weixin.qq.com",
    f"{'a.' * 130}weixin.qq.com",
    "user@api.mch.weixin.qq.com",
    "user:password@api.mch.weixin.qq.com",
    "@api.mch.weixin.qq.com",
    "api.mch.weixin.qq.com:",
    "api.mch.weixin.qq.com:x",
    "api.mch.weixin.qq.com:0",
    "api.mch.weixin.qq.com:65536",
    "api.mch.weixin.qq.com:0443",
    "api.mch.weixin.qq.com:+443",
    "api.mch.weixin.qq.com: 443",
    "api.mch.weixin.qq.com:\uff14\uff14\uff13",
    "api.mch.weixin.qq.com:443:443",
    "\ud800.weixin.qq.com",
    "\u212aelvin.weixin.qq.com",
    "api.mch.weixin.qq.com\\@evil.example",
    "",
]
ADDRESSES = [
    "127.1",
    "127.0.1",
    "2130706433",
    "0177.0.0.1",
    "0x7f.0.0.1",
    "0x7f000001",
    "0x",
    "127.0.0.01",
    "127.0.0.256",
    "127.0.0.1.",
    "1.2.3.4.5",
    "a.1",
    "::1",
    "[::1",
    "::1]",
    "[]",
    "[::1%25eth0]",
    "[fe80::1%eth0]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:0:0:1]",
    "[::127.0.0.1]",
    "[v1.x]",
    "[127.0.0.1]",
    "[::1]x",
    "[::1]:x",
    "x[::1]",
    "\uff11\uff12\uff17.0.0.1",
]
NO_SLASHES = [
    "https:api.mch.weixin.qq.com/v3/x",
    "https:/api.mch.weixin.qq.com/v3/x",
    "https:\\\\api.mch.weixin.qq.com/v3/x",
    "https:\\evil.example",
    "javascript:alert(1)",
    "http:",
    "x:y",
    " https://api.mch.weixin.qq.com/v3/x",
    "\thttps://api.mch.weixin.qq.com/v3/x",
    "\x00https://api.mch.weixin.qq.com/v3/x",
    "ht\ntps://api.mch.weixin.qq.com/v3/x",
    "//evil.example/v3/x",
    "///evil.example/v3/x",
    "://evil.example/v3/x",
    "v3/https://evil.example/x",
    "v2/https:evil.example/x",
    "https://api.mch.weixin.qq.com//evil.example/x",
]


@pytest.fixture(params=["sync", "async"])
def call(request, keys, monkeypatch):
    """A call that fails the test as soon as it looks a name up."""

    def lookup(*_arguments, **_options):
        pytest.fail("a name was looked up")

    monkeypatch.setattr("socket.getaddrinfo", lookup)
    client = keys.client()

    async def call_async(path, **options):
        await client[path].get_async(**options)

    def call_sync(path, **options):
        client[path].get(**options)

    def call(path, **options):
        if request.param == "sync":
            call_sync(path, **options)
        else:
            import asyncio

            asyncio.run(call_async(path, **options))

    return call


@pytest.mark.parametrize("authority", STRANGERS + ADDRESSES)
def test_a_host_that_libraries_read_differently_is_refused(call, authority):
    with pytest.raises(ConfigurationError, match="will not sign"):
        call(f"https://{authority}/v3/billdownload/file?token=secret")
    with pytest.raises(ConfigurationError, match="base_uri"):
        call("v3/certificates", base_uri=f"https://{authority}/")
    if "@" not in authority:  # it ends the login, and may be a sign of it
        with pytest.raises(ConfigurationError, match="proxy"):
            HTTPTransport(proxy=f"http://me:hunter2@{authority}/")


@pytest.mark.parametrize("path", NO_SLASHES)
def test_a_scheme_without_its_slashes_is_no_path(call, path):
    with pytest.raises(ConfigurationError, match="will not sign"):
        call(path)


@pytest.mark.parametrize(
    "base_uri", [*NO_SLASHES[:13], "api.mch.weixin.qq.com", "", "https://a/x/../y"]
)
def test_a_base_uri_is_a_whole_url(keys, base_uri):
    with pytest.raises(ConfigurationError, match="base_uri"):
        keys.client(base_uri=base_uri)


@pytest.mark.parametrize("given", [7, b"https://a/", {"https": "https://a/"}, ["https://a/"]])
def test_a_base_uri_is_text(keys, given):
    with pytest.raises(ConfigurationError, match="base_uri is of type"):
        keys.client(base_uri=given)
    with pytest.raises(ConfigurationError, match="base_uri is of type"):
        keys.client()["v3/certificates"].get(base_uri=given)


def test_a_refusal_shows_neither_password_nor_token():
    for url in (
        "https://user:hunter2@evil.example/?token=hunter2",
        "https://evil_example/?token=hunter2",
        "https://user:hunt/er2@evil.example/hunter2",
    ):
        with pytest.raises(ConfigurationError) as caught:
            uri.locate(url, OWN, OWN)
        assert "hunter2" not in str(caught.value)
        assert "hunt" not in str(caught.value)


def test_a_refusal_is_printable():
    with pytest.raises(ConfigurationError) as caught:
        uri.locate("https://evil\x1b[31m\u202e.example/x", OWN, OWN)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("https://API.Mch.Weixin.QQ.com/x", "api.mch.weixin.qq.com", 443),
        ("HTTPS://a.tenpay.com:8443", "a.tenpay.com", 8443),
        ("http://127.0.0.1:8790/", "127.0.0.1", 8790),
        ("http://[::1]:8790/", "[::1]", 8790),
        ("http://[2001:DB8::1]/", "[2001:db8::1]", 80),
        ("https://localhost", "localhost", 443),
        ("https://支付.example/", "xn--bnq875c.example", 443),
        ("https://a:443/x?y#z", "a", 443),
    ],
)
def test_what_is_accepted(url, host, port):
    origin, _ = split(url, "the URL")
    assert (origin.host, origin.port) == (host, port)


SEEDS = [f"https://{each}/v3/x" for each in STRANGERS + ADDRESSES] + NO_SLASHES
PIECES = st.sampled_from(
    ["https", "http", ":", "/", "//", "\\", "@", "?", "#", "[", "]", "%", ".", "-", "_", "::1",
     "127", "0x7f", "api.mch.weixin.qq.com", "evil.example", "weixin.qq.com", "443", "0", "65536",
     " ", "\t", "\r\n", "\x00", "\uff3c", "\ufe68", "\u3002", "\uff0f", "\uff20", "\u2100",
     "\u00df", "\u0130", "\u200d", "\u212a", "支付", "xn--", "\ud800", "user:password@",
     "%2e%2e", "%5c"]
)  # fmt: skip
TEXTS = st.one_of(
    st.text(),
    st.lists(PIECES, max_size=12).map("".join),
    st.lists(PIECES, max_size=8).map(lambda pieces: "https://" + "".join(pieces)),
    st.text(max_size=20).map(lambda text: f"https://{text}"),
    st.text(max_size=6).map(lambda text: f"https://api{text}.weixin.qq.com/v3/x"),
)


def each_seed(test):
    for seed in SEEDS:
        test = example(seed)(test)
    return test


def as_read_by_libraries(url):
    """Host and port of a URL as `urllib.parse`, urllib3 and yarl read them."""
    plain, sync, aio = urlsplit(url), urllib3.util.parse_url(url), URL(url)
    default = 443 if plain.scheme == "https" else 80
    name = plain.hostname if plain.hostname.isascii() else plain.hostname.encode("idna").decode()
    return {
        (name, plain.port or default),
        (sync.host.strip("[]"), sync.port or default),
        (aio.raw_host, aio.port),
    }


@each_seed
@given(TEXTS)
def test_either_refused_or_read_alike_by_everyone(text):
    try:
        origin, rest = split(text, "the URL")
    except ConfigurationError:
        return
    ours = {(origin.host.strip("[]"), origin.port)}
    assert as_read_by_libraries(origin) == ours
    assert as_read_by_libraries(text[: len(text) - len(rest)]) == ours
    assert as_read_by_libraries(f"{origin}/v3/x") == ours
    if pycurl is not None:
        curl = pycurl.CurlUrl(f"{origin}/", pycurl.U_DEFAULT_PORT)
        port = curl.getpart(pycurl.UPART_PORT, pycurl.U_DEFAULT_PORT)
        assert {(curl.host.strip("[]"), int(port))} == ours


@each_seed
@given(TEXTS)
def test_a_path_leads_to_a_trusted_host_or_nowhere(text):
    try:
        origin, target, _ = uri.locate(text, OWN, OWN)
    except ConfigurationError:
        return
    assert origin.scheme == "https"
    assert origin.host.endswith((".weixin.qq.com", ".wechatpay.cn", ".tenpay.com"))
    assert target.startswith("/")
    assert as_read_by_libraries(origin + target) == {(origin.host, origin.port)}


@given(TEXTS)
def test_a_base_uri_is_refused_or_read_alike(text):
    try:
        base = uri.base(text)
    except ConfigurationError:
        return
    assert as_read_by_libraries(base.origin + base.path) == {
        (base.origin.host.strip("[]"), base.origin.port)
    }


LOGIN_PIECES = st.sampled_from(
    [
        "me",
        ":",
        "@",
        "/",
        "?",
        "#",
        "[",
        "]",
        "%40",
        "%",
        "\\",
        " ",
        "p_w",
        "123",
        "密码",
        "\uff20",
        ".",
    ]
)
PROXIES = st.one_of(
    TEXTS,
    st.builds(
        lambda login, place: f"http://{''.join(login)}@{''.join(place)}",
        st.lists(LOGIN_PIECES, max_size=6),
        st.lists(st.sampled_from(["a.example", ":", "3128", "@", "/", "127.0.0.1"]), max_size=4),
    ),
)


@given(PROXIES)
@example("http://us_er/x@a.example")
@example("http://me:/x@a.example")
@example("http://me:1#@a.example")
def test_a_proxy_is_refused_or_read_alike_by_whoever_reads_it(text):
    try:
        proxy = parse(text)
    except ConfigurationError:
        return
    ours = (proxy.origin.host.strip("[]"), proxy.origin.port)
    default = 443 if proxy.origin.scheme == "https" else 80
    for read in (urlsplit, urllib3.util.parse_url, URL):
        try:
            url = read(text)
            host = url.raw_host if isinstance(url, URL) else url.hostname
            port = url.port or default
        except (ValueError, urllib3.exceptions.LocationParseError):
            continue  # refused there
        host = host.strip("[]")
        assert (host if host.isascii() else host.encode("idna").decode(), port) == ours


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example\\.weixin.qq.com", "https://a/x", "https://u@a", "a", "https://a?"],
)
async def test_a_transport_reads_no_origin_by_its_library(origin):
    """A layer of one's own may write any text there."""
    request = Request("GET", origin, "/v3/x", Headers(), b"")
    transport = HTTPTransport()
    with pytest.raises(ConfigurationError, match="origin"):
        transport.send(request)
    with pytest.raises(ConfigurationError, match="origin"):
        await transport.send_async(request)
    await transport.aclose()


def test_an_origin_survives_pickle():
    origin = pickle.loads(pickle.dumps(Origin("https://a:8443")))
    assert (origin, origin.scheme, origin.host, origin.port) == (
        "https://a:8443",
        "https",
        "a",
        8443,
    )


LOGINS = {
    "me:hunter2": "me:hunter2",
    "me:p%23a%2Fs%3Fs%5B%40%3A": "me:p#a/s?s[@:",
    "me:p#ss": "me:p#ss",
    "me:p/ss": "me:p/ss",
    "me:p?ss": "me:p?ss",
    "me:p[ss]": "me:p[ss]",
    "me:p@ss": "me:p@ss",
    "me:100%": "me:100%",
    "用户:密码": "用户:密码",
    "%E7%94%A8%E6%88%B7:%E5%AF%86%E7%A0%81": "用户:密码",
    "me": "me:",
    ":token": ":token",
}


@pytest.mark.parametrize(("written", "login"), LOGINS.items())
async def test_a_login_reaches_the_proxy_and_nobody_else(keys: Keys, written, login):
    with Server() as proxy:
        proxy.respond(http(204, b"", {}))
        proxy.respond(http(204, b"", {}))
        address = f"http://{written}@127.0.0.1:{proxy.port}"
        client = keys.client(base_uri="http://gateway.invalid/", proxy=address)
        async with client:
            client["v3/x"].get(unsigned=True)
            await client["v3/x"].get_async(unsigned=True)
        assert len(proxy.requests) == 2
        for received in proxy.requests:
            kind, _, value = received.headers["proxy-authorization"].partition(" ")
            assert (kind, base64.b64decode(value).decode()) == ("Basic", login)
        shown = f"{client!r} {client._transport!r} {parse(address)!r} {vars(client._transport)}"
        assert login.partition(":")[2] not in shown or not login.partition(":")[2]
        assert base64.b64encode(login.encode()).decode() not in shown


@pytest.mark.parametrize(
    ("proxy", "why"),
    [
        ({"http": "http://me:hunter2@a", "https": "http://me:hunter2@a"}, "proxy is a mapping"),
        (b"http://me:hunter2@a", "type bytes"),
        (8080, "type int"),
        ("", "http:// URL"),
        ("10.0.0.1:3128", "http:// URL"),
        ("socks5://me:hunter2@10.0.0.1:1080", "http:// URL"),
        ("http:me:hunter2@a", "http:// URL"),
        (" http://me:hunter2@a", "http:// URL"),
        ("http://me:hunter2@a\n", "host is not a name"),
        ("http://me:hunter2@a/hunter2", "path"),
        ("http://me:hunter2@a?hunter2", "query"),
        ("http://me:hunter2@a#hunter2", "fragment"),
        ("http://me:hunter2#a", "fragment"),
        ("http://me:8080/hunter2@a", "another host"),
        ("http://me/hunter2@a", "another host"),
        ("http://m_e/hunter2@a", "another host"),
        ("http://me:/hunter2@a", "another host"),
        ("http://me:hunter2@b/@a", "another host"),
        ("http://me\\hunter2@a", "another host"),
        ("http://me:hunter 2@a", "another host"),
        ("http://m%3Ae:hunter2@a", "colon"),
        ("http://me:hunter2%0A@a", "control character"),
        ("http://me:hunter2%ff@a", "UTF-8"),
        ("http://me:hunter2\ud800@a", "UTF-8"),
        ("http://:@a", "has an empty user and password: leave out the '"),
        ("http://@a", "has an empty user and password: leave out the '"),
    ],
)
def test_a_proxy_that_is_none_is_refused_at_once_without_its_password(keys, proxy, why):
    with pytest.raises(ConfigurationError, match=why) as caught:
        keys.client(proxy=proxy)
    assert "hunter" not in str(caught.value)
    trace = caught.value.__traceback__
    while trace is not None:
        if "/wechatpay_chain/transport/" in trace.tb_frame.f_code.co_filename:
            assert "hunter" not in repr(trace.tb_frame.f_locals)
        trace = trace.tb_next


def test_the_proxy_of_the_environment_is_read_by_the_same_grammar():
    with pytest.raises(ConfigurationError, match="proxy"):
        WeChatPay.from_env({"WECHATPAY_MCHID": "1900000109", "WECHATPAY_PROXY": "10.0.0.1:3128"})
