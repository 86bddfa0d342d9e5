"""SoftHSM2 with two tokens: the merchant's key and certificate, and some keys that do not serve.

The module is where `WECHATPAY_TEST_PKCS11` says, else where Debian's package `softhsm2` puts it.
Where it is missing the tests are skipped; they fail where the variable is set, and with
`SERVICES_TEST=required`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.support import MCHID, PUBLIC_KEY_ID, Keys, new_key, pem
from wechatpay_chain import WeChatPay
from wechatpay_chain.testing.mock import MockTransport

pytest.importorskip("pkcs11")

MODULE = os.environ.get("WECHATPAY_TEST_PKCS11") or "/usr/lib/softhsm/libsofthsm2.so"
PIN = "s3cret-pin"
LABEL = "merchant"


@dataclass(frozen=True)
class HSM:
    """Attributes: the folder of SoftHSM's files, and the keys that were put into it."""

    folder: Path
    keys: Keys

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "SOFTHSM2_CONF": str(self.folder / "softhsm2.conf")}

    def run(self, *command: str) -> str:
        done = subprocess.run(command, env=self.environment, capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def add_token(self, label: str) -> None:
        pins = ("--pin", PIN, "--so-pin", "12345678")
        self.run("softhsm2-util", "--init-token", "--free", "--label", label, *pins)

    def add_key(self, token: str, label: str, key: rsa.RSAPrivateKey, number: str) -> None:
        path = self.folder / f"{label}.pem"
        path.write_bytes(pem(key))
        named = ("--token", token, "--label", label, "--id", number, "--pin", PIN)
        self.run("softhsm2-util", "--import", str(path), *named)

    def add_certificates(self, *certificates: Any) -> None:
        """Certificates on the first token; a process of its own writes them."""
        paths = []
        for certificate in certificates:
            paths.append(str(self.folder / f"{certificate.serial_number:x}.pem"))
            Path(paths[-1]).write_bytes(pem(certificate))
        self.run(sys.executable, "-m", "tests.hsm.provision", MODULE, "wechatpay", PIN, *paths)


@pytest.fixture(scope="session")
def hsm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HSM]:
    if not (Path(MODULE).exists() and shutil.which("softhsm2-util")):
        is_named = "WECHATPAY_TEST_PKCS11" in os.environ
        required = is_named or os.environ.get("SERVICES_TEST") == "required"
        give_up = pytest.fail if required else pytest.skip
        give_up(f"no SoftHSM2 at {MODULE} (WECHATPAY_TEST_PKCS11)")
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}/tokens\n")
    hsm = HSM(folder, Keys(new_key(), new_key()))
    hsm.add_token("wechatpay")
    hsm.add_token("spare")
    hsm.add_key("wechatpay", LABEL, hsm.keys.merchant, "01")
    hsm.add_key("wechatpay", "other", new_key(), "02")
    hsm.add_key("spare", "only", hsm.keys.merchant, "03")
    hsm.add_certificates(hsm.keys.merchant_certificate)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", hsm.environment["SOFTHSM2_CONF"])
        yield hsm


@pytest.fixture
def signer(hsm: HSM) -> Iterator[Any]:
    from wechatpay_chain.keys.pkcs11 import PKCS11Signer

    signer = PKCS11Signer(MODULE, token="wechatpay", pin=PIN, label=LABEL)
    yield signer
    signer.close()


@pytest.fixture
def transport(hsm: HSM) -> MockTransport:
    return MockTransport(lambda _: {}, sign={PUBLIC_KEY_ID: hsm.keys.platform})


@pytest.fixture
def client(hsm: HSM, transport: MockTransport) -> Callable[..., WeChatPay]:
    """Makes a client that signs with what it is given, and gets signed responses."""

    def make(signer: object, **arguments: Any) -> WeChatPay:
        return WeChatPay(
            **{
                "mchid": MCHID,
                "private_key": signer,
                "certs": {PUBLIC_KEY_ID: hsm.keys.platform.public_key()},
                "transport": transport,
                **arguments,
            }
        )

    return make
