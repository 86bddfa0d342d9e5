"""Calls that an HSM signs."""

from __future__ import annotations

import asyncio
import base64
import os
import pickle
import sys
import threading

import pkcs11
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from tests.hsm.conftest import LABEL, MODULE, PIN
from tests.security.test_frames import assert_hidden
from tests.support import MERCHANT_SERIAL
from wechatpay_chain import ConfigurationError, DecryptionError
from wechatpay_chain.crypto import rsa
from wechatpay_chain.gateway import Gateway
from wechatpay_chain.keys.pkcs11 import PKCS11Signer, token_key
from wechatpay_chain.keys.pkcs11.module import module_at
from wechatpay_chain.keys.pkcs11.token_key import TokenKey
from wechatpay_chain.utils.secret import Secret

pytestmark = pytest.mark.usefixtures("hsm")

MESSAGE = "POST\n/v3/…\n".encode()


def verifies(hsm, signature, message=MESSAGE):
    public = hsm.keys.merchant.public_key()
    public.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
    return True


def test_a_token_signs_and_opens(hsm, signer):
    assert verifies(hsm, signer.sign(MESSAGE))
    assert verifies(hsm, signer.sign(b""), b"")
    large = b"x" * 1_000_000
    assert verifies(hsm, signer.sign(large), large)
    oaep = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)
    sealed = hsm.keys.merchant.public_key().encrypt("张三".encode(), oaep)
    assert signer.decrypt(sealed).decode() == "张三"


async def test_and_in_async(hsm, signer):
    signatures = await asyncio.gather(*(signer.sign_async(MESSAGE) for _ in range(20)))
    assert all(verifies(hsm, each) for each in signatures)
    oaep = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)
    sealed = hsm.keys.merchant.public_key().encrypt(b"x", oaep)
    assert await signer.decrypt_async(sealed) == b"x"


async def test_calls_of_both_worlds_with_the_serial_from_the_token(hsm, signer, client):
    wxpay = client(signer)
    assert wxpay.credential.serial == MERCHANT_SERIAL
    assert wxpay.v3.pay.get().verified
    assert (await wxpay.v3.pay.get_async()).verified
    assert wxpay.decrypt(rsa.encrypt("张三", hsm.keys.merchant.public_key())) == "张三"
    sent = wxpay.invoke.jsapi(appid="wx1", prepay_id="1")
    lines = (sent["appId"], sent["timeStamp"], sent["nonceStr"], sent["package"])
    message = "".join(f"{line}\n" for line in lines).encode()
    assert rsa.verify(message, sent["paySign"], hsm.keys.merchant.public_key())
    ((kind, name), *_) = [(e.kind, e.name) for e in wxpay.platform_keys.expiring()]
    assert (kind, name) == ("merchant", MERCHANT_SERIAL)


async def test_a_payment_at_the_gateway(hsm):
    with Gateway() as gateway:
        identity = gateway.identity
        hsm.add_key("wechatpay", "shop", identity.merchant_key, "0a")
        hsm.add_certificates(identity.merchant_certificate)
        signer = PKCS11Signer(MODULE, token="wechatpay", pin=PIN, id=b"\x0a")
        order = {
            "appid": identity.appid,
            "mchid": identity.mchid,
            "description": "QQ公仔",
            "notify_url": "https://shop.example/notify",
            "amount": {"total": 100},
        }
        with gateway.client(private_key=signer) as wxpay:
            native = wxpay.v3.pay.transactions.native
            assert native.post(json={**order, "out_trade_no": "shop-hsm-1"}).json()["code_url"]
            paid = await native.post_async(json={**order, "out_trade_no": "shop-hsm-2"})
            assert paid.json()["code_url"]
            await wxpay.aclose()
        signer.close()


def test_threads_share_a_signer(hsm, signer):
    signatures = []
    threads = [
        threading.Thread(target=lambda: signatures.extend(signer.sign(MESSAGE) for _ in range(10)))
        for _ in range(8)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(signatures) == 80
    assert all(verifies(hsm, each) for each in signatures)
    named = [each for each in threading.enumerate() if each.name == "wechatpay-pkcs11"]
    assert len(named) == 1


def test_two_signers_share_a_token(hsm, signer):
    """A login holds for all sessions of a process, and so does a logout."""
    other = PKCS11Signer(MODULE, token="wechatpay", pin=PIN, label="other")
    spare = PKCS11Signer(MODULE, token="spare", pin=PIN)
    assert verifies(hsm, signer.sign(MESSAGE))
    assert len(other.sign(MESSAGE)) == 256
    assert verifies(hsm, spare.sign(MESSAGE))
    signer.close()
    assert len(other.sign(MESSAGE)) == 256
    assert verifies(hsm, signer.sign(MESSAGE))
    other.close()
    other.close()
    assert verifies(hsm, signer.sign(MESSAGE))
    spare.close()


def test_two_loops_share_a_signer(hsm, signer):
    assert verifies(hsm, asyncio.run(signer.sign_async(MESSAGE)))
    assert verifies(hsm, asyncio.run(signer.sign_async(MESSAGE)))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_processes_share_an_hsm(hsm):
    assert hsm.run(sys.executable, "-m", "tests.hsm.forking", MODULE, PIN) == "signed\n"


def test_a_signer_is_not_pickled(signer):
    signer.sign(MESSAGE)
    with pytest.raises(TypeError, match="a PKCS11Signer cannot be pickled, because that"):
        pickle.dumps(signer)


# --- an HSM that is restarted, removed, slow ------------------------------------------------------


def in_thread(work):
    return module_at(MODULE).submit(work).result(30)


def finalize(library):
    library.finalize()


@pytest.mark.parametrize("trouble", [lambda library: library.reinitialize(), finalize])
def test_a_session_that_was_lost_is_opened_again(hsm, signer, trouble):
    assert verifies(hsm, signer.sign(MESSAGE))
    in_thread(trouble)
    assert verifies(hsm, signer.sign(MESSAGE))


class Counted:
    def __init__(self, monkeypatch, error, times=1):
        self.calls, self._error, self._times = 0, error, times
        self._sign = TokenKey.sign
        monkeypatch.setattr(TokenKey, "sign", lambda key, message: self(key, message))

    def __call__(self, key, message):
        self.calls += 1
        if self.calls <= self._times:
            raise self._error
        return self._sign(key, message)


@pytest.mark.parametrize(
    "error",
    [
        pkcs11.DeviceRemoved(),
        pkcs11.SessionHandleInvalid(),
        pkcs11.UserNotLoggedIn(),
        pkcs11.PKCS11Error("Unmapped error code 0x80000001"),
    ],
    ids=repr,
)
def test_what_a_new_session_may_mend_is_tried_once_more(hsm, signer, monkeypatch, error):
    signer.sign(MESSAGE)
    signing = Counted(monkeypatch, error)
    assert verifies(hsm, signer.sign(MESSAGE))
    assert signing.calls == 2


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (pkcs11.DeviceRemoved(), "the token was removed"),
        (pkcs11.MechanismInvalid(), "it does not support CKM_SHA256_RSA_PKCS for"),
        (pkcs11.PKCS11Error("Unmapped error code 0x68"), "Unmapped error code 0x68"),
    ],
    ids=repr,
)
def test_what_it_does_not_mend_stops_the_call(signer, client, transport, monkeypatch, error, words):
    wxpay = client(signer)
    signing = Counted(monkeypatch, error, times=9)
    with pytest.raises(ConfigurationError, match=f"the key wechatpay/merchant of .*{words}"):
        wxpay.v3.pay.get()
    assert signing.calls <= 2
    assert transport.requests == []


def test_a_token_that_is_gone_and_comes_back(hsm, signer, client, transport):
    wxpay = client(signer)
    signer.sign(MESSAGE)
    tokens = hsm.folder / "tokens"
    tokens.rename(hsm.folder / "away")
    tokens.mkdir()
    try:
        in_thread(lambda library: library.reinitialize())
        with pytest.raises(ConfigurationError, match="has no token with the label 'wechatpay'"):
            wxpay.v3.pay.get()
    finally:
        tokens.rename(hsm.folder / "empty")
        (hsm.folder / "away").rename(tokens)
        in_thread(lambda library: library.reinitialize())
    assert transport.requests == []
    assert wxpay.v3.pay.get().verified


@pytest.fixture
def hanging():
    """The module's thread, busy until the end of the test."""
    go_on = threading.Event()
    module_at(MODULE).submit(lambda _: go_on.wait(60))
    yield go_on
    go_on.set()


async def test_an_hsm_that_hangs_stops_a_call(hsm, client, transport, signer, hanging):
    slow = PKCS11Signer(MODULE, token="wechatpay", pin=PIN, label=LABEL, timeout=0.02)
    wxpay = client(slow, serial=MERCHANT_SERIAL)
    with pytest.raises(ConfigurationError, match=r"did not finish within 0.02 s \(timeout=\)"):
        wxpay.v3.pay.get()
    with pytest.raises(ConfigurationError, match=r"did not finish within 0.02 s \(timeout=\)"):
        await wxpay.v3.pay.get_async()
    waiting = asyncio.create_task(signer.sign_async(MESSAGE))
    await asyncio.sleep(0)
    waiting.cancel()  # before its turn: nobody signs for it
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert transport.requests == []
    hanging.set()
    assert verifies(hsm, await signer.sign_async(MESSAGE))


async def test_a_loop_goes_on_while_the_hsm_signs(signer, hanging):
    waiting = asyncio.create_task(signer.sign_async(MESSAGE))
    done = 0
    while done < 5:
        await asyncio.sleep(0)
        done += 1
    assert not waiting.done()
    hanging.set()
    await waiting


# --- what is wrong ------------------------------------------------------------------------------


@pytest.fixture
def fresh_pins():
    yield
    module_at(MODULE).rejected_pins.clear()


def test_a_wrong_pin_is_tried_once(client, monkeypatch, fresh_pins):
    in_thread(lambda library: library.reinitialize())  # nobody is logged in
    wrong = [PKCS11Signer(MODULE, token="spare", pin="wrong-p1n") for _ in range(2)]
    tried, open_token = [], token_key._opened
    monkeypatch.setattr(
        token_key, "_opened", lambda token, pin: tried.append(token) or open_token(token, pin)
    )
    for signer in (*wrong, *wrong):
        with pytest.raises(ConfigurationError, match="the token 'spare' rejects pin=") as caught:
            signer.sign(MESSAGE)
        assert_hidden(caught.value, "wrong-p1n")
    assert len(tried) == 1
    assert len(PKCS11Signer(MODULE, token="spare", pin=PIN).sign(MESSAGE)) == 256


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            {"token": "nothing"},
            "no token with the label 'nothing'.*it has '(wechatpay|spare)', '(wechatpay|spare)'",
        ),
        ({"label": "nothing"}, "is no RSA private key wechatpay/nothing.*'merchant' .id 01.*"),
        ({"label": None}, "are [23] RSA private keys wechatpay, .*pass label= or id="),
        ({"id": b"\x02"}, "no RSA private key wechatpay/merchant/02"),
        ({"pin": None}, "no RSA private key.*no visible keys; it may require pin="),
        ({"module": "/nonexistent/module.so"}, "module /nonexistent/module.so cannot be loaded"),
    ],
)
def test_a_key_that_is_not_there(client, transport, arguments, words):
    in_thread(lambda library: library.reinitialize())  # nobody is logged in
    given = {"module": MODULE, "token": "wechatpay", "pin": PIN, "label": LABEL, **arguments}
    signer = PKCS11Signer(given.pop("module"), **given)
    with pytest.raises(ConfigurationError, match=words):
        signer.sign(MESSAGE)
    wxpay = client(signer, serial=MERCHANT_SERIAL)
    with pytest.raises(ConfigurationError, match=words):
        wxpay.v3.pay.get()
    assert transport.requests == []


def test_a_key_without_a_certificate(client):
    signer = PKCS11Signer(MODULE, token="spare", pin=PIN)
    with pytest.raises(ConfigurationError, match="'spare' has no certificate for the key spare"):
        client(signer)
    assert client(signer, serial=MERCHANT_SERIAL).v3.pay.get().verified


@pytest.mark.parametrize("rubbish", [b"", b"x", b"x" * 256, b"x" * 257])
def test_a_ciphertext_that_does_not_open(signer, client, rubbish):
    wxpay = client(signer)
    with pytest.raises(DecryptionError, match="wechatpay/merchant"):
        wxpay.decrypt(base64.b64encode(rubbish).decode())
    assert wxpay.v3.pay.get().verified  # the session is still good


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"module": 5}, r"module=5\): expected a non-empty str"),
        ({"module": ""}, r"module=''\): expected a non-empty str"),
        ({"token": None}, r"token=None\): expected a non-empty str"),
        ({"pin": 123456}, "expected a non-empty str"),
        ({"pin": ""}, "expected a non-empty str"),
        ({"label": ""}, r"label=''\): expected a non-empty str"),
        ({"id": "01"}, r"id='01'\): expected a non-empty bytes"),
        ({"timeout": 0}, r"timeout=0\): expected seconds above 0"),
        ({"timeout": True}, r"timeout=True\): expected seconds"),
        ({"timeout": float("nan")}, r"timeout=nan\): expected seconds"),
    ],
)
def test_what_the_constructor_checks(arguments, words):
    given = {"module": MODULE, "token": "wechatpay", "pin": PIN, **arguments}
    with pytest.raises(ConfigurationError, match=words) as caught:
        PKCS11Signer(given.pop("module"), **given)
    assert_hidden(caught.value, "123456")


def test_python_pkcs11_is_an_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "wechatpay_chain.keys.pkcs11.token_key", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'wechatpay-chain\[pkcs11\]'"):
        PKCS11Signer(MODULE, token="wechatpay", pin=PIN)


def test_a_pin_is_not_shown(signer):
    given = PKCS11Signer(MODULE, token="t", pin=Secret(PIN), label="l", id=b"\x01")
    assert repr(given) == "<PKCS11Signer t/l/01>"
    for each in (given, signer):
        assert PIN not in f"{each!r} {vars(each)!r}"
