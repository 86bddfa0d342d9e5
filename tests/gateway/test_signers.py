"""External signers: calls that are signed by a key in a vault, against the gateway."""

from __future__ import annotations

import asyncio
import base64
import threading
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding

from tests.security.test_frames import assert_hidden
from tests.support import MCHID, MERCHANT_SERIAL, PUBLIC_KEY_ID, Keys, new_key, pem
from wechatpay_chain import (
    ConfigurationError,
    DecryptionError,
    Merchants,
    TransportTimeout,
    WeChatPay,
)
from wechatpay_chain.crypto import rsa
from wechatpay_chain.testing.mock import MockTransport

OAEP = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)
KEYS = Keys(new_key(), new_key())
COMPLAINTS = "v3/merchant-service/complaints-v2"


class Vault:
    """Signs and decrypts with a key that no other object has."""

    def __init__(self, key):
        self._key, self.signed, self.opened = key, [], 0

    def sign(self, message):
        self.signed.append(message)
        return self._key.sign(message, padding.PKCS1v15(), hashes.SHA256())

    def decrypt(self, ciphertext):
        self.opened += 1
        return self._key.decrypt(ciphertext, OAEP)


class AsyncVault(Vault):
    async def sign(self, message):
        await asyncio.sleep(0)
        return super().sign(message)

    async def decrypt(self, ciphertext):
        await asyncio.sleep(0)
        return super().decrypt(ciphertext)


class SignsOnly:
    def __init__(self, sign):
        self.sign = sign


def order(client, number):
    return {
        "appid": "wx1",
        "mchid": client.mchid,
        "description": "QQ公仔",
        "out_trade_no": number,
        "notify_url": "https://shop.example/notify",
        "amount": {"total": 100},
    }


def test_a_vault_signs_for_sync_calls(gateway, identity):
    vault = Vault(identity.merchant_key)
    with gateway.client(private_key=vault) as wxpay:
        body = {**order(wxpay, "signed-elsewhere-1"), "appid": identity.appid}
        assert wxpay.v3.pay.transactions.native.post(json=body).json()["code_url"]
        assert "native" in vault.signed[0].decode()
        assert body["out_trade_no"] in vault.signed[0].decode()
        parameters = wxpay.invoke.jsapi(appid="wx1", prepay_id="1")
        message = vault.signed[-1]
        assert rsa.verify(message, parameters["paySign"], identity.merchant_key.public_key())


@pytest.mark.parametrize("kind", [Vault, AsyncVault])
async def test_a_vault_signs_for_async_calls(gateway, identity, kind):
    async with gateway.client(private_key=kind(identity.merchant_key)) as wxpay:
        number = f"signed-elsewhere-{kind.__name__}"
        body = {**order(wxpay, number), "appid": identity.appid}
        found = await asyncio.gather(
            wxpay.v3.pay.transactions.native.post_async(json=body),
            wxpay.v3.certificates.get_async(),
        )
        assert all(each.verified for each in found)
        signature = await wxpay.credential.sign_async(b"message")
        assert rsa.verify(b"message", signature, identity.merchant_key.public_key())


def test_certificates_are_fetched_by_a_vaults_signature(gateway, identity):
    with gateway.client(private_key=Vault(identity.merchant_key), certs=None) as wxpay:
        try:
            assert wxpay.v3.certificates.get().verified
        except ConfigurationError:
            pytest.fail("the signer was not asked")


# Other cases, without a server.


@pytest.fixture
def transport():
    name = rsa.encrypt("13900000000", KEYS.merchant.public_key())
    return MockTransport(
        lambda _: {"data": [{"payer_phone": name}, {"payer_phone": name}]},
        sign={PUBLIC_KEY_ID: KEYS.platform},
    )


def client(transport, signer, **arguments):
    return WeChatPay(
        mchid=MCHID,
        **{
            "serial": MERCHANT_SERIAL,
            "private_key": signer,
            "certs": {PUBLIC_KEY_ID: KEYS.platform.public_key()},
            "transport": transport,
            **arguments,
        },
    )


@pytest.mark.parametrize("kind", [Vault, AsyncVault])
async def test_fields_are_decrypted_in_the_vault(transport, kind):
    vault = kind(KEYS.merchant)
    wxpay = client(transport, vault, sensitive="auto")
    response = await wxpay[COMPLAINTS].get_async(query={"limit": 1})
    assert [each["payer_phone"] for each in response.json()["data"]] == ["13900000000"] * 2
    assert vault.opened == 1  # the same ciphertext twice
    ciphertext = rsa.encrypt("张三", KEYS.merchant.public_key())
    assert await wxpay.credential.decrypt_async(ciphertext) == "张三"


def test_fields_are_decrypted_in_a_vault_that_blocks(transport):
    wxpay = client(transport, Vault(KEYS.merchant), sensitive="auto")
    response = wxpay[COMPLAINTS].get(query={"limit": 1})
    assert response.json()["data"][0]["payer_phone"] == "13900000000"
    assert wxpay.decrypt(rsa.encrypt("张三", KEYS.merchant.public_key())) == "张三"


def test_an_async_vault_in_sync_calls(transport):
    wxpay = client(transport, AsyncVault(KEYS.merchant))
    for call in (
        wxpay.v3.pay.get,
        lambda: wxpay.invoke.jsapi(appid="wx1", prepay_id="1"),
        lambda: wxpay.decrypt(rsa.encrypt("张三", KEYS.merchant.public_key())),
    ):
        with pytest.raises(
            ConfigurationError, match="returned an awaitable in a sync call: call the"
        ):
            call()
    assert transport.requests == []


GOOD = Vault(KEYS.merchant).sign(b"x")


@pytest.mark.parametrize(
    ("rubbish", "words"),
    [
        (None, "an object of type NoneType"),
        (5, "an object of type int"),
        (b"", "returned 0 bytes"),
        (GOOD[:-1], "returned 255 bytes"),
        (GOOD + b"\0", "returned 257 bytes"),
        (b"x" * 32, "returned 32 bytes"),
        (base64.b64encode(GOOD), "returned 344 bytes"),
        (base64.b64encode(GOOD).decode(), "returned 344 characters"),
        ([GOOD], "an object of type list"),
    ],
    ids=["None", "int", "empty", "short", "long", "a digest", "base64", "base64 text", "a list"],
)
async def test_rubbish_is_not_sent(transport, rubbish, words):
    async def later(message):
        return rubbish

    wxpay = client(transport, SignsOnly(lambda message: rubbish))
    with pytest.raises(ConfigurationError, match=f"private_key.sign.*{words}.*Nothing was sent"):
        wxpay.v3.pay.get()
    with pytest.raises(ConfigurationError, match=words):
        await client(transport, SignsOnly(later)).v3.pay.get_async()
    assert transport.requests == []


class Sealed(Exception):
    pass


async def test_a_signer_that_raises(transport):
    def sign(message):
        raise Sealed("the token is s3cret")

    wxpay = client(transport, SignsOnly(sign))
    with pytest.raises(
        ConfigurationError, match=r"sign raised Sealed.*nothing was signed or sent"
    ) as caught:
        wxpay.v3.pay.get()
    assert isinstance(caught.value.__cause__, Sealed)
    assert "s3cret" not in str(caught.value)
    with pytest.raises(ConfigurationError, match="sign raised Sealed"):
        await wxpay.v3.pay.get_async()
    assert transport.requests == []


async def test_a_signer_that_hangs_is_cancelled_before_anything_is_sent(transport):
    cancelled = []

    async def sign(message):
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.append(message)
            raise

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await client(transport, SignsOnly(sign)).v3.pay.get_async()
    assert len(cancelled) == 1
    assert transport.requests == []


@pytest.mark.parametrize("twin", [False, True])
async def test_a_signer_that_hangs_past_the_deadline(transport, twin):
    cancelled = []

    async def hang(message):
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.append(message)
            raise

    signer = SignsOnly(Vault(KEYS.merchant).sign if twin else hang)
    if twin:
        signer.sign_async = hang
    wxpay = client(transport, signer)
    with pytest.raises(
        TransportTimeout, match="private_key.sign did not return before the"
    ) as caught:
        await wxpay.v3.pay.get_async(deadline=0.05)
    assert caught.value.sent is False
    assert len(cancelled) == 1
    assert transport.requests == []


async def test_a_signer_that_raises_a_timeout_of_its_own(transport):
    async def sign(message):
        raise TimeoutError("HSM")

    with pytest.raises(ConfigurationError, match="sign raised TimeoutError"):
        await client(transport, SignsOnly(sign)).v3.pay.get_async()


class Twins(Vault):
    """Blocks in sync calls, and is awaited in async ones."""

    async def sign_async(self, message):
        await asyncio.sleep(0)
        self.signed.append("async")
        return self._key.sign(message, padding.PKCS1v15(), hashes.SHA256())

    async def decrypt_async(self, ciphertext):
        await asyncio.sleep(0)
        self.opened += 100
        return self._key.decrypt(ciphertext, OAEP)


async def test_twins_serve_both_worlds_on_one_loop(transport):
    vault = Twins(KEYS.merchant)
    wxpay = client(transport, vault, sensitive="auto")
    ciphertext = rsa.encrypt("张三", KEYS.merchant.public_key())
    assert (await wxpay[COMPLAINTS].get_async(query={"limit": 1})).verified
    assert (vault.signed, vault.opened) == (["async"], 100)
    assert wxpay.v3.pay.get().verified
    assert wxpay.decrypt(ciphertext) == "张三"
    assert wxpay.invoke.jsapi(appid="wx1", prepay_id="1")["paySign"]
    assert (len(vault.signed), vault.opened) == (3, 101)
    assert await wxpay.credential.decrypt_async(ciphertext) == "张三"
    assert vault.opened == 201


def test_a_signer_that_does_not_decrypt(transport):
    wxpay = client(transport, SignsOnly(Vault(KEYS.merchant).sign))
    with pytest.raises(ConfigurationError, match="without a method decrypt"):
        wxpay.decrypt(rsa.encrypt("张三", KEYS.merchant.public_key()))


@pytest.mark.parametrize(
    "opened",
    [None, "text", b"\xff\xfe", 5, OSError("s3cret")],
    ids=["None", "text", "no text", "a number", "raised"],
)
def test_what_does_not_open(transport, opened):
    class Odd(Vault):
        def decrypt(self, ciphertext):
            if isinstance(opened, Exception):
                raise opened
            return opened

    wxpay = client(transport, Odd(KEYS.merchant), sensitive="auto")
    with pytest.raises(DecryptionError, match=r"private_key\.decrypt"):
        wxpay.decrypt(rsa.encrypt("张三", KEYS.merchant.public_key()))
    with pytest.raises(DecryptionError, match="is not base64: it is damaged"):
        wxpay.decrypt("nonsense!")
    with pytest.raises(
        DecryptionError, match=r"data\[0\].payer_phone in .* cannot be decrypted"
    ) as caught:
        wxpay[COMPLAINTS].get(query={"limit": 1})
    assert_hidden(caught.value, "13900000000")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"serial": None}, "serial is missing: private_key is a signer"),
        ({"serial": PUBLIC_KEY_ID}, "serial is PUB_KEY_ID"),
        ({"private_key": Vault}, "must be an RSA private key, not type"),
        ({"private_key": object()}, "must be an RSA private key, not object"),
        ({"private_key": ec.generate_private_key(ec.SECP256R1())}, "must be an RSA private key"),
        ({"certs": {MERCHANT_SERIAL: KEYS.platform.public_key()}}, "the merchant's own serial"),
    ],
)
def test_what_a_client_with_a_signer_checks(transport, arguments, words):
    with pytest.raises(ConfigurationError, match=words):
        client(transport, Vault(KEYS.merchant), **arguments)


@pytest.mark.parametrize("form", [pem, lambda certificate: certificate])
def test_a_serial_is_read_from_the_signers_certificate(transport, form):
    vault = Vault(KEYS.merchant)
    vault.certificate = form(KEYS.merchant_certificate)
    wxpay = client(transport, vault, serial=None)
    assert wxpay.credential.serial == MERCHANT_SERIAL
    assert wxpay.v3.pay.get().verified
    (expiring,) = wxpay.platform_keys.expiring(within=timedelta(days=60))
    assert (expiring.kind, expiring.name) == ("merchant", MERCHANT_SERIAL)
    own = {MERCHANT_SERIAL: KEYS.platform.public_key()}
    with pytest.raises(ConfigurationError, match="the merchant's own serial"):
        client(transport, vault, serial=None, certs=own)


@pytest.mark.parametrize("rubbish", [b"rubbish", 5, pem(KEYS.merchant)])
def test_a_signers_certificate_that_is_none(transport, rubbish):
    vault = Vault(KEYS.merchant)
    vault.certificate = rubbish
    with pytest.raises(ConfigurationError, match=r"private_key\.certificate"):
        client(transport, vault, serial=None)
    assert client(transport, vault).credential.serial == MERCHANT_SERIAL  # not read


async def test_merchants_with_signers(transport):
    vaults = {f"190000000{n}": AsyncVault(KEYS.merchant) for n in range(3)}

    async def load(mchid):
        return {
            "serial": MERCHANT_SERIAL,
            "private_key": vaults[mchid],
            "certs": {PUBLIC_KEY_ID: KEYS.platform.public_key()},
        }

    merchants = Merchants(load, transport=transport)
    for mchid in vaults:
        assert (await (await merchants.get_async(mchid)).v3.pay.get_async()).verified
    assert [len(each.signed) for each in vaults.values()] == [1, 1, 1]


def test_threads_share_a_signer(transport):
    wxpay = client(transport, Vault(KEYS.merchant))
    threads = [threading.Thread(target=wxpay.v3.pay.get) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len({request.headers["Authorization"] for request in transport.requests}) == 8
